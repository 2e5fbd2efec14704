import asyncio
import logging

import pytest

from mesh.errors import Unavailable
from mesh.repeat import repeat


async def rounds(work: "Rounds") -> None:
    with pytest.raises(asyncio.CancelledError):
        await repeat(work.once, 0)


class Rounds:
    """Work that says what happens in each round, and ends by being cancelled."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.outcomes = list(outcomes)
        self.done = 0

    async def once(self) -> None:
        if self.done == len(self.outcomes):
            raise asyncio.CancelledError
        self.done += 1
        if outcome := self.outcomes[self.done - 1]:
            raise outcome


async def test_it_goes_on_until_it_is_cancelled() -> None:
    work = Rounds(None, None, None)
    await rounds(work)
    assert work.done == 3


async def test_a_round_that_finds_nobody_there_is_logged_and_not_the_last(
    caplog: pytest.LogCaptureFixture,
) -> None:
    work = Rounds(Unavailable("the database does not answer"), None)
    with caplog.at_level(logging.WARNING):
        await rounds(work)
    assert work.done == 2
    assert "the database does not answer" in caplog.text


async def test_a_bug_ends_it() -> None:
    with pytest.raises(ZeroDivisionError):
        await repeat(Rounds(ZeroDivisionError()).once, 0)
