"""The error tree and its one table to and from gRPC status.

    MeshError
    ├── Cancelled            the caller went away
    ├── Unknown              an error that says nothing of itself
    ├── InvalidArgument      the request is wrong whatever the state
    │   └── OutOfRange       the request asks past the end
    ├── DeadlineExceeded     no time left
    ├── NotFound             no such resource
    ├── AlreadyExists        the name is taken
    ├── PermissionDenied     known, but not allowed
    ├── Unauthenticated      not known
    ├── ResourceExhausted    too much of it, or no room now
    ├── FailedPrecondition   the state does not allow it
    ├── Aborted              somebody else was faster: read again and repeat
    ├── Unimplemented        nobody does this here
    ├── Internal             an invariant broke
    ├── Unavailable          not now; the same call may succeed later
    └── DataLoss             gone for good

Errors change language only at borders: here to and from gRPC status (AIP-193, `google.rpc.Status`
in the trailer `grpc-status-details-bin`), in `edge/errors.py` to HTTP and GraphQL.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

DOMAIN = "selvedge.dev"
STATUS_DETAILS_KEY = "grpc-status-details-bin"


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One field that breaks a rule: its path in the request, and what is wrong with it."""

    field: str
    description: str
    reason: str = ""


class MeshError(Exception):
    """An error with a gRPC code, a message for people, and details for programs.

    `reason` is an UPPER_SNAKE_CASE constant that programs may test (google.rpc.ErrorInfo).
    `domain` says whose constant that is: ours, or that of the upstream that answered.
    `remote` is true for an error that an upstream answered, false for one raised here.
    `details` holds, packed, google.rpc messages besides ErrorInfo, BadRequest and RetryInfo.
    """

    code: ClassVar[grpc.StatusCode] = grpc.StatusCode.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: Iterable[FieldViolation] = (),
        retry_after_seconds: float | None = None,
        details: Iterable[Message] = (),
        remote: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.domain = DOMAIN
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_after_seconds = retry_after_seconds
        self.details = tuple(map(_packed, details))
        self.remote = remote


class Cancelled(MeshError):
    """The caller went away."""

    code = grpc.StatusCode.CANCELLED


class Unknown(MeshError):
    """An error that says nothing of itself."""


class InvalidArgument(MeshError):
    """The request is wrong whatever the state of the system."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class OutOfRange(InvalidArgument):
    """The request asks past the end."""

    code = grpc.StatusCode.OUT_OF_RANGE


class DeadlineExceeded(MeshError):
    """There was no time left."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED


class NotFound(MeshError):
    """There is no such resource."""

    code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(MeshError):
    """The name is taken."""

    code = grpc.StatusCode.ALREADY_EXISTS


class PermissionDenied(MeshError):
    """The caller is known, but not allowed."""

    code = grpc.StatusCode.PERMISSION_DENIED


class Unauthenticated(MeshError):
    """The caller is not known."""

    code = grpc.StatusCode.UNAUTHENTICATED


class ResourceExhausted(MeshError):
    """A quota or a bound is used up."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class FailedPrecondition(MeshError):
    """The state of the system does not allow it."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class Aborted(MeshError):
    """Somebody else was faster: read again and repeat."""

    code = grpc.StatusCode.ABORTED


class Unimplemented(MeshError):
    """Nobody does this here."""

    code = grpc.StatusCode.UNIMPLEMENTED


class Internal(MeshError):
    """An invariant broke."""

    code = grpc.StatusCode.INTERNAL


class Unavailable(MeshError):
    """Not now; the same call may succeed later."""

    code = grpc.StatusCode.UNAVAILABLE


class DataLoss(MeshError):
    """Data is gone for good."""

    code = grpc.StatusCode.DATA_LOSS


BY_CODE: Mapping[grpc.StatusCode, type[MeshError]] = {
    error.code: error
    for error in (
        Cancelled, Unknown, InvalidArgument, DeadlineExceeded, NotFound, AlreadyExists,
        PermissionDenied, Unauthenticated, ResourceExhausted, FailedPrecondition, Aborted,
        OutOfRange, Unimplemented, Internal, Unavailable, DataLoss,
    )
}  # fmt: skip
BY_NUMBER: Mapping[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def to_status(error: MeshError) -> status_pb2.Status:
    """Returns the error as a google.rpc.Status with its details."""
    status = status_pb2.Status(code=error.code.value[0], message=error.message)
    status.details.extend(map(_packed, _standard_details(error)))
    status.details.extend(error.details)
    return status


def from_status(status: status_pb2.Status, *, remote: bool = True) -> MeshError:
    """Returns the error that a google.rpc.Status says; a code nobody knows is Unknown."""
    code = BY_NUMBER.get(status.code, grpc.StatusCode.UNKNOWN)
    error = BY_CODE.get(code, Unknown)(status.message, remote=remote)
    rest = [detail for packed in status.details if (detail := _take_detail(error, packed))]
    error.details = tuple(rest)
    return error


def from_rpc_error(error: grpc.RpcError) -> MeshError:
    """Returns the error that a failed call of grpc.aio says, with the details of its trailers."""
    assert isinstance(error, grpc.aio.AioRpcError)
    for key, value in error.trailing_metadata() or ():
        if key == STATUS_DETAILS_KEY and isinstance(value, bytes):
            try:
                return from_status(status_pb2.Status.FromString(value))
            except DecodeError:
                break
    return BY_CODE.get(error.code(), Unknown)(error.details() or "", remote=True)


def _standard_details(error: MeshError) -> Iterable[Message]:
    if error.reason:
        yield error_details_pb2.ErrorInfo(
            reason=error.reason, domain=error.domain, metadata=error.metadata
        )
    if error.violations:
        yield error_details_pb2.BadRequest(
            field_violations=[
                error_details_pb2.BadRequest.FieldViolation(
                    field=v.field, description=v.description, reason=v.reason
                )
                for v in error.violations
            ]
        )
    if error.retry_after_seconds is not None:
        delay = duration_pb2.Duration()
        delay.FromNanoseconds(int(error.retry_after_seconds * 1e9))
        yield error_details_pb2.RetryInfo(retry_delay=delay)


def _packed(detail: Message) -> any_pb2.Any:
    if isinstance(detail, any_pb2.Any):
        return detail
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed


def _take_detail(error: MeshError, packed: any_pb2.Any) -> any_pb2.Any | None:
    """Moves what the standard details say into the error; returns any other detail."""
    if packed.Is(error_details_pb2.ErrorInfo.DESCRIPTOR) and not error.reason:
        info = error_details_pb2.ErrorInfo.FromString(packed.value)
        error.reason, error.domain = info.reason, info.domain
        error.metadata = dict(info.metadata)
        return None
    if packed.Is(error_details_pb2.BadRequest.DESCRIPTOR) and not error.violations:
        bad = error_details_pb2.BadRequest.FromString(packed.value)
        error.violations = tuple(
            FieldViolation(v.field, v.description, v.reason) for v in bad.field_violations
        )
        return None
    if packed.Is(error_details_pb2.RetryInfo.DESCRIPTOR) and error.retry_after_seconds is None:
        retry = error_details_pb2.RetryInfo.FromString(packed.value)
        error.retry_after_seconds = retry.retry_delay.ToNanoseconds() / 1e9
        return None
    return packed
