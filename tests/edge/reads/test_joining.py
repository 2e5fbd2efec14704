"""R6: reads of different requests that come together share calls, and nobody can tell."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.call import RequestContext
from edge.contracts.model import Contracts
from edge.reads.batches import ways
from edge.reads.joining import JoiningCaller
from edge.reads.line import Pace
from mesh.errors import DeadlineExceeded, MeshError, NotFound, Unavailable
from shop.catalog.v1 import catalog_pb2 as catalog
from shop.inventory.v1 import inventory_pb2 as inventory
from tests.edge.reads.owner import Owner, context, turns

CATALOG = "/shop.catalog.v1.CatalogService/"
INVENTORY = "/shop.inventory.v1.InventoryService/"
NEVER_SECONDS = 3600.0


class Edge:
    """The caller under test over an owner, asked in the words of the tests."""

    def __init__(
        self, shop: Contracts, *manners: str, wait: float = NEVER_SECONDS, calls: int = 1
    ) -> None:
        self.shop = shop
        self.owner = Owner(frozenset(manners))
        self.caller = JoiningCaller(self.owner, ways(shop), Pace(wait, calls, 100))

    def ask(self, path: str, request: bytes, asked: RequestContext) -> "asyncio.Task[bytes]":
        method = self.shop.method(path)
        assert method
        return asyncio.ensure_future(self.caller.unary(method, request, asked))

    def get(self, name: str, **more: Any) -> "asyncio.Task[bytes]":
        request = catalog.GetProductRequest(name=name).SerializeToString()
        return self.ask(f"{CATALOG}GetProduct", request, context(**more))

    def many(self, *names: str, **more: Any) -> "asyncio.Task[bytes]":
        request = catalog.BatchGetProductsRequest(names=names).SerializeToString()
        return self.ask(f"{CATALOG}BatchGetProducts", request, context(**more))

    def list(self, token: str = "", **more: Any) -> "asyncio.Task[bytes]":
        request = catalog.ListProductsRequest(page_token=token).SerializeToString()
        return self.ask(f"{CATALOG}ListProducts", request, context(**more))

    async def release(self, count: int = 1) -> None:
        for _ in range(count):
            self.owner.release()
            await turns()

    async def finish(self) -> None:
        """Releases calls until there are none."""
        await turns()
        while self.owner.pending:
            await self.release()


@pytest.fixture
def edge(shop: Contracts) -> Callable[..., Edge]:
    return lambda *manners, **more: Edge(shop, *manners, **more)


def names_in(request: bytes) -> list[str]:
    return list(catalog.BatchGetProductsRequest.FromString(request).names)


def titles(answer: bytes) -> list[tuple[str, str]]:
    found = catalog.BatchGetProductsResponse.FromString(answer)
    return [(product.name, product.title) for product in found.products]


async def test_r6_the_first_read_leaves_at_once_and_as_it_was_asked(edge):
    at = edge()
    asked = at.get("products/p1", routing="name=products%2Fp1")
    await asyncio.sleep(0)
    assert [(call.name, call.context.metadata) for call in at.owner.pending] == [
        ("GetProduct", (("x-goog-request-params", "name=products%2Fp1"),))
    ]
    await at.finish()
    assert catalog.Product.FromString(await asked).name == "products/p1"


async def test_r6_those_that_come_meanwhile_form_the_next_batch(edge):
    at = edge()
    first = at.get("products/p0")
    await turns()
    others = [at.get(f"products/p{i % 5}", routing=f"name={i}") for i in range(10)]
    more = at.many("products/p9", "products/p1")
    await turns()
    assert at.owner.counts == {"GetProduct": 1}
    await at.release()
    assert at.owner.counts == {"GetProduct": 1, "BatchGetProducts": 1}
    call = at.owner.pending[0]
    assert names_in(call.request) == [f"products/p{i}" for i in (0, 1, 2, 3, 4, 9)]
    assert call.context.metadata == ()
    await at.finish()
    for index, asked in enumerate([first, *others]):
        wanted = f"products/p{(index - 1) % 5 if index else 0}"
        assert catalog.Product.FromString(await asked).name == wanted
    assert [name for name, _ in titles(await more)] == ["products/p9", "products/p1"]
    assert sum(at.owner.counts.values()) == 2


async def test_r6_no_read_is_answered_by_a_call_that_began_before_it(edge):
    at = edge()
    before = at.get("products/p1"), at.list()
    await turns()
    at.owner.version = 1  # somebody writes, and reads what was written
    after = at.get("products/p1"), at.list()
    await at.finish()
    assert catalog.Product.FromString(await before[0]).weight_grams == 0
    assert catalog.Product.FromString(await after[0]).weight_grams == 1
    assert (await before[1]).endswith(b"0/") and (await after[1]).endswith(b"1/")


async def test_r6_equal_reads_share_the_next_call(edge):
    at = edge()
    asked = [at.list(), *(at.list() for _ in range(5)), at.list("t")]
    await at.finish()
    assert at.owner.counts == {"ListProducts": 3}
    assert len({await one for one in asked[1:6]}) == 1
    assert await asked[6] != await asked[1]


async def test_r6_writes_never_share(edge, shop):
    at = edge()
    request = catalog.DeleteProductRequest(name="products/p1").SerializeToString()
    asked = [at.ask(f"{CATALOG}DeleteProduct", request, context()) for _ in range(3)]
    await turns()
    assert at.owner.counts == {"DeleteProduct": 3}
    await at.finish()
    await asyncio.gather(*asked)


async def test_r6_identities_never_share(edge):
    at = edge()
    asked = {(who, i): at.get("products/p1", who=who) for who in ("ann", "bob", "") for i in (1, 2)}
    asked |= {(who, 3): at.list(who=who) for who in ("ann", "bob", "")}
    await turns()
    assert at.owner.counts == {"GetProduct": 3, "ListProducts": 3}
    await at.finish()
    for (who, index), one in asked.items():
        answer = await one
        said = catalog.Product.FromString(answer).title if index < 3 else answer.decode()[-3:]
        assert said.endswith(who)


async def test_r6_methods_of_one_path_and_two_owners_never_share(edge, shop):
    at = edge()
    own = shop.method(f"{CATALOG}GetProduct")
    request = catalog.GetProductRequest(name="products/p1").SerializeToString()
    mixed = [replace(own, served_by=name) for name in ("one.Service", "other.Service")]
    asked = [
        asyncio.ensure_future(at.caller.unary(method, request, context()))
        for method in (own, *mixed, *mixed)
    ]
    await turns()
    assert at.owner.counts == {"GetProduct": 3}
    await at.finish()
    assert at.owner.counts == {"GetProduct": 5}
    await asyncio.gather(*asked)


async def test_r6_a_batch_list_joins_where_its_other_arguments_are_equal(edge):
    at = edge()

    def ask(size: int, *products: str) -> "asyncio.Task[bytes]":
        request = inventory.BatchListStocksRequest(products=products, page_size=size)
        return at.ask(f"{INVENTORY}BatchListStocks", request.SerializeToString(), context())

    first, one, two = ask(3, "products/a"), ask(3, "products/b"), ask(3, "products/c", "products/b")
    other = ask(4, "products/b")
    await at.finish()
    assert at.owner.counts == {"BatchListStocks": 3}
    read = inventory.BatchListStocksResponse.FromString
    assert [entry.product for entry in read(await one).entries] == ["products/b"]
    assert [entry.product for entry in read(await two).entries] == ["products/c", "products/b"]
    assert read(await other).entries[0].total_size == 4
    await first


async def test_r6_a_read_that_says_more_than_its_key_goes_alone(edge):
    at = edge()
    first = at.get("products/p1")
    await turns()
    unknown = catalog.GetProductRequest(name="products/p2").SerializeToString() + b"\x78\x01"
    asked = at.ask(f"{CATALOG}GetProduct", unknown, context())
    twice, none = at.many("products/p1", "products/p1"), at.many()
    await turns()
    assert at.owner.counts == {"GetProduct": 2, "BatchGetProducts": 2}
    await at.finish()
    await asyncio.gather(first, asked, twice, none)


async def test_r6_a_name_missing_from_the_batch_is_asked_once_by_get(edge):
    at = edge()
    asked = [at.get(name) for name in ("products/p0", "products/p1", "products/gone")]
    asked.append(at.get("products/gone"))
    await at.finish()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [call.name for call in at.owner.log] == ["GetProduct", "BatchGetProducts", "GetProduct"]
    assert str(outcomes[2]) == str(outcomes[3]) == "products/gone does not exist"
    assert isinstance(outcomes[2], NotFound)


async def test_r6_the_others_do_not_wait_for_the_one_that_is_missing(edge):
    at = edge()
    asked = [at.get(name) for name in ("products/p0", "products/p1", "products/gone")]
    await turns()
    await at.release(2)
    assert asked[1].done() and not asked[2].done()
    await at.finish()
    with pytest.raises(NotFound):
        await asked[2]


async def test_r6_the_culprit_that_an_error_names_is_asked_alone(edge):
    at = edge("naming")
    asked = [at.get(f"products/{name}") for name in ("p0", "p1", "bad", "p2", "p3")]
    await at.finish()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert [call.name for call in at.owner.log[2:]] == ["GetProduct", "BatchGetProducts"]
    assert [violation.field for violation in outcomes[2].violations] == ["name"]
    assert sum(isinstance(outcome, bytes) for outcome in outcomes) == 4


async def test_r6_a_dead_owner_is_asked_no_more_often_than_there_are_batches(edge):
    at = edge("down")
    asked = [at.get(f"products/p{i}") for i in range(50)]
    await at.finish()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    assert at.owner.counts == {"GetProduct": 1, "BatchGetProducts": 1}


async def test_r6_an_owner_without_the_batch_is_not_asked_for_it_again(edge):
    at = edge("old")
    for _ in range(2):
        asked = [at.get(f"products/p{i}") for i in range(5)]
        await at.finish()
        await asyncio.gather(*asked)
    assert at.owner.counts == {"GetProduct": 10, "BatchGetProducts": 1}


async def test_r6_a_batch_holds_a_hundred_keys_and_leaves_when_it_is_full(edge):
    at = edge()
    asked = [at.get(f"products/p{i}") for i in range(1 + 250)]
    await turns()
    assert [len(names_in(call.request)) for call in at.owner.pending[1:]] == [100, 100]
    await at.finish()
    await asyncio.gather(*asked)
    assert at.owner.counts == {"GetProduct": 1, "BatchGetProducts": 3}


async def test_r6_a_frozen_call_holds_nobody_back(edge):
    at = edge(wait=0.0)
    frozen = at.get("products/p0")
    await turns()
    asked = [at.get("products/p1"), at.get("products/p2")]
    await turns()
    assert at.owner.counts == {"GetProduct": 1, "BatchGetProducts": 1}
    at.owner.release(1)
    await asyncio.gather(*asked)
    assert not frozen.done()
    await at.finish()
    await frozen


async def test_r6_a_read_that_is_given_up_takes_nobody_along(edge):
    at = edge()
    first = at.get("products/p0")
    await turns()
    waiting, one, two = (at.get(f"products/p{i}") for i in (1, 2, 3))
    await turns()
    waiting.cancel()
    first.cancel()  # the next batch leaves when the call ends, however it ends
    await turns()
    assert at.owner.log[0].cancelled
    assert names_in(at.owner.pending[0].request) == ["products/p2", "products/p3"]
    one.cancel()
    await turns()
    assert len(at.owner.pending) == 1
    await at.finish()
    assert catalog.Product.FromString(await two).name == "products/p3"


async def test_r6_a_call_that_nobody_waits_for_is_cancelled(edge):
    at = edge()
    first = at.get("products/p0")
    await turns()
    asked = [at.get("products/p1"), at.get("products/p2")]
    await at.release()
    for one in asked:
        one.cancel()
    await turns()
    assert at.owner.log[1].cancelled and not at.owner.pending
    again = at.get("products/p1")
    await turns()
    assert at.owner.pending[0].name == "GetProduct"  # and the line is free again
    await at.finish()
    await asyncio.gather(first, again)


async def test_r6_a_group_given_up_as_it_leaves_makes_no_call(edge):
    at = edge()
    first = at.get("products/p0")
    await turns()
    asked = [at.get("products/p1"), at.get("products/p2")]
    await turns()
    at.owner.release()
    for one in asked:
        one.cancel()
    await turns()
    assert len(at.owner.log) == 1 and not at.caller._lines
    await first


async def test_r6_a_thing_known_by_another_name_is_found(edge):
    at = edge()
    first = at.get("products/p0")
    await turns()
    asked = [at.get("products/alias1"), at.many("products/alias2", "products/p3"), at.many("x/p4")]
    await at.finish()
    assert catalog.Product.FromString(await asked[0]).name == "products/p1"
    assert [name for name, _ in titles(await asked[1])] == ["products/p2", "products/p3"]
    assert [name for name, _ in titles(await asked[2])] == ["x/p4"]
    await first


async def test_r6_each_read_keeps_its_own_deadline(edge):
    at = edge()
    first = at.get("products/p0")
    await turns()
    late, soon = at.get("products/p1", seconds=50), at.get("products/p2", seconds=0)
    with pytest.raises(DeadlineExceeded):
        await soon
    await at.release()
    assert at.owner.pending[0].name == "GetProduct"  # one is left
    await at.finish()
    await asyncio.gather(first, late)


async def test_r6_the_deadline_of_a_batch_is_the_latest(edge):
    at = edge()
    asked = [at.get(f"products/p{i}", seconds=10 * i + 10) for i in range(3)]
    await turns()
    await at.release()
    assert 29 < at.owner.pending[0].context.deadline.remaining() <= 30
    await at.finish()
    await asyncio.gather(*asked)


MANNERS = ("atomic", "naming", "shuffled", "old", "garbage", "down")
PRODUCTS = [f"products/{name}" for name in ("p1", "p2", "p3", "gone", "bad", "alias1")]

reads = st.tuples(
    st.sampled_from(["get", "many", "list"]),
    st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=4),
    st.sampled_from(["", "ann"]),
)
steps = st.lists(
    st.one_of(
        reads,
        st.tuples(st.just("release"), st.integers(0, 5)),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
        st.tuples(st.just("write")),
    ),
    max_size=30,
)


@pytest.mark.slow
@given(
    st.sets(st.sampled_from(MANNERS), max_size=3),
    steps,
    st.sampled_from([0.0, NEVER_SECONDS]),
    st.integers(1, 2),
)
@settings(max_examples=150, deadline=None)
def test_r6_everybody_gets_what_a_call_of_its_own_would_have_got(shop, manners, steps, wait, calls):
    asyncio.run(_play(Edge(shop, *manners, wait=wait, calls=calls), steps))


async def _play(at: Edge, steps: Sequence[tuple[Any, ...]]) -> None:
    """Plays a story, then compares each outcome with those of calls of its own since it came."""
    asked: list[tuple[asyncio.Task[bytes], str, bytes, RequestContext, int]] = []
    for kind, *words in steps:
        match kind:
            case "write":
                at.owner.version += 1
            case "release":
                if at.owner.pending:
                    at.owner.release(words[0] % len(at.owner.pending))
            case "cancel":
                if asked:
                    asked[words[0] % len(asked)][0].cancel()
            case _:
                asked.append(_ask(at, kind, *words))
        await turns(3)
    await at.finish()
    for task, name, request, asker, came in asked:
        outcome = (await asyncio.gather(task, return_exceptions=True))[0]
        if not isinstance(outcome, asyncio.CancelledError):
            assert said(outcome) in _possible(at.owner, name, request, asker, came)
    assert not at.caller._lines


def _ask(
    at: Edge, kind: str, names: list[str], who: str
) -> tuple["asyncio.Task[bytes]", str, bytes, RequestContext, int]:
    request, name = {
        "get": (catalog.GetProductRequest(name=names[0]), "GetProduct"),
        "many": (catalog.BatchGetProductsRequest(names=names), "BatchGetProducts"),
        "list": (catalog.ListProductsRequest(page_token=names[0]), "ListProducts"),
    }[kind]
    data, asker = request.SerializeToString(), context(who)
    return at.ask(f"{CATALOG}{name}", data, asker), name, data, asker, at.owner.version


def _possible(
    owner: Owner, name: str, request: bytes, asker: RequestContext, came: int
) -> list[object]:
    """What a lone call could have said from the moment on at which the read came."""
    now, outcomes = owner.version, []
    for owner.version in range(came, now + 1):
        outcomes.append(said(owner.outcome(name, request, asker)))
    return outcomes


def said(outcome: object) -> object:
    """What of an outcome a client can tell; AIP-231 wants the order of the request, which a
    shuffling owner breaks."""
    if isinstance(outcome, MeshError):
        return type(outcome), outcome.message, outcome.violations
    assert isinstance(outcome, bytes)
    if outcome.startswith(b"\x0a"):
        try:
            answer = catalog.BatchGetProductsResponse.FromString(outcome)
        except Exception:
            return outcome
        return sorted(product.SerializeToString() for product in answer.products)
    return outcome
