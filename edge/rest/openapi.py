"""The OpenAPI 3.1 document of everything that REST serves."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from edge.contracts.model import Contracts, Field, MessageType, Service
from edge.rest.router import Binding
from edge.rest.schemas import Schema, Schemas
from edge.rest.template import DEEP, ONE, Template
from edge.rest.transcode import HTTP_BODY
from edge.rest.values import TEXTUAL, WELL_KNOWN, WRAPPERS

VERBS = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"})
"""The HTTP methods that OpenAPI can say."""
QUERY_DEPTH_MAX = 4
"""How deep parameters are listed; the edge reads deeper ones too."""

TEXT: Schema = {"type": "string"}
PROBLEM: Schema = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "instance": {"type": "string", "format": "uri-reference"},
        "code": {"type": "string", "description": "The name of the gRPC status code."},
        "reason": {"type": "string", "description": "A constant for programs; may be empty."},
        "details": {"type": "array", "items": {"type": "object"}},
        "traceId": TEXT,
    },
    "required": ["type", "title", "status", "detail", "instance", "code"],
}
GOOGLE_ERROR: Schema = {
    "type": "object",
    "description": "What went wrong (AIP-193).",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "integer"},
                "message": TEXT,
                "status": TEXT,
                "details": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}


def openapi_document(
    contracts: Contracts, bindings: Iterable[Binding], *, google_errors: bool = False
) -> dict[str, Any]:
    """Returns the document as a JSON value; paths are in the order of the contracts.

    A verb that OpenAPI does not know is left out, and of two bindings that it cannot tell apart
    (`*` and `**` in one place) the second.
    """
    order = {method.path: place for place, method in enumerate(contracts.methods)}
    known = sorted(bindings, key=lambda b: (order[b.method.path], b.index))
    writer = _Writer(contracts, known)
    for binding in known:
        if binding.rule.verb in VERBS:
            writer.add(binding)
    served = dict.fromkeys(binding.method.service for binding in known)
    services = [contracts.services[name] for name in served]
    return {
        "openapi": "3.1.0",
        "info": _info(services),
        "tags": [
            {"name": writer.tag(service.full_name), "description": service.comment}
            for service in services
        ],
        "paths": writer.paths,
        "components": {
            "schemas": dict(sorted(writer.schemas.components.items()))
            | {"Problem": GOOGLE_ERROR if google_errors else PROBLEM},
            "responses": {"Problem": _error_response(google_errors)},
        },
    }


def _info(services: list[Service]) -> dict[str, str]:
    packages = sorted({service.package for service in services})
    return {"title": "API", "version": "1", "description": f"Packages: {', '.join(packages)}"}


def _error_response(google: bool) -> dict[str, Any]:
    kind = "application/json" if google else "application/problem+json"
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": "Any error.", "content": {kind: {"schema": schema}}}


class _Writer:
    """Writes paths; bindings whose paths OpenAPI holds for the same share one."""

    def __init__(self, contracts: Contracts, bindings: list[Binding]) -> None:
        self.schemas = Schemas(contracts)
        self.paths: dict[str, dict[str, Any]] = {}
        self._contracts = contracts
        self._places: dict[str, tuple[str, list[str]]] = {}
        self._patterns = _pattern_names(contracts)
        services = {binding.method.service for binding in bindings}
        self._short = Counter(service.rpartition(".")[2] for service in services)

    def tag(self, service: str) -> str:
        """Returns a service's simple name, its full name where another has the same."""
        short = service.rpartition(".")[2]
        return short if self._short[short] == 1 else service

    def add(self, binding: Binding) -> None:
        shape = "/".join("{}" if s in (ONE, DEEP) else s for s in binding.template.segments)
        key = f"{shape}:{binding.template.verb}"
        if key not in self._places:
            self._places[key] = _openapi_path(binding.template, self._patterns)
        path, names = self._places[key]
        operations = self.paths.setdefault(path, {})
        operations.setdefault(binding.rule.verb.lower(), self._operation(binding, names))

    def _operation(self, binding: Binding, names: list[str]) -> dict[str, Any]:
        method = binding.method
        summary, _, _ = method.comment.partition("\n\n")
        operation: dict[str, Any] = {
            "operationId": self._operation_id(binding),
            "tags": [self.tag(method.service)],
            "summary": " ".join(summary.split()),
            "description": method.comment,
            "parameters": [*_path_parameters(binding, names), *self._query(binding)],
            "responses": {
                "200": self._response(binding),
                "default": {"$ref": "#/components/responses/Problem"},
            },
        }
        if method.deprecated:
            operation["deprecated"] = True
        if body := self._body(binding):
            operation["requestBody"] = body
        return operation

    def _operation_id(self, binding: Binding) -> str:
        name = f"{self.tag(binding.method.service).replace('.', '_')}_{binding.method.name}"
        return f"{name}_{binding.index + 1}" if binding.index else name

    def _query(self, binding: Binding) -> list[Schema]:
        rule = binding.rule
        if rule.body == "*":
            return []
        covered = {variable.field_path for variable in binding.template.variables}
        if rule.body:
            covered.add((rule.body,))
        leaves = self._leaves(binding.method.input, (), ())
        return [
            self._parameter(json_path, field)
            for names, json_path, field in leaves
            if names not in covered and names[:1] not in covered
        ]

    def _leaves(
        self, message: MessageType, names: tuple[str, ...], json_path: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], Field]]:
        for field in message.fields:
            if "OUTPUT_ONLY" in field.behaviors:
                continue
            here, json_here = (*names, field.name), (*json_path, field.json_name)
            if not field.is_message or field.type_name in WRAPPERS or field.type_name in TEXTUAL:
                yield here, json_here, field
            elif not field.repeated and field.type_name not in WELL_KNOWN:
                inner = self._contracts.messages.get(field.type_name)
                if inner is not None and len(here) < QUERY_DEPTH_MAX:
                    yield from self._leaves(inner, here, json_here)

    def _parameter(self, json_path: tuple[str, ...], field: Field) -> Schema:
        schema = self.schemas.of_field(field)
        parameter: Schema = {"name": ".".join(json_path), "in": "query"}
        for note in ("description", "deprecated"):
            if note in schema:
                parameter[note] = schema.pop(note)
        if field.required and len(json_path) == 1:
            parameter["required"] = True
        return parameter | {"schema": schema}

    def _body(self, binding: Binding) -> Schema | None:
        request, name = binding.method.input, binding.rule.body
        if not name:
            return None
        if name == "*":
            bound = {v.field_path[0] for v in binding.template.variables if len(v.field_path) == 1}
            whole = not bound
            schema = (
                self.schemas.of_message(request)
                if whole
                else self.schemas.of_object(request, without=bound)
            )
            return {"content": {"application/json": {"schema": schema}}}
        field = request.by_name[name]
        if field.type_name == HTTP_BODY:
            return {"content": {"*/*": {"schema": {}}}}
        schema = self._body_schema(field, partial=binding.rule.verb == "PATCH")
        body: Schema = {"content": {"application/json": {"schema": schema}}}
        return body | {"required": True} if field.required else body

    def _body_schema(self, field: Field, *, partial: bool) -> Schema:
        message = self._contracts.messages.get(field.type_name)
        own = message is not None and not field.repeated and field.type_name not in WELL_KNOWN
        if partial and own and message is not None:
            return self.schemas.of_object(message, partial=True)
        return self.schemas.of_field(field)

    def _response(self, binding: Binding) -> Schema:
        output, name = binding.method.output, binding.rule.response_body
        if output.full_name == HTTP_BODY:
            return {"description": "The content.", "content": {"*/*": {"schema": {}}}}
        schema = (
            self.schemas.of_field(output.by_name[name]) if name else self.schemas.of_message(output)
        )
        if not binding.method.facts.server_streaming:
            return {"description": "OK", "content": {"application/json": {"schema": schema}}}
        line = {
            "type": "object",
            "properties": {"result": schema, "error": {"$ref": "#/components/schemas/Problem"}},
        }
        return {
            "description": "One JSON object a line, as they come.",
            "content": {"application/x-ndjson": {"schema": line}},
        }


def _path_parameters(binding: Binding, names: list[str]) -> list[Schema]:
    """The parameters of a path, by the names that its first binding gave them."""
    wild = [at for at, s in enumerate(binding.template.segments) if s in (ONE, DEEP)]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "description": _path_description(binding, at),
        }
        for name, at in zip(names, wild, strict=True)
    ]


def _path_description(binding: Binding, at: int) -> str:
    for variable in binding.template.variables:
        if variable.start <= at < variable.start + len(variable.segments):
            path = ".".join(variable.field_path)
            if variable.single:
                return f"Fills `{path}`."
            return f"Part of `{path}`: `{'/'.join(variable.segments)}`."
    return "Any value."


def _openapi_path(template: Template, patterns: Mapping[str, list[str]]) -> tuple[str, list[str]]:
    """Returns the path as OpenAPI writes it, and the names of its parameters in order."""
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
    return "/" + "/".join(segments) + verb, names


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
