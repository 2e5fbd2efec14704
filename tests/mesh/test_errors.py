import grpc
import pytest
from google.rpc import error_details_pb2

from mesh import errors


def test_table_covers_every_code_but_ok() -> None:
    assert set(errors.BY_CODE) == set(grpc.StatusCode) - {grpc.StatusCode.OK}


@pytest.mark.parametrize("kind", errors.BY_CODE.values())
def test_status_round_trip_keeps_everything(kind: type[errors.MeshError]) -> None:
    error = kind(
        "no",
        reason="WHY",
        metadata={"a": "b"},
        violations=[errors.FieldViolation("product.title", "too long", "STRING_MAX_LEN")],
        retry_after_seconds=1.5,
        details=[error_details_pb2.Help(links=[error_details_pb2.Help.Link(url="https://x")])],
    )
    back = errors.from_status(errors.to_status(error))
    assert type(back) is kind
    assert back.remote
    assert (back.message, back.reason, back.metadata) == ("no", "WHY", {"a": "b"})
    assert back.violations == error.violations
    assert back.retry_after_seconds == 1.5
    assert errors.to_status(back) == errors.to_status(error)


def test_a_code_nobody_knows_is_unknown() -> None:
    status = errors.to_status(errors.NotFound("x"))
    status.code = 99
    assert type(errors.from_status(status)) is errors.Unknown
