"""What a fuzzer cannot know of the API by its document."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    if not case.query:
        return
    query = dict(case.query)
    # A cursor is what the page before it gave. One that is made up is refused, as it should be; no schema can say which is not.
    query.pop("cursor", None)
    # Minutes of waiting are right, and would be waited.
    if isinstance(query.get("wait"), int) and query["wait"] > 1:
        query["wait"] = 1
    case.query = query
