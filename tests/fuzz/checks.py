"""What an answer of GraphQL must be, as a check of schemathesis.

Its own check takes every error for one of the server; here a refused argument is as good an answer
as data, and only the errors that are 5xx on REST are not.
"""

from typing import Any

import schemathesis

OURS = frozenset(
    {"UNKNOWN", "INTERNAL", "DATA_LOSS", "UNIMPLEMENTED", "UNAVAILABLE", "DEADLINE_EXCEEDED"}
)
TYPES = ("application/json", "application/graphql-response+json")


@schemathesis.check
def graphql_answer(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Fails unless the answer is one of GraphQL whose errors, if any, are the client's."""
    assert response.status_code in (200, 400), f"status {response.status_code}"
    assert response.headers["content-type"][0].partition(";")[0] in TYPES
    body: dict[str, Any] = response.json()
    assert body.keys() <= {"data", "errors", "extensions"} and body.keys() & {"data", "errors"}
    for error in body.get("errors", ()):
        assert error["message"]
        code = error["extensions"]["code"]
        assert code not in OURS, f"{code}: {error['message']}"
