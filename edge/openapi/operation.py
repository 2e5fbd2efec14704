"""One operation of the document: what a binding takes. What it answers is in `answers.py`."""

from collections.abc import Iterator

from edge.contracts.model import Contracts, Field, MessageType
from edge.contracts.upload import HTTP_BODY
from edge.contracts.well_known import TEXTUAL, WELL_KNOWN, WRAPPERS
from edge.openapi.answers import JSON, has_ranges, is_tagged, responses
from edge.openapi.bounds import demanded
from edge.openapi.paths import path_parameters
from edge.openapi.schemas import Schema, Schemas
from edge.rest.around import Around
from edge.rest.expand import EXPAND
from edge.rest.partial import FIELDS
from edge.rest.request_ids import KEY_CHARACTERS_MAX
from edge.rest.router import Binding

QUERY_DEPTH_MAX = 4
"""How deep parameters are listed; the edge reads deeper ones too."""
TEXT: Schema = {"type": "string"}
PATHS: Schema = {"type": "string", "minLength": 1}
BYTE_RANGE = r"^bytes=(\d{1,19}-\d{0,19}|-\d{1,19})$"
ENTITY_TAG = r'^(\*|"[!#-~]*")$'


class Operations:
    """Writes operations; their schemas gather in `schemas`."""

    def __init__(self, contracts: Contracts, schemas: Schemas) -> None:
        self._contracts = contracts
        self._schemas = schemas

    def write(self, binding: Binding, around: Around, names: tuple[str, ...]) -> Schema:
        """Returns the operation, but for its id and tags; `names` are those of the path."""
        method = binding.method
        summary, _, _ = method.comment.partition("\n\n")
        operation: Schema = {
            "summary": " ".join(summary.split()),
            "description": method.comment,
            "parameters": [
                *path_parameters(binding, names, self._contracts, self._schemas),
                *self._query(binding),
                *_around(binding, around),
            ],
            "responses": responses(binding, around, self._contracts, self._schemas),
        }
        if method.deprecated or method.facts.deprecation:
            operation["deprecated"] = True
        if body := self._body(binding):
            operation["requestBody"] = body
        return operation

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
        schema = self._schemas.of_field(field, request=True)
        parameter: Schema = {"name": ".".join(json_path), "in": "query"}
        for note in ("description", "deprecated"):
            if note in schema:
                parameter[note] = schema.pop(note)
        if demanded(field) and len(json_path) == 1:
            parameter["required"] = True
        return parameter | {"schema": schema}

    def _body(self, binding: Binding) -> Schema | None:
        request, name = binding.method.input, binding.rule.body
        if not name:
            return None
        if binding.method.facts.client_streaming or request.full_name == HTTP_BODY:
            return {"description": "The file.", "content": {"*/*": {"schema": {}}}}
        if name == "*":
            return self._whole_body(binding)
        field = request.by_name[name]
        if field.type_name == HTTP_BODY:
            return {"content": {"*/*": {"schema": {}}}}
        partial = binding.rule.verb == "PATCH"
        body: Schema = {"content": {JSON: {"schema": self._body_schema(field, partial=partial)}}}
        if partial:
            body["description"] = "What changes. A field that is null is cleared."
        return body | {"required": True} if partial or demanded(field) else body

    def _whole_body(self, binding: Binding) -> Schema:
        request = binding.method.input
        bound = {v.field_path[0] for v in binding.template.variables if len(v.field_path) == 1}
        if bound:
            schema = self._schemas.of_object(request, request=True, without=bound)
        else:
            schema = self._schemas.of_message(request, request=True)
        left = [field for field in request.fields if field.name not in bound]
        body: Schema = {"content": {JSON: {"schema": schema}}}
        return body | {"required": True} if any(map(demanded, left)) else body

    def _body_schema(self, field: Field, *, partial: bool) -> Schema:
        message = self._contracts.messages.get(field.type_name)
        own = message is not None and not field.repeated and field.type_name not in WELL_KNOWN
        if partial and own and message is not None:
            return self._schemas.of_object(message, request=True, partial=True)
        return self._schemas.of_field(field, request=True)


def _around(binding: Binding, around: Around) -> Iterator[Schema]:
    """The parameters that no field of the request is behind."""
    if around.partial is not None:
        told = "Which parts of the answer to send: paths with commas between, for example `a,b.c`."
        yield {"name": FIELDS, "in": "query", "description": told, "schema": PATHS}
    if around.expand is not None and (paths := around.expand.paths()):
        names = ", ".join(f"`{path}`" for path in paths)
        told = (
            f"Which joins to fill, with commas between: {names}, and on through them, for example "
            "`a,b.c`. They stand in `expanded`; `expandErrors` of the "
            "answer says why one is null."
        )
        yield {"name": EXPAND, "in": "query", "description": told, "schema": PATHS}
    if around.conditions.reads and is_tagged(binding, around):
        yield _header("If-None-Match", "The ETags that the client has: 304 where one is current.")
    if has_ranges(binding, around):
        yield _header("Range", "The part to send: 206.", {"type": "string", "pattern": BYTE_RANGE})
        yield _header("If-Range", "The ETag of which it is to be a part; else all is sent.")
    if around.conditions.way:
        told = "The ETag of what is to change, or `*`: 412 where it is another now."
        yield _header("If-Match", told, {"type": "string", "pattern": ENTITY_TAG})
    if around.request_ids.number:
        told = (
            "Makes a repeat of the request harmless: the same key, the same outcome. It fills the "
            "request id, so one of the two is enough."
        )
        key = {"type": "string", "minLength": 1, "maxLength": KEY_CHARACTERS_MAX}
        yield _header("Idempotency-Key", told, key)
    if around.resumption is not None:
        yield _header("Last-Event-ID", "The id of the last event that came: go on behind it.")


def _header(name: str, description: str, schema: Schema = TEXT) -> Schema:
    return {"name": name, "in": "header", "description": description, "schema": schema}
