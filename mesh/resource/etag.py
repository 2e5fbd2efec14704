"""Etags (AIP-154): strong ones, in the form of RFC 9110."""

from datetime import datetime

from mesh.errors import Aborted

ANY = ("", "*")
"""Etags that every resource meets: none, and that of `If-Match: *`."""


def etag_of(create_time: datetime, revision: int) -> str:
    """Returns the etag of a revision, not given again even when the name is."""
    return f'"{int(create_time.timestamp() * 1e6):x}-{revision:x}"'


def check_etag(expected: str, current: str) -> None:
    """Raises Aborted where a caller expects another etag than the current one."""
    if expected not in ANY and expected != current:
        raise Aborted(
            f"the etag is {current} by now: read the resource again and repeat",
            reason="ETAG_MISMATCH",
            metadata={"etag": current},
        )
