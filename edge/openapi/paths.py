"""Paths as OpenAPI writes them: each wildcard of a template is a parameter with a name."""

from collections import Counter
from collections.abc import Mapping

from edge.contracts.model import Contracts, Field, MessageType
from edge.contracts.template import DEEP, ONE, Template, Variable
from edge.openapi.bounds import segment_patterns
from edge.openapi.schemas import Schema, Schemas
from edge.rest.router import Binding


class Paths:
    """Names the wildcards of templates; templates of one shape share path and names."""

    def __init__(self, contracts: Contracts) -> None:
        self._patterns = _pattern_names(contracts)
        self._places: dict[str, tuple[str, tuple[str, ...]]] = {}

    def place(self, template: Template) -> tuple[str, tuple[str, ...]]:
        """Returns the path, and the names of its parameters in order."""
        shape = "/".join("{}" if s in (ONE, DEEP) else s for s in template.segments)
        key = f"{shape}:{template.verb}"
        if key not in self._places:
            self._places[key] = _openapi_path(template, self._patterns)
        return self._places[key]


def path_parameters(
    binding: Binding, names: tuple[str, ...], contracts: Contracts, schemas: Schemas
) -> list[Schema]:
    """Returns the parameters of a path, by the names that its first binding gave them."""
    found: list[tuple[Schema, str]] = []
    wild = [at for at, s in enumerate(binding.template.segments) if s in (ONE, DEEP)]
    of_variables = {
        place: part
        for variable in binding.template.variables
        for place, part in _of_variable(binding, variable, contracts, schemas)
    }
    found = [of_variables.get(at, ({"type": "string"}, "Any value.")) for at in wild]
    return [_parameter(name, *part) for name, part in zip(names, found, strict=True)]


def _parameter(name: str, schema: Schema, text: str) -> Schema:
    """The example stands beside the schema: from there Swagger UI fills it in."""
    shown = {"example": example} if (example := schema.pop("example", None)) else {}
    told = {"name": name, "in": "path", "required": True, "schema": schema, "description": text}
    return told | shown


def _of_variable(
    binding: Binding, variable: Variable, contracts: Contracts, schemas: Schemas
) -> list[tuple[int, tuple[Schema, str]]]:
    """The place, the schema and the description of each wildcard of a variable."""
    path = ".".join(variable.field_path)
    field = _field(binding.method.input, variable.field_path, contracts)
    places = [
        variable.start + index for index, s in enumerate(variable.segments) if s in (ONE, DEEP)
    ]
    if variable.single:
        return [(places[0], (_whole(field, schemas), f"Fills `{path}`."))]
    told = f"Part of `{path}`: `{'/'.join(variable.segments)}`."
    patterns = segment_patterns(variable.segments, field.constraints.pattern if field else "")
    parts = schemas.examples.parts(variable.segments) or [""] * len(places)
    return [
        (place, (_part(pattern, part, deep=DEEP in variable.segments), told))
        for place, pattern, part in zip(places, patterns, parts, strict=True)
    ]


def _whole(field: Field | None, schemas: Schemas) -> Schema:
    if field is None:
        return {"type": "string"}
    schema = schemas.of_field(field, request=True)
    for note in ("description", "deprecated", "readOnly", "writeOnly"):
        schema.pop(note, None)
    return {"minLength": 1} | schema if schema.get("type") == "string" else schema


def _part(pattern: str, example: str, *, deep: bool) -> Schema:
    """No segment is empty; a `**` may be none at all."""
    schema: Schema = {"type": "string"} if deep else {"type": "string", "minLength": 1}
    if pattern:
        schema["pattern"] = pattern
    return schema | {"example": example} if example else schema


def _field(message: MessageType, path: tuple[str, ...], contracts: Contracts) -> Field | None:
    inner: MessageType | None = message
    field = None
    for name in path:
        field = inner.by_name.get(name) if inner else None
        inner = contracts.messages.get(field.type_name) if field else None
    return field


def _openapi_path(
    template: Template, patterns: Mapping[str, list[str]]
) -> tuple[str, tuple[str, ...]]:
    segments = list(template.segments)
    taken: Counter[str] = Counter()
    names = []
    for at, segment in enumerate(template.segments):
        if segment in (ONE, DEEP):
            wanted = _wanted_name(template, at, patterns)
            taken[wanted] += 1
            names.append(wanted if taken[wanted] == 1 else f"{wanted}{taken[wanted]}")
            segments[at] = f"{{{names[-1]}}}"
    verb = f":{template.verb}" if template.verb else ""
    return "/" + "/".join(segments) + verb, tuple(names)


def _wanted_name(template: Template, at: int, patterns: Mapping[str, list[str]]) -> str:
    """The name in the resource's pattern, else the variable's, else after the collection."""
    for variable in template.variables:
        if variable.start <= at < variable.start + len(variable.segments):
            if len(variable.segments) == 1:
                return variable.field_path[-1]
            known = patterns.get("/".join(variable.segments))
            if known:
                before = variable.segments[: at - variable.start]
                return known[sum(segment in (ONE, DEEP) for segment in before)]
    before_it = template.segments[at - 1] if at else ""
    return "segment" if before_it in ("", ONE, DEEP) else f"{before_it}Id"


def _pattern_names(contracts: Contracts) -> dict[str, list[str]]:
    """The names of the variables of every resource pattern, by the pattern without them."""
    annotations = [m.resource for m in contracts.messages.values() if m.resource]
    found: dict[str, list[str]] = {}
    for annotation in (*annotations, *contracts.resource_definitions):
        for pattern in annotation.patterns:
            parts = pattern.split("/")
            names = [part[1:-1].partition("=")[0] for part in parts if part.startswith("{")]
            erased = "/".join(ONE if part.startswith("{") else part for part in parts)
            found.setdefault(erased, names)
    return found
