"""Reads that share calls, and answers that are kept: what stands between the faces and the mesh.

`reading` is the whole order. Faces see one `Caller` and know nothing of it.
"""

from edge.call import Caller
from edge.config import EdgeSettings
from edge.contracts.model import Contracts
from edge.reads.batches import ways
from edge.reads.joining import JoiningCaller
from edge.reads.line import Pace

__all__ = ["reading"]


def reading(caller: Caller, contracts: Contracts, settings: EdgeSettings) -> Caller:
    """Returns the caller that faces use: what it keeps is asked first, then calls are shared.

    Raises:
        ContractError: the contracts contradict themselves.
    """
    if settings.batch_reads:
        pace = Pace(
            settings.batch_wait_seconds_max, settings.batch_calls_max, settings.batch_keys_max
        )
        caller = JoiningCaller(caller, ways(contracts), pace)
    return caller
