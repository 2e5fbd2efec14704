"""Which origins may call the edge, over every face."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from edge.app import Edge, create_app
from edge.config import EdgeSettings

SHOP, OTHER = "https://shop.example", "https://other.example"
THING = "/v1/shelves/1/things/2"
Ask = Callable[..., Awaitable[httpx.Response]]
MakeApp = Callable[..., Edge]


@pytest.fixture
def app(probe: Any, caller: Any) -> MakeApp:
    caller.answers |= {"GetThing": b""}
    return lambda **settings: create_app(probe, caller, EdgeSettings(**settings))


def said(answer: httpx.Response) -> dict[str, str]:
    prefix = "access-control-"
    return {k.removeprefix(prefix): v for k, v in answer.headers.items() if k.startswith(prefix)}


async def everywhere(ask: Ask, app: Edge, origin: str) -> list[httpx.Response]:
    """Answers of each face, and a refusal of each."""
    headers = {"origin": origin}
    post = {"json": {"query": "{ __typename }"}, "headers": headers}
    return [
        await ask(app, "GET", THING, headers=headers),
        await ask(app, "GET", "/v1/nothing", headers=headers),
        await ask(app, "POST", "/graphql", **post),
        await ask(app, "POST", "/graphql", content=b"", headers=headers),
        await ask(app, "GET", "/openapi.json", headers=headers),
    ]


async def test_bar_42_without_a_list_no_origin_gets_cors(app: MakeApp, ask: Ask) -> None:
    made = app()
    for answer in await everywhere(ask, made, SHOP):
        assert said(answer) == {}
    headers = {"origin": SHOP, "access-control-request-method": "POST"}
    for path in ("/graphql", THING):
        assert said(await ask(made, "OPTIONS", path, headers=headers)) == {}


async def test_bar_42_only_listed_origins_get_cors(app: MakeApp, ask: Ask) -> None:
    made = app(cors_origins=f"{SHOP}, https://pages.example:8443")
    for answer in await everywhere(ask, made, SHOP):
        found = said(answer)
        assert (found["allow-origin"], found["allow-credentials"]) == (SHOP, "true")
        assert {"etag", "link", "x-request-id"} <= set(found["expose-headers"].split(", "))
        assert "origin" in answer.headers["vary"].lower()
    for origin in (OTHER, "null", SHOP.upper(), f"{SHOP}.evil.example", "http://shop.example"):
        for answer in await everywhere(ask, made, origin):
            assert "allow-origin" not in said(answer)
            assert "origin" in answer.headers["vary"].lower()


async def test_bar_42_a_preflight_is_answered_for_listed_origins(app: MakeApp, ask: Ask) -> None:
    made = app(cors_origins=SHOP, forward_headers="x-tenant")
    asked = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-selvedge-csrf,x-tenant,if-match",
    }
    for path in ("/graphql", THING):
        answer = await ask(made, "OPTIONS", path, headers={"origin": SHOP, **asked})
        assert (answer.status_code, said(answer)["allow-origin"]) == (200, SHOP)
        assert "X-Selvedge-CSRF".lower() in said(answer)["allow-headers"]
        refused = await ask(made, "OPTIONS", path, headers={"origin": OTHER, **asked})
        assert (refused.status_code, "allow-origin" in said(refused)) == (400, False)
        assert refused.headers["content-type"] == "application/problem+json"
        assert "origin" in refused.headers["vary"].lower()
        assert (refused.json()["instance"], len(refused.json()["traceId"])) == (path, 32)
        more = {**asked, "access-control-request-headers": "x-unknown", "origin": SHOP}
        assert (await ask(made, "OPTIONS", path, headers=more)).status_code == 400


async def test_bar_42_all_origins_never_get_credentials(app: MakeApp, ask: Ask) -> None:
    made = app(cors_origins="*")
    for origin in (SHOP, OTHER):
        headers = {"origin": origin, "cookie": "a=b"}
        for answer in await everywhere(ask, made, origin):
            assert said(answer)["allow-origin"] == "*"
            assert "allow-credentials" not in said(answer)
        answer = await ask(made, "GET", THING, headers=headers)
        assert "allow-credentials" not in said(answer)


@pytest.mark.parametrize(
    "origins", [f"*,{SHOP}", "shop.example", f"{SHOP}/", "https://*.example", "null", "file://"]
)
def test_bar_42_what_is_no_exact_origin_stops_the_start(origins: str) -> None:
    with pytest.raises(ValidationError):
        EdgeSettings(cors_origins=origins)
