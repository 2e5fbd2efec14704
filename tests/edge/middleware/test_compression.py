import gzip
from collections.abc import Awaitable, Callable
from typing import Any

import brotli
import httpx
import pytest
from starlette.responses import Response, StreamingResponse

from edge.middleware.compression import BODY_BYTES_MIN, THREAD_BYTES_MIN, CompressionMiddleware

Ask = Callable[..., Awaitable[httpx.Response]]
BODY = b'{"title":"A fine lamp"}' * 100


@pytest.fixture
def get(ask: Ask) -> Callable[..., Awaitable[httpx.Response]]:
    async def get(answer: Response, accept: str | None = "gzip, br") -> httpx.Response:
        """The answer as a client sees it that decodes what it is sent."""
        headers = {"accept-encoding": accept} if accept is not None else {"accept-encoding": ""}
        return await ask(CompressionMiddleware(answer), "GET", "/", headers=headers)

    return get


def json(body: bytes = BODY, **headers: str) -> Response:
    return Response(body, media_type="application/json", headers=headers)


@pytest.mark.parametrize(
    ("accept", "coding"),
    [("gzip", "gzip"), ("br", "br"), ("gzip, br", "br"), ("gzip, br;q=0.1", "gzip"), ("*", "br"),
     ("gzip;q=0", None), ("identity", None), (None, None)],
)  # fmt: skip
async def test_the_client_chooses_the_coding(
    get: Callable[..., Any], accept: str | None, coding: str | None
) -> None:
    answer = await get(json(), accept)
    assert (answer.content, answer.headers.get("content-encoding")) == (BODY, coding)
    if coding:
        assert int(answer.headers["content-length"]) < len(BODY) / 4
        assert answer.headers["vary"] == "Accept-Encoding"


async def test_what_is_sent_is_what_other_libraries_read(ask: Ask) -> None:
    for accept, decode in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        sent: list[Any] = []

        async def send(message: Any, sent: list[Any] = sent) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request"}

        scope = {
            "type": "http",
            "method": "GET",
            "headers": [(b"accept-encoding", accept.encode())],
        }
        await CompressionMiddleware(json())(scope, receive, send)
        assert decode(sent[1]["body"]) == BODY
        assert dict(sent[0]["headers"])[b"content-length"] == b"%d" % len(sent[1]["body"])


@pytest.mark.parametrize(
    ("size", "coded"),
    [(BODY_BYTES_MIN - 1, False), (BODY_BYTES_MIN, True), (THREAD_BYTES_MIN, True)],
)
async def test_small_bodies_stay(get: Callable[..., Any], size: int, coded: bool) -> None:
    answer = await get(json(b"x" * size))
    assert (answer.content, "content-encoding" in answer.headers) == (b"x" * size, coded)


@pytest.mark.parametrize(
    ("kind", "coded"),
    [
        ("application/json", True), ("application/problem+json", True), ("text/html", True),
        ("application/graphql-response+json; charset=utf-8", True), ("text/javascript", True),
        ("application/javascript", True), ("image/svg+xml", True), ("application/yaml", True),
        ("image/png", False), ("application/octet-stream", False), ("application/zip", False),
        ("application/x-ndjson", False), ("text/event-stream", False), ("video/mp4", False),
    ],
)  # fmt: skip
async def test_only_what_shrinks_is_compressed(
    get: Callable[..., Any], kind: str, coded: bool
) -> None:
    answer = await get(Response(BODY, headers={"content-type": kind}))
    assert ("content-encoding" in answer.headers) is coded


@pytest.mark.parametrize(
    "headers",
    [{"content-range": "bytes 0-9/10"}, {"cache-control": "no-transform"}],
)
async def test_some_answers_must_stay_what_they_are(
    get: Callable[..., Any], headers: dict[str, str]
) -> None:
    assert "content-encoding" not in (await get(json(**headers))).headers


async def test_a_coded_answer_stays(get: Callable[..., Any]) -> None:
    answer = await get(json(gzip.compress(BODY * 20), **{"content-encoding": "gzip"}))
    assert answer.content == BODY * 20


async def test_a_stream_goes_out_piece_by_piece(get: Callable[..., Any]) -> None:
    async def pieces() -> Any:
        for _ in range(3):
            yield BODY

    answer = await get(StreamingResponse(pieces(), media_type="application/json"))
    assert (answer.content, "content-encoding" in answer.headers) == (BODY * 3, False)


@pytest.mark.parametrize(
    ("etag", "accept", "told"),
    [('"1-2"', "br", '"1-2;br"'), ('"1-2"', "gzip", '"1-2;gzip"'), ('W/"1"', "br", 'W/"1"'),
     ('"1-2"', None, '"1-2"')],
)  # fmt: skip
async def test_r12_each_coding_has_a_strong_tag_of_its_own(
    get: Callable[..., Any], etag: str, accept: str | None, told: str
) -> None:
    assert (await get(json(etag=etag), accept)).headers["etag"] == told


async def test_vary_is_said_once(get: Callable[..., Any]) -> None:
    answer = await get(json(vary="Accept, Accept-Encoding"))
    assert answer.headers.get_list("vary") == ["Accept, Accept-Encoding"]
    answer = await get(json(vary="Origin"))
    assert answer.headers.get_list("vary") == ["Origin", "Accept-Encoding"]
