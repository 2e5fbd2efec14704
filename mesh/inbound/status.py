"""Turns what a servicer raises into the gRPC status that the caller sees."""

import asyncio
import logging
from typing import Any

import grpc

from mesh import errors
from mesh.inbound import IncomingCall, Proceed

log = logging.getLogger(__name__)

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
    details = errors.to_status(error).SerializeToString()
    trailers = ((errors.STATUS_DETAILS_KEY, details),)
    await call.context.abort(error.code, error.message, trailers)
