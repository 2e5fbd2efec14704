"""What an answer says, in a form in which two answers can be compared."""

import json
from typing import Any

from edge.graphql.engine import Answer


def told(answer: Answer) -> tuple[Any, list[str]]:
    """Returns what an answer says, its errors in an order of their own, one for each path.

    Where one error stands for several paths, which of them it is told at may differ.
    """
    said = json.loads(answer.body)
    errors = []
    for error in said.get("errors", ()):
        paths = error["extensions"].pop("paths", None)
        one = error if paths is None else {**error, "locations": None}
        errors += [{**one, "path": path} for path in paths or [error.get("path")]]
    return said.get("data"), sorted(map(json.dumps, errors))
