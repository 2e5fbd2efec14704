"""Answers that are kept for a while, and where: here in the memory of this process."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

ENTRY_BYTES = 300
"""What an entry takes besides its answer: key, objects, a place in the dictionary."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer and when the call for it began, in seconds since 1970."""

    answer: bytes
    at: float


class Store(Protocol):
    """Keeps answers. It may lose any at any time, and never fails."""

    async def get(self, key: bytes) -> Kept | None:
        """Returns what is kept under a key."""
        ...

    async def put(self, key: bytes, kept: Kept, seconds: float) -> None:
        """Keeps an answer for so many seconds, where there is room."""
        ...


class MemoryStore:
    """Keeps as many bytes as it is told; what was not used for longest goes first.

    What is too old stays until then: whoever asks looks at the age.
    """

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()

    async def get(self, key: bytes) -> Kept | None:
        """Returns what is kept under a key."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    async def put(self, key: bytes, kept: Kept, seconds: float) -> None:
        """Keeps an answer, over an older one; one that is larger than all room is not kept."""
        if _size(kept) > self._bytes_max:
            return
        old = self._kept.pop(key, None)
        if old is not None:
            self._bytes -= _size(old)
        self._kept[key] = kept
        self._bytes += _size(kept)
        while self._bytes > self._bytes_max:
            self._bytes -= _size(self._kept.popitem(last=False)[1])


def _size(kept: Kept) -> int:
    return ENTRY_BYTES + len(kept.answer)
