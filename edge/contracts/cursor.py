"""Where a stream may be resumed (R21): the request's cursor and the answers' own.

No annotation says it, so it goes by the names that public contracts use: the first of
`resume_token`, `cursor`, `page_token` and `start_after` that the request has, where each answer
has the same field, or `next_…`, of the same type: string, or bytes as in google.spanner.v1.
"""

from dataclasses import dataclass

from edge.contracts.model import Field, Kind, MessageType, Method

NAMES = ("resume_token", "cursor", "page_token", "start_after")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The field of the request that says where to go on, and that of an answer it comes from."""

    request_field: Field
    answer_field: Field


def cursor_of(method: Method) -> Cursor | None:
    """Returns the cursor of a server-streaming method, None where it begins anew each time."""
    if not method.facts.server_streaming:
        return None
    for name in NAMES:
        asked = _token(method.input, name)
        told = _token(method.output, name) or _token(method.output, f"next_{name}")
        if asked and told and asked.kind is told.kind:
            return Cursor(asked, told)
    return None


def _token(message: MessageType, name: str) -> Field | None:
    field = message.by_name.get(name)
    kinds = (Kind.STRING, Kind.BYTES)
    return field if field and field.kind in kinds and not field.repeated else None
