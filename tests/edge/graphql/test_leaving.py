"""Whoever leaves takes the calls along that were made for them."""

import asyncio

import pytest

from edge.graphql.http.request import Asked

PLANNED = "{ products(first: 2) { nodes { category { displayName } } } }"
NOT_PLANNED = (
    '{ node(id: "eA==") { id } products(first: 2) { nodes { category { displayName } } } }'
)
MUTATION = """mutation { updateProduct(product: { name: "products/p1", title: "a" })
    { category { displayName } } }"""
SUBSCRIPTION = """subscription { watchStock(parent: "products/p1")
    { product { category { displayName } } } }"""


class Waiting:
    """Stands before a caller; a call of one method waits until it is cancelled."""

    def __init__(self, caller, method):
        self._caller, self._method = caller, method
        self.asked, self.cancelled = asyncio.Event(), False

    async def unary(self, method, *given):
        if method.name != self._method:
            return await self._caller.unary(method, *given)
        self.asked.set()
        try:
            return await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.cancelled = True
            raise

    def __getattr__(self, name):
        return getattr(self._caller, name)


@pytest.mark.parametrize("text", [PLANNED, NOT_PLANNED, MUTATION, SUBSCRIPTION])
async def test_the_calls_of_whoever_leaves_are_cancelled(edge, text):
    async def watch(request):
        yield {"product": "products/p1"}

    edge.caller.handlers["WatchStock"] = watch
    edge.caller = waiting = Waiting(edge.caller, "BatchGetCategories")

    async def ask():
        async for _ in edge.engine.stream(Asked(text), edge.open):
            pass

    task = asyncio.create_task(ask())
    async with asyncio.timeout(5):
        await waiting.asked.wait()
    task.cancel()
    await asyncio.wait((task,))
    await asyncio.sleep(0)  # what is cancelled hears of it in the next turn
    assert waiting.cancelled
