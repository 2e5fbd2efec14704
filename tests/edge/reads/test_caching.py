"""Answers are kept as their policy allows: not longer, never across identities, and told so."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.call import RequestContext
from edge.contracts.model import Contracts, Method
from edge.reads.caching import CachingCaller
from edge.reads.kept import ENTRY_BYTES, Kept, MemoryStore
from mesh.errors import DeadlineExceeded, MeshError, NotFound, Unavailable
from shop.catalog.v1 import catalog_pb2 as catalog
from tests.edge.reads.owner import Owner, context, turns

CATALOG = "/shop.catalog.v1.CatalogService/"
MAX_AGE, STALE = 10.0, 20.0
ROOM = 10_000


@dataclass
class Edge:
    """The caller under test, with a clock that a test sets; products are public, lists are not."""

    shop: Contracts
    owner: Owner = field(default_factory=Owner)
    now: float = 1000.0
    room: int = ROOM

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.room)
        self.methods = {
            "GetProduct": self._method("GetProduct", stale_if_error_seconds=STALE),
            "ListProducts": self._method("ListProducts", public=False),
            "DeleteProduct": self._method("DeleteProduct"),
        }
        reads = {f"{CATALOG}GetProduct", f"{CATALOG}ListProducts"}
        self.caller = CachingCaller(self.owner, self.store, reads, lambda: self.now)

    def _method(self, name: str, **facts: Any) -> Method:
        method = self.shop.method(CATALOG + name)
        assert method
        kept = replace(method.facts, cache_max_age_seconds=MAX_AGE, **facts)
        return replace(method, facts=kept)

    def ask(
        self, request: str, who: str = "", method: str = "GetProduct", **more: Any
    ) -> tuple["asyncio.Task[bytes]", RequestContext]:
        asker = context(who, **more)
        data = catalog.GetProductRequest(name=request).SerializeToString()
        task = asyncio.ensure_future(self.caller.unary(self.methods[method], data, asker))
        return task, asker

    async def get(self, request: str = "products/p1", who: str = "", **more: Any) -> RequestContext:
        """Asks and lets everything end; returns the context with its notes."""
        task, asker = self.ask(request, who, **more)
        await self.finish()
        self.answer = await task
        return asker

    async def finish(self) -> None:
        await turns()
        while self.owner.pending:
            self.owner.release()
            await turns()


@pytest.fixture
def edge(shop: Contracts) -> Callable[..., Edge]:
    return lambda *manners, **more: Edge(shop, Owner(frozenset(manners)), **more)


async def test_r22_an_answer_is_shared_for_its_time_and_no_longer(edge):
    at = edge()
    first = await at.get()
    assert (first.notes.max_age_seconds, first.notes.age_seconds) == (MAX_AGE, 0)
    at.now += MAX_AGE - 1
    at.owner.version = 1
    later = await at.get()
    assert (later.notes.max_age_seconds, later.notes.age_seconds) == (MAX_AGE, MAX_AGE - 1)
    assert len(at.owner.log) == 1
    at.now += 1
    assert (await at.get()).notes.age_seconds == 0
    assert catalog.Product.FromString(at.answer).weight_grams == 1


async def test_the_age_counts_from_the_beginning_of_the_call(edge):
    at = edge()
    task, _ = at.ask("products/p1")
    await turns()
    at.now += 4
    await at.finish()
    await task
    assert (await at.get()).notes.age_seconds == 4


async def test_identities_share_nothing(edge):
    at = edge()
    for who in ("", "ann", "bob"):
        asker = await at.get(who=who)
        assert catalog.Product.FromString(at.answer).title == who
        assert asker.notes.shared == (who == "")
    assert len(at.owner.log) == 3
    assert not (await at.get(method="ListProducts")).notes.shared


async def test_other_requests_and_writes_are_not_answered_from_it(edge):
    at = edge()
    await at.get("products/p1")
    await at.get("products/p2")
    for _ in range(2):
        asker = await at.get("products/p1", method="DeleteProduct")
        assert asker.notes.max_age_seconds == 0
    assert at.owner.counts == {"GetProduct": 2, "DeleteProduct": 2}


async def test_methods_of_one_path_and_two_owners_share_nothing(edge):
    at = edge()
    await at.get()
    at.methods["GetProduct"] = replace(at.methods["GetProduct"], served_by="other.Service")
    await at.get()
    assert len(at.owner.log) == 2


async def test_no_cache_asks_the_owner_and_keeps_what_it_says(edge):
    at = edge()
    await at.get()
    at.now, at.owner.version = at.now + 1, 1
    await at.get(no_cache=True)
    assert catalog.Product.FromString(at.answer).weight_grams == 1
    await at.get()
    assert catalog.Product.FromString(at.answer).weight_grams == 1
    assert len(at.owner.log) == 2


async def test_errors_are_not_kept(edge):
    at = edge()
    for _ in range(2):
        with pytest.raises(NotFound):
            await at.get("products/gone")
    assert len(at.owner.log) == 2


async def test_one_call_serves_all_who_miss(edge):
    at = edge()
    asked = [at.ask("products/p1")[0] for _ in range(20)]
    await at.finish()
    assert len({await one for one in asked}) == 1
    assert len(at.owner.log) == 1


async def test_whoever_waits_outlives_the_one_that_asked(edge):
    at = edge()
    first, second = at.ask("products/p1")[0], at.ask("products/p1")[0]
    await turns()
    first.cancel()
    await turns()
    assert at.owner.log[0].cancelled and len(at.owner.pending) == 1
    await at.finish()
    assert await second


async def test_whoever_waits_keeps_to_their_own_deadline(edge):
    at = edge()
    first, second = at.ask("products/p1")[0], at.ask("products/p1", seconds=0)[0]
    with pytest.raises(DeadlineExceeded):
        await second
    assert not first.done()
    await at.finish()
    await first


async def test_all_who_wait_hear_the_error(edge):
    at = edge("down")
    asked = [at.ask("products/p1")[0] for _ in range(5)]
    await at.finish()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    assert len(at.owner.log) == 1


async def test_an_old_answer_stands_in_while_policy_bears_it(edge):
    at = edge()
    await at.get()
    at.owner.manners = frozenset({"down"})
    at.now += MAX_AGE + STALE - 1
    asker = await at.get()
    assert asker.notes.stale and asker.notes.age_seconds == MAX_AGE + STALE - 1
    at.now += 1
    with pytest.raises(Unavailable):
        await at.get()
    with pytest.raises(Unavailable):
        await at.get(no_cache=True)


async def test_an_old_answer_stands_in_for_an_outage_alone(edge):
    at = edge()
    await at.get()
    await at.get(method="ListProducts")
    at.now += MAX_AGE
    at.owner.manners = frozenset({"down"})
    with pytest.raises(Unavailable):  # whose policy bears nothing
        await at.get(method="ListProducts")
    at.owner.outcome = lambda *_: NotFound("deleted")  # type: ignore[method-assign]  # a fake's own
    with pytest.raises(NotFound):
        await at.get()


async def test_what_was_not_used_for_longest_goes_first():
    store = MemoryStore(3 * (ENTRY_BYTES + 10))
    for key in (b"a", b"b", b"c"):
        await store.put(key, Kept(bytes(10), 0), 1)
    await store.get(b"a")
    await store.put(b"d", Kept(bytes(10), 0), 1)
    kept = {key: await store.get(key) is not None for key in (b"a", b"b", b"c", b"d")}
    assert kept == {b"a": True, b"b": False, b"c": True, b"d": True}
    await store.put(b"e", Kept(bytes(4 * ENTRY_BYTES), 0), 1)
    assert await store.get(b"e") is None and await store.get(b"d")


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.binary(max_size=2), st.integers(0, 400)), max_size=40),
    st.integers(0, 2000),
)
def test_memory_stays_within_its_bound(puts, room):
    async def play() -> None:
        store = MemoryStore(room)
        for key, size in puts:
            await store.put(key, Kept(bytes(size), 0), 1)
            kept = [await store.get(key) for key in {key for key, _ in puts}]
            assert sum(ENTRY_BYTES + len(one.answer) for one in kept if one) <= room

    asyncio.run(play())


steps = st.lists(
    st.tuples(
        st.sampled_from(["ask", "ask", "write", "down", "up", "wait", "release", "cancel"]),
        st.sampled_from(["products/p1", "products/gone"]),
        st.sampled_from(["", "ann"]),
        st.integers(0, 12),
        st.booleans(),
    ),
    max_size=30,
)


@pytest.mark.slow
@given(steps, st.sampled_from([0, 700, ROOM]))
@settings(max_examples=150, deadline=None)
def test_no_story_shows_more_than_policy_allows(shop, steps, room):
    asyncio.run(_play(Edge(shop, room=room), steps))


async def _play(at: Edge, steps: list[tuple[str, str, str, int, bool]]) -> None:
    """The version is the time: so each answer says itself when it was true."""
    asked = []
    for kind, name, who, number, no_cache in steps:
        at.owner.version = int(at.now)
        match kind:
            case "ask":
                task, asker = at.ask(name, who, no_cache=no_cache)
                asked.append((task, asker, name, who, at.now))
            case "down" | "up":
                at.owner.manners = frozenset({"down"} if kind == "down" else ())
            case "wait":
                at.now += number
            case "release" if at.owner.pending:
                at.owner.release(number % len(at.owner.pending))
            case "cancel" if asked:
                asked[number % len(asked)][0].cancel()
        await turns(3)
    await at.finish()
    for task, asker, name, who, came in asked:
        outcome = (await asyncio.gather(task, return_exceptions=True))[0]
        _check(outcome, asker, name, who, came)
    assert not at.caller._flights


def _check(outcome: object, asker: RequestContext, name: str, who: str, came: float) -> None:
    if isinstance(outcome, asyncio.CancelledError):
        return
    if isinstance(outcome, MeshError):
        assert isinstance(outcome, Unavailable) or name == "products/gone"
        return
    assert isinstance(outcome, bytes)
    product = catalog.Product.FromString(outcome)
    assert (product.name, product.title) == (name, who)
    bearable = MAX_AGE + STALE if asker.notes.stale else MAX_AGE
    assert came - product.weight_grams < bearable
    assert asker.notes.age_seconds >= came - product.weight_grams
    if asker.no_cache:
        assert product.weight_grams >= came and not asker.notes.stale
