import json
import logging

import grpc
import pytest
from google.protobuf import any_pb2, struct_pb2
from google.rpc import code_pb2, error_details_pb2

from edge.errors import (
    HTTP_STATUS,
    BodyTooLarge,
    ErrorContext,
    HttpError,
    MethodNotAllowed,
    graphql_extensions,
    http_status,
    masked,
    problem,
)
from mesh.errors import BY_CODE, FieldViolation, Internal, InvalidArgument, MeshError, Unavailable

HERE = ErrorContext("/v1/x", "0af7651916cd43dd8448eb211c80319c")
GOOGLE = ErrorContext("/v1/x", "0af7651916cd43dd8448eb211c80319c", google=True)
# google/rpc/code.proto says "HTTP Mapping" of each code; no other code exists.
SAID = {
    0: 200, 1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 16: 401, 8: 429, 9: 400,
    10: 409, 11: 400, 12: 501, 13: 500, 14: 503, 15: 500,
}  # fmt: skip


def test_r14_the_table_holds_every_code_of_code_proto() -> None:
    assert {code.value[0]: status for code, status in HTTP_STATUS.items()} == SAID
    assert set(SAID) == set(code_pb2.Code.values())


@pytest.mark.parametrize("kind", list(BY_CODE.values()), ids=lambda kind: kind.code.name)
def test_r14_every_error_is_a_problem(kind: type[MeshError]) -> None:
    error = kind("what went wrong", reason="WHY", metadata={"a": "b"})
    hidden = kind.code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)
    status, headers, body = problem(error, HERE)
    told = json.loads(body)
    assert dict(headers)[b"content-type"] == b"application/problem+json"
    assert status == told["status"] == HTTP_STATUS[kind.code]
    assert told["detail"] == ("internal error" if hidden else "what went wrong")
    assert told["code"] == ("INTERNAL" if hidden else kind.code.name)
    assert told["reason"] == ("" if hidden else "WHY")
    assert (told["instance"], told["traceId"]) == (HERE.instance, HERE.trace_id)
    assert told["type"] == "about:blank"
    assert told["title"]


@pytest.mark.parametrize("kind", list(BY_CODE.values()), ids=lambda kind: kind.code.name)
def test_r14_every_error_has_googles_form(kind: type[MeshError]) -> None:
    hidden = kind.code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)
    status, headers, body = problem(kind("what went wrong", reason="WHY"), GOOGLE)
    told = json.loads(body)
    assert dict(headers)[b"content-type"] == b"application/json"
    assert list(told) == ["error"]
    assert told["error"]["code"] == status == HTTP_STATUS[kind.code]
    assert told["error"]["status"] == ("INTERNAL" if hidden else kind.code.name)
    assert told["error"]["message"] == ("internal error" if hidden else "what went wrong")
    assert bool(told["error"]["details"]) is not hidden


def test_r14_details_are_google_rpc_types_as_json() -> None:
    error = InvalidArgument(
        "no",
        reason="WHY",
        metadata={"limit": "3"},
        violations=[FieldViolation("thing.title", "is too long", "LONG")],
        details=[error_details_pb2.Help(links=[error_details_pb2.Help.Link(url="https://x.test")])],
    )
    details = json.loads(problem(error, HERE)[2])["details"]
    kind = "type.googleapis.com/google.rpc"
    assert details == [
        {
            "@type": f"{kind}.ErrorInfo",
            "reason": "WHY",
            "domain": "selvedge.dev",
            "metadata": {"limit": "3"},
        },
        {
            "@type": f"{kind}.BadRequest",
            "fieldViolations": [
                {"field": "thing.title", "description": "is too long", "reason": "LONG"}
            ],
        },
        {"@type": f"{kind}.Help", "links": [{"url": "https://x.test"}]},
    ]


def test_a_detail_of_an_unknown_type_is_left_out() -> None:
    odd = any_pb2.Any(type_url="type.googleapis.com/nobody.Knows", value=b"\x08\x01")
    known = struct_pb2.Value(string_value="kept")
    assert json.loads(problem(InvalidArgument("no", details=[odd]), HERE)[2])["details"] == []
    kept = json.loads(problem(InvalidArgument("no", details=[known]), HERE)[2])["details"]
    assert kept == [{"@type": "type.googleapis.com/google.protobuf.Value", "value": "kept"}]


def test_r14_what_is_masked_is_logged_once_with_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        body = problem(Internal("the password is hunter2", reason="SECRET"), HERE)[2]
    assert b"hunter2" not in body and b"SECRET" not in body
    assert HERE.trace_id.encode() in body
    [record] = caplog.records
    assert "hunter2" in record.getMessage()
    assert record.__dict__["trace_id"] == HERE.trace_id


def test_r14_other_errors_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert masked(Unavailable("later"), "").message == "later"
    assert caplog.records == []


@pytest.mark.parametrize(("seconds", "header"), [(0.0, b"0"), (0.2, b"1"), (3.0, b"3")])
def test_retry_after_is_whole_seconds_rounded_up(seconds: float, header: bytes) -> None:
    _, headers, body = problem(Unavailable("later", retry_after_seconds=seconds), HERE)
    assert dict(headers)[b"retry-after"] == header
    assert json.loads(body)["details"][0]["@type"].endswith("RetryInfo")


def test_errors_of_http_keep_their_status_and_headers() -> None:
    status, headers, body = problem(MethodNotAllowed("POST", ["GET", "PUT"]), HERE)
    assert (status, dict(headers)[b"allow"]) == (405, b"GET, PUT")
    assert json.loads(body)["title"] == "Method not allowed"
    assert problem(BodyTooLarge("too long"), HERE)[0] == 413
    _, headers, _ = problem(BY_CODE[grpc.StatusCode.UNAUTHENTICATED]("who?"), HERE)
    assert dict(headers)[b"www-authenticate"] == b"Bearer"


def test_every_error_of_http_has_a_client_status_and_a_code() -> None:
    for kind in HttpError.__subclasses__():
        assert issubclass(kind, MeshError) and 400 <= kind.http_status < 500
        assert kind.code is not grpc.StatusCode.UNKNOWN
    assert http_status(BodyTooLarge("x")) == 413


def test_r14_graphql_extensions() -> None:
    error = InvalidArgument(
        "no", reason="WHY", violations=[FieldViolation("a", "b")], retry_after_seconds=1.5
    )
    assert graphql_extensions(error, "t") == {
        "code": "INVALID_ARGUMENT",
        "reason": "WHY",
        "fieldViolations": [{"field": "a", "description": "b"}],
        "retryAfter": 1.5,
        "traceId": "t",
    }
