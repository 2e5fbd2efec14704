from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from edge.contracts.model import Contracts
from mesh.errors import NotFound

NOTE = "/v1/notes/1"
AUTHORIZED = {"authorization": "Bearer x"}


async def test_a_read_is_kept_by_its_caller_and_asked_about(desk: Callable[..., Any]) -> None:
    exchange = desk(forward_headers=("x-tenant",))
    exchange.caller.answers |= {"GetNote": b"", "ListNotes": b""}
    for target in (NOTE, "/v1/notes"):
        answer = await exchange("GET", target)
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["vary"] == "Accept, Accept-Encoding, Authorization, x-tenant"


async def test_writes_and_errors_are_not_kept(desk: Callable[..., Any]) -> None:
    exchange = desk()
    exchange.caller.answers |= {"CreateNote": b"", "GetNote": NotFound("no such note")}
    created = await exchange("POST", "/v1/notes", json={})
    assert (created.status_code, created.headers["cache-control"]) == (200, "no-store")
    for target in (NOTE, "/nowhere"):
        missing = await exchange("GET", target)
        assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-store")


@pytest.fixture
def category(
    shop: Contracts, exchange_of: Callable[..., Any], caller: Any, made_desks: dict[Any, Any]
) -> Any:
    """The shop's handler, made once."""
    method = shop.method("/shop.catalog.v1.CatalogService/ListCategories")
    assert method is not None
    assert method.facts.public
    assert method.facts.cache_max_age_seconds == 30
    made = made_desks.get("shop") or exchange_of(shop, caller, forward_headers=("x-tenant",))
    made_desks["shop"] = made
    made.caller.answers["ListCategories"] = b""
    return made


async def test_r22_policy_says_how_long_an_answer_is_kept(category: Any) -> None:
    answer = await category("GET", "/v1/categories")
    assert answer.headers["cache-control"] == "public, max-age=30"
    told = answer.headers["vary"]
    assert told == "Accept, Accept-Encoding, Authorization, x-tenant"


async def test_r22_policy_says_how_long_a_stale_answer_may_do(
    shop: Contracts, exchange_of: Callable[..., Any], caller: Any
) -> None:
    method = shop.method("/shop.catalog.v1.CatalogService/ListCategories")
    assert method is not None
    facts = replace(method.facts, stale_if_error_seconds=60.0)
    service = shop.services[method.service]
    services = {service.full_name: replace(service, methods=(replace(method, facts=facts),))}
    caller.answers["ListCategories"] = b""
    exchange = exchange_of(replace(shop, services=services), caller)
    told = (await exchange("GET", "/v1/categories")).headers["cache-control"]
    assert told == "public, max-age=30, stale-if-error=60"


async def test_r22_with_authorization_it_is_the_callers_alone(category: Any) -> None:
    answer = await category("GET", "/v1/categories", headers=AUTHORIZED)
    assert answer.headers["cache-control"] == "private, max-age=30"


async def test_r22_an_answer_from_a_cache_says_its_age(
    shop: Contracts, exchange_of: Callable[..., Any], caller: Any
) -> None:
    class Kept(type(caller)):  # type: ignore[misc]  # the class of the fixture
        async def unary(self, method: Any, request: bytes, context: Any) -> bytes:
            context.notes.age_seconds = 3.2
            return b""

    answer = await exchange_of(shop, Kept())("GET", "/v1/categories")
    assert (answer.headers["age"], answer.headers["cache-control"]) == ("4", "public, max-age=30")


@pytest.mark.parametrize(
    ("header", "no_cache"),
    [
        ("no-cache", True),
        ("max-age=0", True),
        ("No-Cache", True),
        ("Max-Age=0", True),
        ("max-age=5", False),
        ("max-age=05", False),
        (None, False),
    ],
)
async def test_a_client_may_ask_past_caches(
    category: Any, header: str | None, no_cache: bool
) -> None:
    headers = {} if header is None else {"cache-control": header}
    await category("GET", "/v1/categories", headers=headers)
    assert category.caller.asked[-1][2].no_cache is no_cache
