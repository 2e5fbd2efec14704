"""The border where errors become HTTP and GraphQL: one table, two ways to write it (R14).

UNKNOWN and INTERNAL say nothing to a client but a trace id; what they know is logged here, once.
Errors that only HTTP has are defined here too; each is a `MeshError` with its own HTTP status.
"""

import logging
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
import orjson
from google.protobuf import any_pb2, json_format
from google.protobuf.message import DecodeError

from mesh.errors import (
    Aborted,
    DeadlineExceeded,
    Internal,
    InvalidArgument,
    MeshError,
    NotFound,
    OutOfRange,
    Unimplemented,
    to_status,
)

log = logging.getLogger(__name__)

Code = grpc.StatusCode

HTTP_STATUS: Mapping[grpc.StatusCode, int] = {
    Code.OK: 200,
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.UNAUTHENTICATED: 401,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 400,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 400,
    Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.DATA_LOSS: 500,
}
"""google/rpc/code.proto, "HTTP Mapping"."""

MASKED = frozenset({Code.UNKNOWN, Code.INTERNAL})

Headers = list[tuple[bytes, bytes]]
CLOSE = (b"connection", b"close")


class HttpError(MeshError):
    """An error of HTTP itself: mixed into the gRPC error that it is nearest to."""

    http_status = 400

    def headers(self) -> Headers:
        """Returns the header fields that the status asks for."""
        return []


class NoSuchPath(HttpError, NotFound):
    """No route has this path."""

    http_status = 404


class MethodNotAllowed(HttpError, Unimplemented):
    """The path exists, but not with this HTTP method (RFC 9110, 15.5.6)."""

    http_status = 405

    def __init__(self, verb: str, allowed: Iterable[str]) -> None:
        self.allowed = ", ".join(allowed)
        super().__init__(f"{verb} is not allowed here, but {self.allowed}")

    def headers(self) -> Headers:
        """Returns `Allow`."""
        return [(b"allow", self.allowed.encode("latin-1", "replace"))]


class NotAcceptable(HttpError, InvalidArgument):
    """The client takes nothing that the edge could answer (RFC 9110, 15.5.7)."""

    http_status = 406


class BodyTooSlow(HttpError, DeadlineExceeded):
    """The body did not arrive in time (RFC 9110, 15.5.9)."""

    http_status = 408


class PreconditionFailed(HttpError, Aborted):
    """The resource is not what If-Match says (RFC 9110, 15.5.13)."""

    http_status = 412


class BodyTooLarge(HttpError, InvalidArgument):
    """The body is longer than the edge takes (RFC 9110, 15.5.14)."""

    http_status = 413


class TargetTooLong(HttpError, InvalidArgument):
    """Path and query are longer than the edge takes (RFC 9110, 15.5.15)."""

    http_status = 414

    def headers(self) -> Headers:
        """Returns `Connection: close`."""
        return [CLOSE]


class UnsupportedMediaType(HttpError, InvalidArgument):
    """The body is not in a format that the method reads (RFC 9110, 15.5.16)."""

    http_status = 415


class UnsupportedCoding(UnsupportedMediaType):
    """The body is in a content coding that is not undone here (RFC 9110, 15.5.16)."""

    def headers(self) -> Headers:
        """Returns `Accept-Encoding`."""
        return [(b"accept-encoding", b"identity")]


class RangeNotSatisfiable(HttpError, OutOfRange):
    """The range begins behind the end (RFC 9110, 15.5.17); `length` is that of the whole."""

    http_status = 416

    def __init__(self, length: int) -> None:
        self.length = length
        super().__init__(f"there are {length} bytes")

    def headers(self) -> Headers:
        """Returns `Content-Range`."""
        return [(b"content-range", b"bytes */%d" % self.length)]


class HeadersTooLarge(HttpError, InvalidArgument):
    """The header fields are more than the edge takes (RFC 6585, 5)."""

    http_status = 431

    def headers(self) -> Headers:
        """Returns `Connection: close`."""
        return [CLOSE]


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """Where an error is told: the path asked for, the trace, and the format of the body."""

    instance: str = ""
    trace_id: str = ""
    google: bool = False


def http_status(error: MeshError) -> int:
    """Returns the HTTP status of an error."""
    return error.http_status if isinstance(error, HttpError) else HTTP_STATUS[error.code]


def masked(error: MeshError, trace_id: str) -> MeshError:
    """Returns the error as a client may see it; logs what it hides, once."""
    if error.code not in MASKED:
        return error
    log.error(
        "%s: %s", error.code.name, error.message, exc_info=error, extra={"trace_id": trace_id}
    )
    return Internal("internal error")


def as_mesh_error(error: Exception) -> MeshError:
    """Returns an error of the tree as it is; anything else is a fault of ours, with its cause."""
    if isinstance(error, MeshError):
        return error
    internal = Internal(f"{type(error).__name__}: {error}")
    internal.__cause__ = error
    return internal


def problem(error: MeshError, context: ErrorContext) -> tuple[int, Headers, bytes]:
    """Returns status, headers and body of an error on REST: RFC 9457, or AIP-193 if asked for."""
    error = masked(error, context.trace_id)
    status = http_status(error)
    body = _google(error, status) if context.google else _problem(error, status, context)
    headers = [(b"content-type", b"application/json" if context.google else PROBLEM_TYPE), NO_STORE]
    if isinstance(error, HttpError):
        headers += error.headers()
    if status == HTTP_STATUS[Code.UNAUTHENTICATED]:
        headers.append((b"www-authenticate", b"Bearer"))
    if error.retry_after_seconds is not None:
        headers.append((b"retry-after", b"%d" % math.ceil(error.retry_after_seconds)))
    return status, headers, orjson.dumps(body)


PROBLEM_TYPE = b"application/problem+json"
NO_STORE = (b"cache-control", b"no-store")


def graphql_extensions(error: MeshError, trace_id: str = "") -> dict[str, Any]:
    """Returns the `extensions` of an error in a GraphQL answer; give it what `masked` returned."""
    return {
        "code": error.code.name,
        "reason": error.reason or None,
        "fieldViolations": [
            {"field": violation.field, "description": violation.description}
            for violation in error.violations
        ],
        "retryAfter": error.retry_after_seconds,
        "traceId": trace_id or None,
    }


def _problem(error: MeshError, status: int, context: ErrorContext) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": _title(error),
        "status": status,
        "detail": error.message,
        "instance": context.instance,
        "code": error.code.name,
        "reason": error.reason,
        "details": _details(error),
        "traceId": context.trace_id,
    }


def _google(error: MeshError, status: int) -> dict[str, Any]:
    return {
        "error": {
            "code": status,
            "message": error.message,
            "status": error.code.name,
            "details": _details(error),
        }
    }


def _title(error: MeshError) -> str:
    """The name of the kind of error, the same at every occurrence (RFC 9457, 3.1.3)."""
    if isinstance(error, HttpError):
        words = "".join(f" {c.lower()}" if c.isupper() else c for c in type(error).__name__)
        return words.strip().capitalize()
    return error.code.name.replace("_", " ").capitalize()


def _details(error: MeshError) -> list[dict[str, Any]]:
    return [detail for packed in to_status(error).details if (detail := _detail(packed))]


def _detail(packed: any_pb2.Any) -> dict[str, Any]:
    """One detail as the JSON mapping of Any; one of a type that nobody here knows is left out."""
    try:
        return json_format.MessageToDict(packed)
    except (DecodeError, json_format.Error, TypeError):
        return {}
