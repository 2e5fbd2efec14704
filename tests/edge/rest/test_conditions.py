from collections.abc import Callable
from typing import Any

import pytest

from mesh.errors import Aborted, FailedPrecondition

NOTE = "/v1/notes/1"
EMPTY = b""


@pytest.fixture
def exchange(desk: Callable[..., Any], note: Any) -> Any:
    made = desk()
    data = note.SerializeToString()
    made.caller.answers |= dict.fromkeys(
        ("GetNote", "UpdateNote", "ArchiveNote", "CreateNote"), data
    )
    made.caller.answers |= {"DeleteNote": EMPTY, "MoveNote": EMPTY, "StampNote": EMPTY}
    return made  # fmt: skip


async def test_r12_answers_that_are_the_resource_have_its_etag(exchange: Any) -> None:
    for verb, target in [("GET", NOTE), ("HEAD", NOTE), ("PATCH", NOTE), ("PUT", NOTE),
                         ("POST", "/v1/notes"), ("POST", f"{NOTE}:archive")]:  # fmt: skip
        content = (
            b'{"title":"x"}' if verb not in ("GET", "HEAD") and "archive" not in target else b""
        )
        answer = await exchange(verb, target, content=content)
        assert (answer.status_code, answer.headers["etag"]) == (200, '"7-1"'), (verb, target)
    assert "etag" not in (await exchange("DELETE", NOTE)).headers


@pytest.mark.parametrize(
    ("etag", "header"),
    [('"7-1"', '"7-1"'), ('W/"7-1"', 'W/"7-1"'), ("BwX=", '"BwX="'), ("", None), ('a"b', None),
     ("a b", None), ("a\r\nb: c", None)],
)  # fmt: skip
async def test_r12_an_etag_is_an_entity_tag(
    exchange: Any, kinds: Any, etag: str, header: str | None
) -> None:
    exchange.caller.answers["GetNote"] = kinds("Note")(etag=etag).SerializeToString()
    assert (await exchange("GET", NOTE)).headers.get("etag") == header


@pytest.mark.parametrize(
    ("header", "status"),
    [('"7-1"', 304), ('W/"7-1"', 304), ('"x", "7-1"', 304), ("*", 304), ('"7-1;br"', 304),
     ('"7-2"', 200), ("7-1", 200), ('""', 200), ("", 200)],
)  # fmt: skip
async def test_r12_if_none_match_compares_weakly(exchange: Any, header: str, status: int) -> None:
    for verb in ("GET", "HEAD"):
        answer = await exchange(verb, NOTE, headers={"if-none-match": header})
        assert answer.status_code == status
        assert answer.headers["cache-control"] == "private, no-cache"
    if status == 304:
        assert answer.content == b""
        assert answer.headers["etag"] == ('"7-1;br"' if ";br" in header else '"7-1"')
        assert not {"content-length", "content-type"} & set(answer.headers)


async def test_r12_several_header_lines_are_one_list(exchange: Any) -> None:
    lines = [("if-none-match", '"a"'), ("if-none-match", '"7-1"'), ("if-none-match", '"b"')]
    assert (await exchange("GET", NOTE, headers=lines)).status_code == 304


async def test_r12_an_answer_without_etag_is_never_unchanged(exchange: Any, kinds: Any) -> None:
    exchange.caller.answers["GetNote"] = kinds("Note")(title="x").SerializeToString()
    assert (await exchange("GET", NOTE, headers={"if-none-match": "*"})).status_code == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [('"7-1"', 200), ('"x", "7-1"', 200), ("*", 200), ('"7-2"', 412), ('W/"7-1"', 412), ("x", 400)],
)
async def test_r12_if_match_holds_for_reads_too(exchange: Any, header: str, status: int) -> None:
    assert (await exchange("GET", NOTE, headers={"if-match": header})).status_code == status


async def test_r12_if_match_fills_the_etag(exchange: Any, kinds: Any) -> None:
    condition = {"if-match": '"7-1"'}
    for verb in ("PATCH", "PUT"):
        await exchange(verb, NOTE, content=b'{"title":"x"}', headers=condition)
        request = kinds("UpdateNoteRequest").FromString(exchange.request)
        assert (request.note.etag, request.note.title) == ('"7-1"', "x")
        assert "etag" not in request.update_mask.paths
    for verb, target in (("DELETE", NOTE), ("POST", f"{NOTE}:archive")):
        answer = await exchange(verb, target, headers=condition)
        request = kinds("DeleteNoteRequest").FromString(exchange.request)
        assert (answer.status_code, request.name, request.etag) == (200, "notes/1", '"7-1"')


async def test_r12_the_tag_of_a_coded_answer_is_that_of_the_resource(
    exchange: Any, kinds: Any
) -> None:
    await exchange("DELETE", NOTE, headers={"if-match": '"7-1;gzip"'})
    assert kinds("DeleteNoteRequest").FromString(exchange.request).etag == '"7-1"'


async def test_r12_any_etag_is_none_but_the_resource_must_be_there(
    exchange: Any, kinds: Any
) -> None:
    target = f"{NOTE}?allow_missing=true"
    await exchange("PATCH", target, content=b'{"title":"x"}')
    assert kinds("UpdateNoteRequest").FromString(exchange.request).allow_missing
    for condition in ("*", '"7-1"'):
        await exchange("PATCH", target, content=b'{"title":"x"}', headers={"if-match": condition})
        request = kinds("UpdateNoteRequest").FromString(exchange.request)
        assert not request.allow_missing
        assert request.note.etag == condition.strip("*")


