"""Turns what a servicer raises into the gRPC status that the caller sees."""

import asyncio
import logging
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as Packed
from google.rpc import error_details_pb2, status_pb2

from mesh import errors
from mesh.inbound import IncomingCall, Proceed

log = logging.getLogger(__name__)

MESSAGE_BYTES_MAX = 1024
STATUS_BYTES_MAX = 3 * 1024
"""A client of grpc may drop trailers above 8 KiB and tell its user so, not what was wrong. The
message travels twice, once percent-encoded to three times its length; the status as base64."""
PACKING_BYTES_MAX = 8
"""More than the tag and length of an element of so short a status."""

_PASSED_ON = (
    errors.Unavailable,
    errors.DeadlineExceeded,
    errors.ResourceExhausted,
    errors.Cancelled,
)
"""Answers of an upstream that mean the same to our caller. Any other, unhandled, is our bug."""


def status(proceed: Proceed) -> Proceed:
    """Ends a failed call with its status; a bug is logged here, once, and masked."""

    async def handle(call: IncomingCall) -> Any:
        try:
            return await proceed(call)
        except errors.MeshError as error:
            await _abort(call, _of_ours(call, error))
        except (grpc.aio.AbortError, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("%s failed", call.facts.path)
            await _abort(call, errors.Internal("internal error"))

    return handle


def _of_ours(call: IncomingCall, error: errors.MeshError) -> errors.MeshError:
    """Returns the error as this service's own answer."""
    if error.remote and not isinstance(error, _PASSED_ON):
        log.error(
            "%s: an upstream answered %s: %s", call.facts.path, error.code.name, error.message
        )
        return errors.Internal("internal error")
    return error


async def _abort(call: IncomingCall, error: errors.MeshError) -> None:
    call.code = error.code
    status = fitted(errors.to_status(error))
    trailers = ((errors.STATUS_DETAILS_KEY, status.SerializeToString()),)
    await call.context.abort(error.code, status.message, trailers)


def fitted(status: status_pb2.Status) -> status_pb2.Status:
    """Returns as much of a status as trailers hold: of many violations, the first ones."""
    if status.ByteSize() <= STATUS_BYTES_MAX and len(status.message) * 4 <= MESSAGE_BYTES_MAX:
        return status
    message = status.message.encode()[:MESSAGE_BYTES_MAX].decode(errors="ignore")
    short = status_pb2.Status(code=status.code, message=message)
    for detail in status.details:
        room = STATUS_BYTES_MAX - short.ByteSize()
        if (cut := _cut(detail, room)).ByteSize() <= room:
            short.details.append(cut)
    return short


def _cut(detail: Packed, room: int) -> Packed:
    """Returns the detail; one that lists violations without those for which there is no room."""
    bad = error_details_pb2.BadRequest()
    if detail.ByteSize() <= room or not detail.Unpack(bad):
        return detail
    kept, left = error_details_pb2.BadRequest(), room - len(detail.type_url)
    for violation in bad.field_violations:
        left -= violation.ByteSize() + PACKING_BYTES_MAX
        if left < 0:
            break
        kept.field_violations.append(violation)
    detail.Pack(kept)
    return detail
