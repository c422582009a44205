"""What a fuzzer cannot know of the API by its document."""

import os

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


@schemathesis.check
def is_let_in(context, response, case):
    # Or everything would be refused, which the document allows, and nothing tried.
    caller = os.environ["WATCHKEEP_CALLER"]
    # Some requests are made without the token, or with a wrong one, to see that they are refused.
    if caller == "nobody" or response.request.headers.get("Authorization") != f"Bearer {os.environ['WATCHKEEP_TOKEN']}":
        return
    refused = {"admin": (401, 403), "viewer": (401,)}[caller]
    assert response.status_code not in refused, f"the {caller} is refused"
