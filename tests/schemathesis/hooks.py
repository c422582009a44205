"""What a fuzzer cannot know of the API by its document."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    # A cursor is what the page before it gave. One that is made up is refused, as it should be; no schema can say which is not.
    if case.query and "cursor" in case.query:
        case.query = {name: value for name, value in case.query.items() if name != "cursor"}
