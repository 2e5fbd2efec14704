"""Which bindings carry raw bytes: uploads into client streams, and answers that are a file."""

from edge.contracts.model import Field, HttpRule, Kind, MessageType, Method

HTTP_BODY = "google.api.HttpBody"


def takes_upload(method: Method, rule: HttpRule) -> bool:
    """Says whether a binding takes raw bytes of any length, one message after the other.

    The messages are google.api.HttpBody (`body: "*"`), or hold one, or bytes, in the body's field.
    """
    if not method.facts.client_streaming or method.facts.server_streaming:
        return False
    if is_raw(method.input):
        return rule.body == "*"
    field = method.input.by_name.get(rule.body)
    return field is not None and not field.repeated and (holds_body(field) or is_bytes(field))


def answers_raw(method: Method, rule: HttpRule) -> bool:
    """Says whether the body of the answer is that of a google.api.HttpBody, as it is."""
    field = method.output.by_name.get(rule.response_body)
    return is_raw(method.output) or (field is not None and holds_body(field))


def is_raw(message: MessageType) -> bool:
    """True for google.api.HttpBody."""
    return message.full_name == HTTP_BODY


def holds_body(field: Field) -> bool:
    """True for a field that is a google.api.HttpBody."""
    return field.type_name == HTTP_BODY


def is_bytes(field: Field) -> bool:
    """True for a field of bytes."""
    return field.kind is Kind.BYTES
