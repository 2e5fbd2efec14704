from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.model import Contracts
from edge.contracts.operations import OperationKind, kind_of
from edge.rest.upload import PIECE_BYTES, Pieces
from mesh.errors import DeadlineExceeded, InvalidArgument, PermissionDenied
from tests.edge.conftest import Exchange, Oracle, ScriptedCaller


@pytest.fixture
def exchange(
    files: Contracts, caller: ScriptedCaller, exchange_of: Callable[..., Exchange]
) -> Exchange:
    caller.answers |= dict.fromkeys(("Upload", "Put", "Push", "Post"), b"")
    return exchange_of(files, caller)


@pytest.fixture(scope="module")
def oracle(files: Contracts) -> Oracle:
    return Oracle(files.image)


def sent(exchange: Exchange, oracle: Oracle, kind: str) -> list[Any]:
    return [oracle.kind(kind).FromString(request) for _, request, _ in exchange.caller.asked]


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES - 1])
async def test_a_body_becomes_messages_of_one_piece_each(
    exchange: Exchange, oracle: Oracle, size: int
) -> None:
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    answer = await exchange(
        "POST", "/v1/files/a%20b?note=n", content=body, headers={"content-type": "image/png"}
    )
    assert (answer.status_code, answer.json()["size"]) == (200, "0")
    messages = sent(exchange, oracle, "files.v1.UploadRequest")
    assert len(messages) == max(1, -(-size // PIECE_BYTES))
    first, *others = messages
    assert (first.name, first.note, first.content.content_type) == ("files/a b", "n", "image/png")
    assert not any(other.name or other.note or other.content.content_type for other in others)
    assert b"".join(message.content.data for message in messages) == body


async def test_the_messages_may_be_the_body_itself_or_hold_bytes(
    exchange: Exchange, oracle: Oracle
) -> None:
    await exchange("PUT", "/v1/raw", content=b"raw", headers={"content-type": "a/b"})
    (raw,) = sent(exchange, oracle, "google.api.HttpBody")
    assert (raw.content_type, raw.data) == ("a/b", b"raw")
    exchange.caller.asked.clear()
    await exchange("POST", "/v1/pieces/p", content=b"pushed", headers={"content-type": "a/b"})
    (push,) = sent(exchange, oracle, "files.v1.PushRequest")
    assert (push.name, push.data) == ("pieces/p", b"pushed")
    exchange.caller.asked.clear()
    await exchange("POST", "/v1/small", content=b"{", headers={"content-type": "a/b"})
    (small,) = sent(exchange, oracle, "google.api.HttpBody")
    assert (small.content_type, small.data) == ("a/b", b"{")


@pytest.mark.parametrize(
    ("verb", "target", "kind"),
    [("PUT", "/v1/raw", "google.api.HttpBody"), ("POST", "/v1/small", "google.api.HttpBody")],
)
async def test_a_type_that_is_no_text_is_read_as_latin_1(
    exchange: Exchange, oracle: Oracle, verb: str, target: str, kind: str
) -> None:
    await exchange(verb, target, content=b"raw", headers={"content-type": b"a/\xff"})
    (message,) = sent(exchange, oracle, kind)
    assert message.content_type == "a/ÿ"


async def test_errors_of_an_upload_are_problems(exchange: Exchange) -> None:
    coded = await exchange("POST", "/v1/files/a", content=b"", headers={"content-encoding": "br"})
    assert (coded.status_code, exchange.caller.asked) == (415, [])
    exchange.caller.answers["Upload"] = PermissionDenied("not here")
    answer = await exchange("POST", "/v1/files/a", content=b"x")
    assert (answer.status_code, answer.json()["detail"]) == (403, "not here")
    assert (await exchange("POST", "/v1/files/a?nope=1", content=b"x")).status_code == 400


async def test_an_upload_has_the_time_of_its_method(exchange: Exchange) -> None:
    await exchange("POST", "/v1/files/a", content=b"x")
    _, _, context = exchange.caller.asked[0]
    assert context.deadline.remaining() <= exchange.contracts.methods[0].facts.deadline_seconds

    async def endless() -> AsyncIterator[bytes]:
        yield b"x"
        raise DeadlineExceeded("no time left")

    answer = await exchange("POST", "/v1/files/a", content=endless())
    assert answer.status_code == 408


def test_r3_other_client_streams_stay_grpc_only(files: Contracts) -> None:
    kinds = {method.name: kind_of(method) for method in files.methods}
    assert kinds["Chat"] is OperationKind.GRPC_ONLY
    assert {n for n, k in kinds.items() if k is OperationKind.UPLOAD} == {"Upload", "Put", "Push"}


async def test_r3_what_is_grpc_only_has_no_path(exchange: Exchange) -> None:
    assert (await exchange("POST", "/v1/chat", content=b"{}")).status_code == 404


def receiving(*messages: dict[str, object]) -> Any:
    queue = iter(messages)

    async def receive() -> dict[str, object]:
        return next(queue)

    return receive


async def test_a_body_that_is_cut_short_is_no_upload() -> None:
    pieces = Pieces(
        receiving({"type": "http.request", "more_body": True}, {"type": "http.disconnect"})
    )
    with pytest.raises(InvalidArgument):
        [piece async for piece in pieces]
    assert not pieces.whole


@given(st.lists(st.integers(0, 3 * PIECE_BYTES), max_size=5))
async def test_pieces_keep_their_size_however_the_body_comes(sizes: list[int]) -> None:
    bodies = [bytes([at]) * size for at, size in enumerate(sizes)]
    messages = [{"type": "http.request", "body": body, "more_body": True} for body in bodies]
    pieces = Pieces(receiving(*messages, {"type": "http.request"}))
    found = [piece async for piece in pieces]
    assert b"".join(found) == b"".join(bodies)
    assert all(len(piece) == PIECE_BYTES for piece in found[:-1])
    assert pieces.whole
