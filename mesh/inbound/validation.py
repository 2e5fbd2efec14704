"""Holds every inbound message against the rules of its contract (protovalidate)."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import protovalidate
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from mesh.errors import FieldViolation, InvalidArgument
from mesh.inbound import IncomingCall, Proceed

EXPLAINED_BYTES_MAX = 64 * 1024
"""Only a message up to that size is searched for all its violations: of more the first is told."""
VIOLATIONS_MAX = 20
PATH_CHARACTERS_MAX = 200
"""Details travel in metadata, of which gRPC takes 16 KiB."""


def validation(proceed: Proceed) -> Proceed:
    """Refuses a message that breaks a rule, before the servicer sees it."""

    async def handle(call: IncomingCall) -> Any:
        if call.facts.client_streaming:
            call.request = _checked(call.request)
        else:
            check(call.request)
        return await proceed(call)

    return handle


def check(message: Message) -> None:
    """Raises InvalidArgument with a violation for each rule that the message breaks, bounded."""
    found = protovalidate.collect_violations(message, fail_fast=True)
    if found and message.ByteSize() <= EXPLAINED_BYTES_MAX:
        found = protovalidate.collect_violations(message)
    violations = [_violation(each) for each in found[:VIOLATIONS_MAX]]
    if violations:
        first = violations[0]
        raise InvalidArgument(
            f"{first.field or 'the request'}: {first.description}",
            reason="INVALID_REQUEST",
            violations=violations,
        )


def compile_rules(messages: Iterable[Descriptor]) -> None:
    """Compiles the rules of these messages, which protovalidate keeps, and does so at first use."""
    for descriptor in messages:
        protovalidate.collect_violations(GetMessageClass(descriptor)(), fail_fast=True)


async def _checked(requests: AsyncIterator[Message]) -> AsyncIterator[Message]:
    async for request in requests:
        check(request)
        yield request


def _violation(found: protovalidate.Violation) -> FieldViolation:
    proto = found.proto
    path = "".join(map(_step, proto.field.elements)).lstrip(".") if proto.field else ""
    reason = proto.rule_id.upper().replace(".", "_")
    return FieldViolation(path[:PATH_CHARACTERS_MAX], proto.message or proto.rule_id, reason)


def _step(element: Any) -> str:
    """Returns one step of a field path as google.rpc.BadRequest writes it."""
    subscript = element.subscript
    return f".{element.field_name}" + (f"[{subscript.value!r}]" if subscript is not None else "")
