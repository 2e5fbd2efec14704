"""REST over foreign contracts: what goes in reaches the upstream, what it answers comes out."""

import json
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf import json_format
from google.protobuf.message import Message
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.contracts.conftest import Foreign
from tests.contracts.transcoding import HttpRequest, http_request, template
from tests.contracts.types import Types, rules

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

SEEDS = (0, 1)

# google.firestore.v1 gives the paths of documents to Get, and those below documents, which are
# documents as well, to List: Get has them, and List keeps its other binding.
TAKEN = ("/google.firestore.v1.Firestore/ListDocuments", "/documents/*/**}/{collection_id}")

# google/rpc/code.proto, "HTTP Mapping".
HTTP_STATUS = {
    "CANCELLED": 499, "UNKNOWN": 500, "INVALID_ARGUMENT": 400, "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404, "ALREADY_EXISTS": 409, "PERMISSION_DENIED": 403, "UNAUTHENTICATED": 401,
    "RESOURCE_EXHAUSTED": 429, "FAILED_PRECONDITION": 400, "ABORTED": 409, "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501, "INTERNAL": 500, "UNAVAILABLE": 503, "DATA_LOSS": 500,
}  # fmt: skip


async def test_the_openapi_document_validates(client: httpx.AsyncClient, foreign: Foreign) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    errors = [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]
    assert errors == []
    listed = {
        verb.upper() + " " + operation["operationId"]
        for path in document["paths"].values()
        for verb, operation in path.items()
    }
    assert len(listed) >= len({path for path, _ in _requests(foreign.types, 0)})


@pytest.mark.parametrize("seed", SEEDS)
async def test_r24_every_binding_carries_the_request_in_and_r18_the_answer_out(
    foreign: Foreign, client: httpx.AsyncClient, seed: int
) -> None:
    count = 0
    for path, request in _requests(foreign.types, seed):
        await _check(foreign, client, path, request, defaults=True)
        count += 1
    assert count >= len(foreign.types.services)


async def test_r18_defaults_can_be_omitted_and_services_without_an_upstream_are_unavailable(
    foreign: Foreign, sparing: httpx.AsyncClient
) -> None:
    served = foreign.types.services[-1]
    for path, request in _requests(foreign.types, 2):
        if path.startswith(f"/{served}/"):
            await _check(foreign, sparing, path, request, defaults=False)
        else:
            await _check_unavailable(foreign, sparing, request)


@pytest.mark.parametrize("code", HTTP_STATUS)
async def test_r14_the_status_of_an_upstream_becomes_http(
    foreign: Foreign, client: httpx.AsyncClient, code: str
) -> None:
    _, request = next(_requests(foreign.types, 0))
    with foreign.upstream.failing(grpc.StatusCode[code], "said by the upstream"):
        response = await _send(client, request)
    problem = response.json()
    assert response.status_code == problem["status"] == HTTP_STATUS[code]
    assert response.headers["content-type"] == "application/problem+json"
    masked = code in ("UNKNOWN", "INTERNAL")
    assert problem["code"] == ("INTERNAL" if masked else code)
    assert problem["detail"] == ("internal error" if masked else "said by the upstream")


async def _check(
    foreign: Foreign,
    client: httpx.AsyncClient,
    path: str,
    request: HttpRequest,
    *,
    defaults: bool,
) -> None:
    with foreign.upstream.recorded() as calls:
        response = await _send(client, request)
    assert response.status_code == 200, f"{request}: {response.text}"
    (call,) = calls
    assert call.path == path
    assert _bytes(call.request) == _bytes(request.message), f"{request}: {call.request}"
    answers = [_json(foreign.types, answer, defaults=defaults) for answer in call.answers]
    if foreign.types.methods[path].server_streaming:
        lines = response.content.splitlines()
        assert [json.loads(line) for line in lines] == [{"result": a} for a in answers], path
    else:
        assert [response.json()] == answers, path


async def _check_unavailable(
    foreign: Foreign, client: httpx.AsyncClient, request: HttpRequest
) -> None:
    with foreign.upstream.recorded() as calls:
        response = await _send(client, request)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (503, "UNAVAILABLE"), f"{request}: {problem}"
    assert response.headers["content-type"] == "application/problem+json"
    assert calls == []


async def _send(client: httpx.AsyncClient, request: HttpRequest) -> httpx.Response:
    return await client.request(request.verb, request.target, content=request.body)


def _requests(types: Types, seed: int) -> Iterator[tuple[str, HttpRequest]]:
    """One request for each binding that HTTP can reach, with the path of its method."""
    for path, method in types.methods.items():
        for rule in [] if method.client_streaming else rules(method):
            if path != TAKEN[0] or not template(rule).endswith(TAKEN[1]):
                yield path, http_request(types, method, rule, seed)


def _bytes(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


def _json(types: Types, message: Message, *, defaults: bool) -> Any:
    return json_format.MessageToDict(
        message, always_print_fields_with_no_presence=defaults, descriptor_pool=types.pool
    )