@pytest.mark.parametrize(
    ("condition", "status"),
    [({"if-match": '"7-1"'}, 412), ({"if-match": "*"}, 412), ({}, 409)],
)
async def test_r12_a_mismatch_is_412_where_if_match_was_sent(
    exchange: Any, condition: dict[str, str], status: int
) -> None:
    error = Aborted("the etag differs", reason="ETAG_MISMATCH", metadata={"etag": "y"})
    exchange.caller.answers |= dict.fromkeys(("UpdateNote", "DeleteNote", "ArchiveNote"), error)
    for verb, target, content in (
        ("PATCH", NOTE, b'{"title":"x"}'), ("DELETE", NOTE, b""), ("POST", f"{NOTE}:archive", b""),
    ):  # fmt: skip
        answer = await exchange(verb, target, content=content, headers=condition)
        body = answer.json()
        assert (answer.status_code, body["status"], body["code"]) == (status, status, "ABORTED")
        assert (body["reason"], body["detail"]) == ("ETAG_MISMATCH", "the etag differs")
        assert answer.headers["cache-control"] == "no-store"


async def test_r12_other_errors_stay_what_they_are(exchange: Any) -> None:
    exchange.caller.answers["DeleteNote"] = FailedPrecondition("not empty")
    answer = await exchange("DELETE", NOTE, headers={"if-match": '"7-1"'})
    assert answer.status_code == 400


async def test_r12_an_owner_whose_etags_have_no_quotes_is_asked_without(
    desk_contracts: Any, exchange_of: Any, caller: Any, kinds: Any
) -> None:
    read = kinds("DeleteNoteRequest").FromString

    class Bare(type(caller)):  # type: ignore[misc]  # the class of the fixture
        async def unary(self, method: Any, request: bytes, context: Any) -> bytes:
            answer: bytes = await super().unary(method, request, context)
            if read(request).etag != "BwX=":
                raise Aborted("the etag differs")
            return answer

    caller = Bare({"DeleteNote": EMPTY})
    exchange = exchange_of(desk_contracts, caller)
    answer = await exchange("DELETE", NOTE, headers={"if-match": '"BwX="'})
    assert answer.status_code == 200
    assert [read(request).etag for _, request, _ in caller.asked] == ['"BwX="', "BwX="]
    assert (await exchange("DELETE", NOTE, headers={"if-match": '"x"'})).status_code == 412


@pytest.mark.parametrize(
    ("header", "etag", "status"),
    [('"7-1"', '"7-1"', 200), ('"7-1"', "7-1", 200), ('"7-1"', '"7-2"', 400), ("*", '"7-2"', 200)],
)
async def test_r12_if_match_and_the_body_agree(
    exchange: Any, kinds: Any, header: str, etag: str, status: int
) -> None:
    answer = await exchange(
        "PATCH", NOTE, json={"title": "x", "etag": etag}, headers={"if-match": header}
    )
    assert answer.status_code == status
    if status == 200:
        assert kinds("UpdateNoteRequest").FromString(exchange.request).note.etag == etag


@pytest.mark.parametrize(
    ("verb", "target", "header", "status"),
    [
        ("DELETE", NOTE, 'W/"7-1"', 412),  # never matches: RFC 9110, 13.1.1
        ("DELETE", NOTE, b'"\xff"', 412),  # no string of a message holds that
        ("PATCH", NOTE, b'"\xff"', 412),
        ("DELETE", NOTE, '"7-1", "7-2"', 400),
        ("DELETE", NOTE, "7-1", 400),
        ("DELETE", NOTE, '"7-1', 400),
        ("DELETE", NOTE, "", 400),
        ("PUT", f"{NOTE}:move", '"7-1"', 412),  # it takes no etag
        ("POST", "/v1/notes", '"7-1"', 412),  # nor does a collection
        ("POST", f"{NOTE}:stamp", '"7-1"', 412),
    ],
)
async def test_r12_what_cannot_be_kept_is_refused_before_the_call(
    exchange: Any, verb: str, target: str, header: str | bytes, status: int
) -> None:
    content = {"DELETE": b"", "PATCH": b'{"title":"x"}'}.get(verb, b"{}")
    answer = await exchange(verb, target, content=content, headers={"if-match": header})
    assert (answer.status_code, exchange.caller.asked) == (status, [])


async def test_r12_any_etag_needs_no_field(exchange: Any) -> None:
    for target in (f"{NOTE}:move", f"{NOTE}:stamp"):
        verb = "PUT" if "move" in target else "POST"
        answer = await exchange(verb, target, content=b"{}", headers={"if-match": "*"})
        assert answer.status_code == 200


async def test_r12_if_none_match_is_for_reads(exchange: Any) -> None:
    for verb in ("PUT", "PATCH", "DELETE"):
        content = b"" if verb == "DELETE" else b'{"title":"x"}'
        answer = await exchange(verb, NOTE, content=content, headers={"if-none-match": "*"})
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_ARGUMENT")
    assert exchange.caller.asked == []


async def test_r11_a_mask_of_the_answer_is_none_of_the_change(exchange: Any, kinds: Any) -> None:
    await exchange("PATCH", NOTE, content=b'{"title":"x"}')
    request = kinds("UpdateNoteRequest").FromString(exchange.request)
    assert list(request.update_mask.paths) == ["title"]
    assert list(request.read_mask.paths) == []
