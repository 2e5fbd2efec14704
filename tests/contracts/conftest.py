"""Every set of foreign contracts in turn: its image, an upstream for it, an edge over both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.contracts.edge import edge
from tests.contracts.image import compile_image
from tests.contracts.packages import SETS, ContractSet
from tests.contracts.types import Types
from tests.contracts.upstream import Upstream


@dataclass(frozen=True, slots=True)
class Foreign:
    """A set of contracts, and an upstream that serves all of it."""

    name: str
    image: Path
    types: Types
    upstream: Upstream


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=SETS, ids=lambda s: s.name)
async def foreign(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Foreign]:
    contracts: ContractSet = request.param
    image = compile_image(contracts, tmp_path_factory.mktemp(contracts.name))
    types = Types(image.read_bytes())
    upstream = Upstream(types)
    await upstream.start()
    yield Foreign(contracts.name, image, types, upstream)
    await upstream.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def edges(
    foreign: Foreign, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Clients of two edges: one reaches every service, one the last alone and omits defaults."""
    upstreams = [f"{service}={foreign.upstream.address}" for service in foreign.types.services]
    folders = [tmp_path_factory.mktemp("edge") for _ in range(2)]
    async with AsyncExitStack() as running:
        starting = (
            edge(foreign.image, upstreams, folders[0]),
            edge(foreign.image, upstreams[-1:], folders[1], rest_defaults="omit"),
        )
        yield await asyncio.gather(*map(running.enter_async_context, starting))


@pytest.fixture
def client(edges: list[httpx.AsyncClient]) -> httpx.AsyncClient:
    """A client of an edge that reaches every service."""
    return edges[0]


@pytest.fixture
def sparing(edges: list[httpx.AsyncClient]) -> httpx.AsyncClient:
    """A client of an edge that omits defaults and reaches the last service alone."""
    return edges[1]
