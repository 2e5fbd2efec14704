"""Work that a process does again and again beside its server."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from mesh.errors import Unavailable

log = logging.getLogger(__name__)


async def repeat(work: Callable[[], Awaitable[object]], every_seconds: float) -> None:
    """Does the work until it is cancelled, with a pause between two rounds.

    A round that ends as Unavailable is logged, for nobody else hears of it, and the next one
    tries again.
    """
    while True:
        try:
            await work()
        except Unavailable as error:
            log.warning("%s: next try in %s s", error.message, every_seconds)
        await asyncio.sleep(every_seconds)
