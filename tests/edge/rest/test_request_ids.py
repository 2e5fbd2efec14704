import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NOTES, PRINT = "/v1/notes", "/v1/notes/1:print"
KEY = "5a2f8a3e-6f0c-4d55-9d7e-0a6b1c2d3e4f"


@pytest.fixture
def send(desk: Callable[..., Any], kinds: Callable[[str], Any]) -> Callable[..., Any]:
    exchange = desk()
    names = ("CreateNote", "PrintNote", "StampNote", "TouchNote", "UpdateNote", "DeleteNote")
    exchange.caller.answers |= dict.fromkeys((*names, "GetNote", "MoveNote"), b"")

    async def send(
        target: str, key: str | bytes | None = None, body: object = None, verb: str = "POST"
    ) -> Any:
        """The request id that the upstream got, or the error's body."""
        headers = {} if key is None else {"idempotency-key": key}
        content = b"" if verb in ("GET", "DELETE") else json.dumps(body or {}).encode()
        answer = await exchange(verb, target, content=content, headers=headers)
        if answer.status_code != 200:
            return answer.json()
        kind = "CreateNoteRequest" if target.startswith(NOTES + "?") else "PrintNoteRequest"
        if target not in (NOTES, PRINT) and kind == "PrintNoteRequest":
            return "sent"
        kind = "CreateNoteRequest" if target.startswith(NOTES) and target != PRINT else kind
        return kinds(kind).FromString(exchange.request).request_id

    return send


async def test_r13_a_key_is_the_request_id(send: Callable[..., Any]) -> None:
    assert await send(NOTES, KEY) == KEY
    assert await send(NOTES, f'"{KEY}"') == KEY
    assert await send(NOTES, KEY.upper()) == KEY
    assert await send(PRINT, "order-17") == "order-17"
    assert await send(PRINT, '"order 17, \\"b\\""') == 'order 17, "b"'


async def test_r13_a_key_of_another_form_becomes_the_same_uuid4_each_time(
    send: Callable[..., Any],
) -> None:
    made = [await send(NOTES, key) for key in ("order-17", '"order-17"', "order-18")]
    assert made[0] == made[1] != made[2]
    assert {uuid.UUID(each).version for each in made} == {4}
    assert str(uuid.UUID(made[0])) == made[0]


async def test_r13_without_a_key_an_id_is_made(send: Callable[..., Any]) -> None:
    for target in (NOTES, PRINT):
        made = [await send(target) for _ in range(2)]
        assert made[0] != made[1]
        assert {uuid.UUID(each).version for each in made} == {4}


async def test_r13_the_clients_own_id_stays(send: Callable[..., Any]) -> None:
    assert await send(PRINT, None, {"requestId": "mine"}) == "mine"
    assert await send(PRINT, "mine", {"request_id": "mine"}) == "mine"
    assert await send(f"{NOTES}?requestId={KEY}") == KEY
    assert await send(f"{NOTES}?request_id={KEY}", KEY) == KEY


async def test_r13_a_key_and_another_id_contradict(send: Callable[..., Any]) -> None:
    error = await send(PRINT, "mine", {"requestId": "other"})
    assert (error["status"], error["code"]) == (400, "INVALID_ARGUMENT")
    assert "request_id" in json.dumps(error["details"])


@pytest.mark.parametrize(
    "key", ["", '""', '"a', "a b", "a,b", '"a" "b"', '"a", "b"', '"a\\b"', "a" * 256,
            '"' + "a" * 256 + '"', "é".encode(), b"a\x7f"],
)  # fmt: skip
async def test_r13_a_key_that_cannot_be_read_is_invalid(
    send: Callable[..., Any], key: str | bytes
) -> None:
    error = await send(PRINT, key)
    assert (error["status"], error["code"]) == (400, "INVALID_ARGUMENT")
    assert "Idempotency-Key" in json.dumps(error["details"])


async def test_r13_a_key_has_255_characters(send: Callable[..., Any]) -> None:
    assert await send(PRINT, "a" * 255) == "a" * 255


async def test_r13_a_method_that_cannot_keep_a_key_refuses_it(send: Callable[..., Any]) -> None:
    error = await send("/v1/notes/1:stamp", KEY)
    assert (error["status"], error["reason"]) == (400, "IDEMPOTENCY_KEY_UNSUPPORTED")
    assert await send("/v1/notes/1:stamp") == "sent"


@pytest.mark.parametrize(
    ("verb", "target"),
    [("GET", "/v1/notes/1"), ("POST", "/v1/notes/1:touch"), ("DELETE", "/v1/notes/1"),
     ("PUT", "/v1/notes/1:move")],
)  # fmt: skip
async def test_r13_where_a_repeat_is_harmless_a_key_is_ignored(
    send: Callable[..., Any], verb: str, target: str
) -> None:
    assert await send(target, "not, a key", None, verb) in ("sent", "")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=255))
async def test_r13_any_string_can_be_a_key(send: Callable[..., Any], text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    assert await send(PRINT, f'"{quoted}"') == text
