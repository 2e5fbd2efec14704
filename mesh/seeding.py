"""Example data: tables in text files, and choices that fall the same way on every machine."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def rows(table: Path) -> Iterator[list[str]]:
    """Yields the rows of a text table: a row a line, cells between `|`, `#` starts a comment."""
    for line in table.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield [cell.strip() for cell in line.split("|")]


def fraction(*key: object) -> float:
    """Returns a number from 0 up to 1 that depends on the key alone."""
    text = "\0".join(map(str, key)).encode()
    digest = hashlib.blake2b(text, digest_size=6).digest()
    return int.from_bytes(digest) / 2**48


def pick(items: Sequence[T], *key: object) -> T:
    """Returns the item that falls to the key."""
    return items[int(fraction(*key) * len(items))]


def shuffled(items: Sequence[T], *key: object) -> list[T]:
    """Returns the items in the order that falls to the key."""
    numbered = sorted(range(len(items)), key=lambda number: fraction(*key, number))
    return [items[number] for number in numbered]


def moment(start: datetime, end: datetime, *key: object) -> datetime:
    """Returns the moment between two, to the second, that falls to the key."""
    seconds = int((end - start).total_seconds() * fraction(*key))
    return start + timedelta(seconds=seconds)
