"""R6: many loads, few calls; a key that fails fails alone."""

import asyncio
from collections.abc import Sequence

import pytest
from google.rpc import error_details_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.batch import (
    CHUNK_KEYS_MAX,
    CONCURRENT_CALLS_MAX,
    REPAIR_CALLS_MAX,
    Batcher,
    in_chunks,
    one_by_one,
)
from mesh.errors import (
    DeadlineExceeded,
    FieldViolation,
    Internal,
    InvalidArgument,
    MeshError,
    NotFound,
    PermissionDenied,
    Unavailable,
    Unimplemented,
)


class Server:
    """Answers k1, k2, … with their upper case, backwards; fails batches with a poisoned key."""

    def __init__(self, poison: Sequence[str] = (), error: MeshError | None = None) -> None:
        self.poison = set(poison)
        self.error = error or InvalidArgument("one of them is wrong")
        self.calls: list[list[str]] = []
        self.busy = self.busiest = 0

    async def many(self, keys: Sequence[str]) -> dict[str, str]:
        self.calls.append(list(keys))
        await asyncio.sleep(0)
        if self.poison.intersection(keys):
            raise self.error
        return {key: key.upper() for key in reversed(keys) if not key.startswith("gone")}

    async def one(self, key: str) -> str:
        self.calls.append([key])
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        await asyncio.sleep(0)
        self.busy -= 1
        if key.startswith("gone"):
            raise NotFound(f"no {key}")
        if key in self.poison:
            raise self.error
        return key.upper()


def keys(count: int) -> list[str]:
    return [f"k{i}" for i in range(count)]


async def test_r6_loads_of_one_turn_are_one_read():
    server = Server()
    batcher = Batcher(lambda keys: in_chunks(keys, server.many))
    first, gone, again = batcher.load("k1"), batcher.load("gone"), batcher.load("k1")
    assert await asyncio.gather(first, gone, again) == ["K1", None, "K1"]
    assert server.calls == [["k1", "gone"]]
    assert await batcher.load("k1") == "K1"
    assert await batcher.load("k2") == "K2"
    assert server.calls == [["k1", "gone"], ["k2"]]


async def test_r6_tasks_that_wake_together_load_together():
    server = Server()
    batcher = Batcher(lambda keys: in_chunks(keys, server.many))

    async def deep(key: str, turns: int) -> str | None:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await batcher.load(key)

    await asyncio.gather(*(deep(f"k{i}", 1 + i % 2) for i in range(10)))
    assert len(server.calls) == 1


async def test_r6_chunks_hold_a_hundred_and_end_together():
    server = Server()
    batcher = Batcher(lambda keys: in_chunks(keys, server.many))
    wanted = keys(CHUNK_KEYS_MAX * 2 + 1)
    assert await asyncio.gather(*map(batcher.load, wanted)) == [key.upper() for key in wanted]
    assert [len(call) for call in server.calls] == [100, 100, 1]


async def test_r6_the_key_that_an_error_names_is_dropped():
    info = error_details_pb2.ResourceInfo(resource_name="k3")
    for error in (
        PermissionDenied("no", details=[info]),
        PermissionDenied("no", metadata={"name": "k3"}),
        PermissionDenied("no", violations=[FieldViolation("names[3]", "hidden")]),
    ):
        server = Server(["k3"], error)
        found = await in_chunks(keys(6), server.many)
        assert found.pop("k3") is error
        assert found == {key: key.upper() for key in found}
        assert len(server.calls) == 2


async def test_r6_a_key_that_the_batch_does_not_find_is_none():
    server = Server(
        ["k3"], NotFound("k3", details=[error_details_pb2.ResourceInfo(resource_name="k3")])
    )
    found = await in_chunks(keys(5), server.many)
    assert found["k3"] is None
    assert found["k4"] == "K4"


async def test_r6_an_error_that_names_nobody_is_halved():
    server = Server(["k13"])
    found = await in_chunks(keys(64), server.many)
    assert isinstance(found.pop("k13"), InvalidArgument)
    assert set(found.values()) == {key.upper() for key in found}
    assert len(server.calls) == 1 + 2 * 6


async def test_r6_repairs_have_a_budget():
    server = Server(keys(100))
    found = await in_chunks(keys(100), server.many)
    assert all(isinstance(outcome, InvalidArgument) for outcome in found.values())
    assert len(server.calls) <= 1 + REPAIR_CALLS_MAX


@pytest.mark.parametrize("error", [Unavailable("away"), DeadlineExceeded("late")])
async def test_r6_an_upstream_that_is_away_is_not_asked_again(error):
    server = Server(["k3"], error)
    found = await in_chunks(keys(10), server.many)
    assert set(found.values()) == {error}
    assert len(server.calls) == 1


async def test_r6_a_server_without_the_batch_is_asked_one_by_one():
    server = Server(["k0"], Unimplemented("no batch here"))
    found = await in_chunks(["k0", "k1", "gone"], server.many, Server().one)
    assert found == {"k0": "K0", "k1": "K1", "gone": None}


async def test_r6_single_gets_are_bounded_and_fail_alone():
    server = Server(["k5"], Internal("broken"))
    found = await one_by_one([*keys(30), "gone1"], server.one)
    assert server.busiest == CONCURRENT_CALLS_MAX
    assert isinstance(found.pop("k5"), Internal)
    assert found.pop("gone1") is None
    assert found == {key: key.upper() for key in found}


async def test_r6_an_error_of_ours_reaches_every_load():
    async def broken(keys: Sequence[str]) -> dict[str, str | MeshError | None]:
        raise KeyError("bug")

    batcher = Batcher(broken)
    found = await asyncio.gather(batcher.load("a"), batcher.load("b"), return_exceptions=True)
    assert [type(outcome) for outcome in found] == [KeyError, KeyError]


async def test_a_reader_that_went_away_does_not_disturb_the_others():
    server = Server()
    batcher = Batcher(lambda keys: in_chunks(keys, server.many))
    left, stayed = batcher.load("k1"), batcher.load("k2")
    left.cancel()
    assert await stayed == "K2"


@settings(max_examples=50, deadline=None)
@given(st.sets(st.integers(0, 59), max_size=3), st.integers(1, 60))
def test_r6_whatever_is_poisoned_the_rest_is_answered(poison, count):
    bad = {f"k{i}" for i in poison}
    found = asyncio.run(in_chunks(keys(count), Server(sorted(bad)).many))
    assert list(found) == [*found]
    for key in keys(count):
        assert isinstance(found[key], InvalidArgument) if key in bad else found[key] == key.upper()
