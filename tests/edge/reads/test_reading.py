"""The whole order between faces and mesh: what is kept first, then what is shared."""

import asyncio
from dataclasses import replace

from edge.config import EdgeSettings
from edge.reads import reading
from edge.reads.caching import CachingCaller
from edge.reads.joining import JoiningCaller
from shop.catalog.v1 import catalog_pb2 as catalog
from tests.edge.reads.owner import Owner, context, turns

PATH = "/shop.catalog.v1.CatalogService/GetProduct"


async def ask(owner, caller, method, count: int) -> None:
    """Asks for one product by `count` clients at once, and lets everything end."""
    request = catalog.GetProductRequest(name="products/p1").SerializeToString()
    asked = [asyncio.ensure_future(caller.unary(method, request, context())) for _ in range(count)]
    await turns()
    while owner.pending:
        owner.release()
        await turns()
    await asyncio.gather(*asked)


def test_the_order_is_kept_first_then_shared(shop):
    owner = Owner()
    caller = reading(owner, shop, EdgeSettings())
    assert isinstance(caller, CachingCaller) and isinstance(caller._caller, JoiningCaller)
    assert caller.serves("anybody") and caller._caller._caller is owner


async def test_reads_share_unless_the_setting_says_no(shop):
    method = shop.method(PATH)
    for batch_reads, calls in ((True, 2), (False, 5)):
        owner = Owner()
        caller = reading(owner, shop, EdgeSettings(batch_reads=batch_reads))
        await ask(owner, caller, method, 5)
        assert len(owner.log) == calls


async def test_without_a_policy_nothing_is_kept_and_with_one_it_is_unless_there_is_no_room(shop):
    method = shop.method(PATH)
    kept = replace(method, facts=replace(method.facts, cache_max_age_seconds=60.0))
    for asked, room, calls in ((method, 1000, 2), (kept, 1000, 1), (kept, 0, 2)):
        owner = Owner()
        caller = reading(owner, shop, EdgeSettings(cache_bytes_max=room))
        for _ in range(2):
            await ask(owner, caller, asked, 1)
        assert len(owner.log) == calls


async def test_streams_pass_and_make_the_answer_one_that_nobody_may_keep(shop):
    owner = Owner()
    caller = reading(owner, shop, EdgeSettings())
    asker = context()
    coming = asyncio.ensure_future(anext(caller.stream(shop.method(PATH), b"", asker)))
    await turns()
    owner.release()
    assert isinstance(await coming, bytes)
    assert asker.notes.max_age_seconds == 0
