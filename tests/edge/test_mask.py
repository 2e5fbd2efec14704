import json
from collections.abc import Callable
from typing import Any

import pytest

NAME = "/v1/shelves/1/things/2"
REQUEST = "probe.v1.UpdateThingRequest"


@pytest.fixture
def edit(rest: Callable[..., Any], probe_oracle: Any) -> Callable[..., Any]:
    exchange = rest()
    exchange.caller.answers["UpdateThing"] = b""

    async def send(verb: str, target: str, body: object) -> Any:
        """The mask that the upstream got, as its proto paths, and the status."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await exchange(verb, target, content=content)
        if answer.status_code != 200:
            return answer.json()["code"]
        request = probe_oracle.kind(REQUEST).FromString(exchange.request)
        assert request.thing.name == "shelves/1/things/2"
        return list(request.update_mask.paths)

    return send


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"title": "x"}, ["title"]),
        ({"title": None}, ["title"]),
        ({"title": "x", "weight": None, "tags": []}, ["title", "weight", "tags"]),
        (
            {"place": {"room": "a", "inside": {"number": "4"}}},
            ["place.room", "place.inside.number"],
        ),
        ({"place": {}}, ["place"]),
        ({"place": None}, ["place"]),
        ({"counts": {"a": 1, "b": 2}}, ["counts"]),
        ({"seen": "2026-01-01T00:00:00Z"}, ["seen"]),
        ({"line1": "x"}, ["line_1"]),
        ({"line_1": "x"}, ["line_1"]),
        ({"name": "other", "title": "x"}, ["title"]),
        ({"title": "x", "etag": "e", "made": "2026-01-01T00:00:00Z"}, ["title"]),
    ],
)
async def test_r11_the_mask_is_the_leaves_of_the_body(
    edit: Callable[..., Any], body: object, paths: list[str]
) -> None:
    assert await edit("PATCH", NAME, body) == paths


@pytest.mark.parametrize("body", [b"", {}, {"etag": "e"}, {"name": "x"}])
async def test_r11_a_body_that_changes_nothing_is_invalid(
    edit: Callable[..., Any], body: object
) -> None:
    assert await edit("PATCH", NAME, body) == "INVALID_ARGUMENT"


@pytest.mark.parametrize(("name", "told"), [("titel", "titel"), ("\\ud800", "?")])
async def test_r14_a_body_of_unknown_fields_alone_names_them(
    rest: Callable[..., Any], name: str, told: str
) -> None:
    answer = await rest()("PATCH", NAME, content=f'{{"{name}":"x","etag":"e"}}'.encode())
    body = answer.json()
    assert (answer.status_code, body["reason"]) == (400, "EMPTY_UPDATE")
    violations = next(d for d in body["details"] if "fieldViolations" in d)["fieldViolations"]
    assert [violation["field"] for violation in violations] == [told]


@pytest.mark.parametrize("name", ["updateMask", "update_mask"])
async def test_r11_an_explicit_mask_wins(edit: Callable[..., Any], name: str) -> None:
    asked = await edit("PATCH", f"{NAME}?{name}=title,place.room", {"weight": 3})
    assert asked == ["title", "place.room"]
    assert await edit("PUT", f"{NAME}?{name}=title", {"weight": 3}) == ["title"]


async def test_r11_null_clears(edit: Callable[..., Any], rest: Any, probe_oracle: Any) -> None:
    exchange = rest()
    exchange.caller.answers["UpdateThing"] = b""
    await exchange("PATCH", NAME, content=b'{"weight":null,"title":"x"}')
    request = probe_oracle.kind(REQUEST).FromString(exchange.request)
    assert not request.thing.HasField("weight")
    assert list(request.update_mask.paths) == ["weight", "title"]


async def test_r11_a_whole_body_holds_the_resource_and_perhaps_the_mask(
    edit: Callable[..., Any],
) -> None:
    assert await edit("PATCH", f"{NAME}:edit", {"thing": {"title": "x"}}) == ["title"]
    explicit = {"thing": {"title": "x"}, "updateMask": "tags"}
    assert await edit("PATCH", f"{NAME}:edit", explicit) == ["tags"]
    explicit = {"thing": {"title": "x"}, "update_mask": "tags"}
    assert await edit("PATCH", f"{NAME}:edit", explicit) == ["tags"]


async def test_put_replaces_the_whole(edit: Callable[..., Any]) -> None:
    assert await edit("PUT", NAME, {"title": "x"}) == ["*"]
    assert await edit("PUT", NAME, {}) == ["*"]
