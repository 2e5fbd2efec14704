"""What a group of reads becomes: one call, and the repair of a batch that fails (R6, AIP-231).

A group is a set of requests, and equal requests alone are sent as they were asked: so where a
batch fails, whoever is at fault hears the owner's own words, and the others get what they wanted.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from edge.batch import CONCURRENT_CALLS_MAX, OF_THE_WHOLE, REPAIR_CALLS_MAX, culprits
from edge.call import Caller, Notes, RequestContext
from edge.contracts.model import Method
from edge.reads.batches import Batch, Wanted
from edge.reads.identity import Metadata
from edge.reads.line import Read, Settle
from mesh.deadline import Deadline
from mesh.errors import MeshError, Unimplemented

UNIMPLEMENTED_SECONDS = 30.0
_TOO_LONG = "larger than max"
"""How grpc says that a message is too long; only its words tell that from a quota used up."""

Equal = Sequence[Read]
"""Reads with the same request: one call of their own answers them all."""
_Found = dict[bytes, list[bytes]]


class Unsupported:
    """Batches that their owner lately said it does not implement."""

    def __init__(self) -> None:
        self._until: dict[Batch, Deadline] = {}

    def add(self, batch: Batch) -> None:
        """Takes a batch out of use for a while: the next version of its owner may have it."""
        self._until[batch] = Deadline.after(UNIMPLEMENTED_SECONDS)

    def __contains__(self, batch: Batch) -> bool:
        until = self._until.get(batch)
        return until is not None and not until.expired


async def send_equal(caller: Caller, reads: Equal, settle: Settle) -> None:
    """Makes one call for reads that ask the very same thing."""
    first = reads[0]
    # Notes of its own: each reader notes the time that it waited, which holds that of the call.
    context = replace(first.context, deadline=_latest(reads), notes=Notes())
    try:
        answer = await caller.unary(first.method, first.request, context)
    except MeshError as error:
        _settle_all(reads, error, settle)
    else:
        _settle_all(reads, answer, settle)


async def send_batch(
    caller: Caller,
    batch: Batch,
    rest: bytes,
    metadata: Metadata,
    unsupported: Unsupported,
    reads: Sequence[Read],
    settle: Settle,
) -> None:
    """Reads by key in one batch, which carries `rest` and `metadata`."""
    equal: dict[tuple[Method, bytes], list[Read]] = {}
    for read in reads:
        equal.setdefault((read.method, read.request), []).append(read)
    effort = _Effort(caller, batch, rest, metadata, unsupported, settle)
    await effort.read(list(equal.values()))


class _Effort:
    """One group on its way; the calls for its repair are counted."""

    def __init__(
        self,
        caller: Caller,
        batch: Batch,
        rest: bytes,
        metadata: Metadata,
        unsupported: Unsupported,
        settle: Settle,
    ) -> None:
        self._caller, self._settle = caller, settle
        self._batch, self._rest, self._metadata = batch, rest, metadata
        self._unsupported = unsupported
        self._room = asyncio.Semaphore(CONCURRENT_CALLS_MAX)
        self._batches_left = REPAIR_CALLS_MAX

    async def read(self, groups: Sequence[Equal]) -> None:
        """Settles every read."""
        if len(groups) == 1 or self._batch in self._unsupported:
            await self._alone(groups)
            return
        wanted = [_wanted(group) for group in groups]
        keys = list(dict.fromkeys(key for each in wanted for key in each.keys))
        try:
            answer = await self._caller.unary(
                self._batch.method, self._batch.request(keys, self._rest), self._context(groups)
            )
            outcomes = _outcomes(self._batch, answer, wanted)
        except Unimplemented:
            self._unsupported.add(self._batch)
            await self._alone(groups)
        except MeshError as error:
            await self._repair(groups, keys, error)
        else:
            await self._hand_out(groups, outcomes)

    async def _hand_out(self, groups: Sequence[Equal], outcomes: Sequence[bytes | None]) -> None:
        missing = []
        for group, outcome in zip(groups, outcomes, strict=True):
            if outcome is None:
                missing.append(group)
            else:
                _settle_all(group, outcome, self._settle)
        if missing:
            await self._alone(missing)

    async def _alone(self, groups: Sequence[Equal]) -> None:
        async def ask(group: Equal) -> None:
            async with self._room:
                await send_equal(self._caller, group, self._settle)

        if len(groups) == 1:
            await send_equal(self._caller, groups[0], self._settle)
        else:
            await asyncio.gather(*map(ask, groups))

    async def _repair(
        self, groups: Sequence[Equal], keys: Sequence[bytes], error: MeshError
    ) -> None:
        """Asks those alone whom the error names, else halves the group."""
        if error.code in OF_THE_WHOLE and _TOO_LONG not in error.message:
            for group in groups:
                _settle_all(group, error, self._settle)
            return
        named = culprits(error, [str(key, "utf-8", "replace") for key in keys])
        guilty = [group for group in groups if _asks_for(group, named)]
        others = [group for group in groups if not _asks_for(group, named)]
        middle = len(others) // 2
        parts = [others] if guilty else [others[:middle], others[middle:]]
        parts = [part for part in parts if part]
        if len(parts) > self._batches_left:
            guilty, parts = list(groups), []
        self._batches_left -= len(parts)
        await asyncio.gather(self._alone(guilty), *map(self.read, parts))

    def _context(self, groups: Sequence[Equal]) -> RequestContext:
        reads = [read for group in groups for read in group]
        return RequestContext(reads[0].context.request_id, _latest(reads), self._metadata)


def _outcomes(batch: Batch, answer: bytes, wanted: Sequence[Wanted]) -> list[bytes | None]:
    """Returns what each read gets of an answer, None where only a call of its own can say."""
    found = batch.found(answer)
    known = {key for each in wanted for key in each.keys}
    # An item that nobody named may be what somebody meant: an owner may know things by two names.
    strays = not found.keys() <= known
    return [_outcome(batch, found, each, strays) for each in wanted]


def _outcome(batch: Batch, found: _Found, wanted: Wanted, strays: bool) -> bytes | None:
    if wanted.single:
        items = found.get(wanted.keys[0], ())
        return items[0] if len(items) == 1 else None
    if strays and not all(key in found for key in wanted.keys):
        return None
    return batch.answer([item for key in wanted.keys for item in found.get(key, ())])


def _wanted(group: Equal) -> Wanted:
    wanted = group[0].wanted
    assert wanted is not None, "only reads by key go in a batch"
    return wanted


def _asks_for(group: Equal, named: set[str]) -> bool:
    return any(str(key, "utf-8", "replace") in named for key in _wanted(group).keys)


def _latest(reads: Sequence[Read]) -> Deadline:
    return max(read.context.deadline for read in reads)


def _settle_all(reads: Equal, outcome: bytes | MeshError, settle: Settle) -> None:
    for read in reads:
        settle(read, outcome)
