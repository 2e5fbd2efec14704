import json
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import field_mask_pb2, json_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NOTE = "/v1/notes/1"
ADA, BOB = {"fullName": "Ada", "mail": "a@x"}, {"fullName": "Bob", "mail": "b@x"}


@pytest.fixture
def ask(desk: Callable[..., Any], note: Any, kinds: Callable[[str], Any]) -> Callable[..., Any]:
    exchange = desk(rest_defaults="omit")
    exchange.caller.answers["GetNote"] = note.SerializeToString()
    page = kinds("ListNotesResponse")(notes=[note], next_page_token="t")
    exchange.caller.answers["ListNotes"] = page.SerializeToString()
    exchange.caller.answers["FindNotes"] = page.SerializeToString()
    exchange.caller.answers["UpdateNote"] = note.SerializeToString()

    async def send(target: str, verb: str = "GET") -> Any:
        content = b'{"title":"x"}' if verb != "GET" else b""
        answer = await exchange(verb, target, content=content)
        asked = exchange.request if exchange.caller.asked else b""
        return answer.status_code, answer.json(), asked

    return send


@pytest.mark.parametrize(
    ("fields", "left", "mask"),
    [
        ("title", {"title": "Milk"}, ["title"]),
        ("title,lineTwo", {"title": "Milk", "lineTwo": "2"}, ["title", "line_two"]),
        ("line_two", {"lineTwo": "2"}, ["line_two"]),
        ("author.fullName", {"author": {"fullName": "Ada"}}, ["author.full_name"]),
        ("author.full_name,author", {"author": ADA}, ["author.full_name", "author"]),
        ("author.*", {"author": ADA}, ["author"]),
        ("comments.text", {"comments": [{"text": "yes"}, {"text": "no"}]}, ["comments"]),
        ("comments.*.text", {"comments": [{"text": "yes"}, {"text": "no"}]}, ["comments"]),
        (
            "comments.author.fullName",
            {"comments": [{"author": {"fullName": "Bob"}}, {}]},
            ["comments"],
        ),
        ("labels.color", {"labels": {"color": "red"}}, ["labels"]),
        ("labels.*", {"labels": {"color": "red", "size": "s"}}, ["labels"]),
        ("readers.b.mail", {"readers": {"b": {"mail": "b@x"}}}, ["readers"]),
        (
            "readers.*.fullName,readers.b.mail",
            {"readers": {"b": BOB, "c": {"fullName": "Cy"}}},
            ["readers"],
        ),
        ("labels.nope", {"labels": {}}, ["labels"]),
        ("createTime", {}, ["create_time"]),
        ("extra", {}, ["extra"]),
        ("title%2Cline_two", {"title": "Milk", "lineTwo": "2"}, ["title", "line_two"]),
        ("title&fields=lineTwo", {"title": "Milk", "lineTwo": "2"}, ["title", "line_two"]),
    ],
)
async def test_r10_paths_are_the_mask_and_what_is_left(
    ask: Callable[..., Any], kinds: Callable[[str], Any], fields: str, left: Any, mask: list[str]
) -> None:
    status, body, asked = await ask(f"{NOTE}?fields={fields}")
    assert (status, body) == (200, left)
    request = kinds("GetNoteRequest").FromString(asked)
    assert (request.name, list(request.read_mask.paths)) == ("notes/1", mask)


PATHS = ("name", "title", "author", "author.full_name", "author.mail", "comments", "labels",
         "readers", "create_time", "line_two", "etag")  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.sampled_from(PATHS), min_size=1), st.booleans())
async def test_r10_what_is_left_is_what_a_field_mask_copies(
    ask: Callable[..., Any], note: Any, kinds: Callable[[str], Any], paths: set[str], camel: bool
) -> None:
    wanted = kinds("Note")()
    field_mask_pb2.FieldMask(paths=paths).MergeMessage(note, wanted)
    mask = field_mask_pb2.FieldMask(paths=sorted(paths))
    fields = mask.ToJsonString() if camel else ",".join(mask.paths)
    _, body, asked = await ask(f"{NOTE}?fields={fields}")
    assert body == json_format.MessageToDict(wanted)
    assert list(kinds("GetNoteRequest").FromString(asked).read_mask.paths) == list(mask.paths)


async def test_r10_all_is_all(ask: Callable[..., Any], kinds: Callable[[str], Any]) -> None:
    _, whole, _ = await ask(NOTE)
    _, body, asked = await ask(f"{NOTE}?fields=*,title")
    assert body == whole
    assert list(kinds("GetNoteRequest").FromString(asked).read_mask.paths) == ["*"]


