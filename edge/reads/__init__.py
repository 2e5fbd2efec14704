"""Reads that share calls, and answers that are kept: what stands between the faces and the mesh.

`reading` is the whole order. Faces see one `Caller` and know nothing of it.
"""

from edge.call import Caller
from edge.config import EdgeSettings
from edge.contracts.model import Contracts
from edge.reads.batches import ways
from edge.reads.caching import CachingCaller
from edge.reads.joining import JoiningCaller
from edge.reads.kept import MemoryStore, Store
from edge.reads.line import Pace
from mesh.startup import StartupError

__all__ = ["reading"]


def reading(caller: Caller, contracts: Contracts, settings: EdgeSettings) -> Caller:
    """Returns the caller that faces use: what it keeps is asked first, then calls are shared.

    Raises:
        ContractError: the contracts contradict themselves.
        StartupError: the settings name a cache that cannot be used.
    """
    found = ways(contracts)
    if settings.batch_reads:
        pace = Pace(
            settings.batch_wait_seconds_max, settings.batch_calls_max, settings.batch_keys_max
        )
        caller = JoiningCaller(caller, found, pace)
    return CachingCaller(caller, _store(settings), found)


def _store(settings: EdgeSettings) -> Store:
    if not settings.cache_url:
        return MemoryStore(settings.cache_bytes_max)
    try:
        from edge.reads.redis import RedisStore
    except ImportError as error:
        raise StartupError("SELVEDGE_CACHE_URL needs `pip install selvedge[cache]`") from error
    return RedisStore(settings.cache_url, settings.cache_wait_seconds_max)
