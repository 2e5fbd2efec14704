"""What an operation answers: statuses, headers, content."""

from collections.abc import Mapping

from edge.contracts.model import Contracts
from edge.contracts.upload import answers_raw
from edge.openapi.schemas import Schema, Schemas
from edge.rest.around import Around
from edge.rest.deprecation import notice_of
from edge.rest.freshness import AGE
from edge.rest.router import Binding

JSON = "application/json"
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
HEADERS: Mapping[str, Schema] = {
    "Cache-Control": {"description": "How long, and by whom, it may be kept.", "schema": TEXT},
    "Age": {"description": "For how many seconds it has been kept.", "schema": {"type": "integer"}},
    "ETag": {"description": "Changes with every change of the resource.", "schema": TEXT},
    "Link": {"description": "The next page and the first (RFC 8288).", "schema": TEXT},
    "Deprecation": {"description": "Since when it is deprecated (RFC 9745).", "schema": TEXT},
    "Sunset": {"description": "When it ends (RFC 8594).", "schema": TEXT},
    "Accept-Ranges": {"description": "`bytes`: parts may be asked for.", "schema": TEXT},
    "Content-Range": {"description": "Which part it is, and of how many bytes.", "schema": TEXT},
    "Retry-After": {
        "description": "In how many seconds to try again.",
        "schema": {"type": "integer", "minimum": 0},
    },
}
ERRORS: Mapping[str, tuple[str, str]] = {
    "412": ("PreconditionFailed", "The resource is not what If-Match says."),
    "416": ("RangeNotSatisfiable", "The range begins behind the end."),
    "429": ("TooManyRequests", "Too much is asked for."),
    "503": ("Unavailable", "Not now; a read may be tried again."),
    "default": ("Problem", "Any other error."),
}
"""The components of error answers by status."""


def error_components(*, google: bool) -> dict[str, Schema]:
    """Returns the error answers that operations refer to."""
    content = {
        JSON if google else "application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"}
        }
    }
    told = {name: {"description": text, "content": content} for name, text in ERRORS.values()}
    for name in ("TooManyRequests", "Unavailable"):
        told[name]["headers"] = _headers("Retry-After")
    return told


def responses(
    binding: Binding, around: Around, contracts: Contracts, schemas: Schemas
) -> dict[str, Schema]:
    """Returns the answers of a binding by status."""
    names = ["Cache-Control"]
    conditions = around.conditions
    if around.freshness.max_age_seconds:
        names.append(str(AGE, "ascii").capitalize())
    if is_tagged(binding, around):
        names.append("ETag")
    if around.links is not None:
        names.append("Link")
    names += _of_end(binding, contracts)
    content, told = _content(binding, schemas), {"headers": _headers(*names)}
    found = {"200": content | told}
    if has_ranges(binding, around):
        names += ["Accept-Ranges", "Content-Range"]
        found["206"] = content | {"description": "A part.", "headers": _headers(*names)}
    if conditions.reads and is_tagged(binding, around):
        found["304"] = {"description": "The client has it already."} | told
    if around.resumption is not None:
        found["204"] = {"description": "Nothing came after Last-Event-ID, nor will."}
    possible = {"412": bool(conditions.way), "416": "206" in found}
    statuses = [status for status in ERRORS if possible.get(status, True)]
    return found | {status: _reference("responses", ERRORS[status][0]) for status in statuses}


def is_tagged(binding: Binding, around: Around) -> bool:
    """Says whether answers have entity tags: their owner's, or one of a file that is read."""
    return bool(around.conditions.answered) or (around.conditions.reads and _is_file(binding))


def has_ranges(binding: Binding, around: Around) -> bool:
    """Says whether parts of the answer may be asked for (RFC 9110, 14)."""
    return binding.rule.verb == "GET" and is_tagged(binding, around) and _is_file(binding)


def _is_file(binding: Binding) -> bool:
    return binding.method.unary and answers_raw(binding.method, binding.rule)


def _of_end(binding: Binding, contracts: Contracts) -> list[str]:
    notice = notice_of(binding, contracts)
    present = {name for name, _ in notice.headers} if notice else set()
    return [name for name in ("Deprecation", "Sunset") if name.lower().encode() in present]


def _headers(*names: str) -> Schema:
    return {name: _reference("headers", name) for name in names}


def _reference(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}


def _content(binding: Binding, schemas: Schemas) -> Schema:
    output, name = binding.method.output, binding.rule.response_body
    if answers_raw(binding.method, binding.rule):
        return {"description": "The content.", "content": {"*/*": {"schema": {}}}}
    if name:
        schema = schemas.of_field(output.by_name[name], request=False, strict=False)
    else:
        schema = schemas.of_message(output, request=False)
    if not binding.method.facts.server_streaming:
        return {"description": "OK", "content": {JSON: {"schema": schema}}}
    line = {
        "type": "object",
        "properties": {"result": schema, "error": _reference("schemas", "Problem")},
    }
    return {
        "description": "What comes, as it comes: one JSON object a line, or one event each.",
        "content": {
            "application/x-ndjson": {"schema": line},
            "text/event-stream": {"schema": {"type": "string", "description": EVENTS}},
        },
    }


EVENTS = (
    "Each event's `data` is one JSON object of the answer; the last one, where it ends badly, is "
    "`event: error` with a problem."
)