@pytest.mark.parametrize(
    ("fields", "left", "mask"),
    [
        (
            "notes.title,nextPageToken",
            {"notes": [{"title": "Milk"}], "nextPageToken": "t"},
            ["title"],
        ),
        ("notes.*.title", {"notes": [{"title": "Milk"}]}, ["title"]),
        ("next_page_token", {"nextPageToken": "t"}, []),
        (
            "notes.comments.text,notes.author.mail",
            {"notes": [{"comments": [{"text": "yes"}, {"text": "no"}], "author": {"mail": "a@x"}}]},
            ["comments", "author.mail"],
        ),
    ],
)  # fmt: skip
async def test_r10_inside_the_items_of_a_page(
    ask: Callable[..., Any], kinds: Callable[[str], Any], fields: str, left: Any, mask: list[str]
) -> None:
    status, body, asked = await ask(f"/v1/notes?page_size=1&fields={fields}")
    assert (status, body) == (200, left)
    request = kinds("ListNotesRequest").FromString(asked)
    assert (request.page_size, list(request.read_mask.paths)) == (1, mask)


async def test_r10_paths_begin_at_the_body_of_the_answer(ask: Callable[..., Any]) -> None:
    assert await ask("/v1/notes:bare?fields=title") == (
        200,
        [{"title": "Milk"}],
        b"\x22\x07\x0a\x05title",
    )
    assert (await ask("/v1/notes:bare?fields=*.title"))[:2] == (200, [{"title": "Milk"}])


@pytest.mark.parametrize(
    "fields",
    ["nope", "title.nope", "author.nope", "comments.nope", "notes.title", "", "title,", "*.title",
     "createTime.seconds", "extra.a", "readers.b.nope", ".", "labels.color.x", "author..mail"],
)  # fmt: skip
async def test_r10_a_path_that_leads_nowhere_is_invalid(
    ask: Callable[..., Any], fields: str
) -> None:
    status, body, asked = await ask(f"{NOTE}?fields={fields}")
    assert (status, body["code"], asked) == (400, "INVALID_ARGUMENT", b"")
    violations = next(d for d in body["details"] if "fieldViolations" in d)["fieldViolations"]
    assert violations[0]["field"] == "fields"


async def test_r10_paths_are_bounded(ask: Callable[..., Any]) -> None:
    assert (await ask(f"{NOTE}?fields={','.join(['title'] * 100)}"))[0] == 200
    assert (await ask(f"{NOTE}?fields={','.join(['title'] * 101)}"))[0] == 400
    assert (await ask(f"{NOTE}?fields={'.'.join(['labels'] * 17)}"))[0] == 400


async def test_r10_a_field_of_that_name_stays_a_field(
    ask: Callable[..., Any], kinds: Callable[[str], Any]
) -> None:
    status, body, asked = await ask("/v1/notes:find?fields=nope")
    assert (status, body["nextPageToken"]) == (200, "t")
    assert kinds("FindNotesRequest").FromString(asked).fields == "nope"


@pytest.mark.parametrize("name", ["read_mask", "readMask"])
async def test_r10_an_explicit_mask_is_a_plain_field(
    ask: Callable[..., Any], kinds: Callable[[str], Any], name: str
) -> None:
    _, body, asked = await ask(f"{NOTE}?{name}=title,author.mail")
    assert "labels" in body
    paths = list(kinds("GetNoteRequest").FromString(asked).read_mask.paths)
    assert paths == ["title", "author.mail"]
    _, body, asked = await ask(f"{NOTE}?{name}=title&fields=lineTwo")
    assert body == {"lineTwo": "2"}
    assert list(kinds("GetNoteRequest").FromString(asked).read_mask.paths) == ["title"]


async def test_r10_is_for_reads(ask: Callable[..., Any]) -> None:
    status, body, _ = await ask(f"{NOTE}?fields=title", "PATCH")
    assert (status, body["code"]) == (400, "INVALID_ARGUMENT")


async def test_r10_the_answers_of_a_stream_are_pruned(
    desk: Callable[..., Any], note: Any, kinds: Callable[[str], Any]
) -> None:
    exchange = desk()
    answer = kinds("WatchNotesResponse")(note=note, resume_token="t").SerializeToString()
    exchange.caller.answers["WatchNotes"] = [answer, answer]
    got = await exchange("GET", "/v1/notes:watch?fields=note.title")
    assert [json.loads(line) for line in got.text.splitlines()] == [
        {"result": {"note": {"title": "Milk"}}}
    ] * 2
