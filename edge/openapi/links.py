"""Links between operations (OpenAPI 3.1, Link Object): from a resource to what may be done with it.

A Get links to every other operation on its resource and below it, by its own path parameters; a
Create to those on the new resource, where the request says its id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.openapi.schemas import Schema
from edge.rest.router import Binding

LINKS_MAX = 24


@dataclass(frozen=True, slots=True)
class Place:
    """Where an operation is: its id, its path as OpenAPI writes it, the names in the path."""

    operation_id: str
    path: str
    names: tuple[str, ...]


class Links:
    """Finds links among the operations of one document."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._at: dict[str, list[Place]] = {}
        for place in places:
            for path in _outwards(place.path):
                self._at.setdefault(path, []).append(place)

    def of(self, binding: Binding, place: Place) -> Mapping[str, Schema]:
        """Returns the links of an operation's answer by the ids of where they lead."""
        expressions = {name: f"$request.path.{name}" for name in place.names}
        path = place.path
        if binding.rule.verb == "POST":
            path, field = self._made(binding, place)
            expressions[path.rpartition("{")[2].rstrip("}")] = f"$request.query.{field}"
        elif binding.rule.verb != "GET" or not place.names:
            return {}
        targets = [
            target
            for target in self._at.get(path, ())
            if target is not place and set(target.names) <= expressions.keys()
        ]
        return {
            target.operation_id: {
                "operationId": target.operation_id,
                "parameters": {name: expressions[name] for name in target.names},
            }
            for target in targets[:LINKS_MAX]
        }

    def _made(self, binding: Binding, place: Place) -> tuple[str, str]:
        """The path of what a Create makes, and the parameter that names it (AIP-133); or ""."""
        for field in binding.method.input.fields:
            child = field.name.removesuffix("_id")
            path = f"{place.path}/{{{child}}}"
            if child != field.name and binding.rule.body not in ("", "*") and path in self._at:
                return path, field.json_name
        return "", ""


def _outwards(path: str) -> Iterable[str]:
    """Yields a path without its verb, and each resource that it is in."""
    head, _, last = path.rpartition("/")
    path = f"{head}/{last.partition(':')[0]}"
    while path:
        yield path
        path = path.rpartition("/")[0]
