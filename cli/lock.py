"""One mesh for one data folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mesh.startup import StartupError


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Holds the data folder for this mesh while the block runs.

    Raises:
        StartupError: another mesh holds it, or it cannot be written.
    """
    try:
        (data / "run").mkdir(parents=True, exist_ok=True)
        file = (data / "run" / "up.lock").open("w")
    except OSError as error:
        raise StartupError(
            f"cannot write to {data}: {error.strerror}; choose another folder by SELVEDGE_DATA"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartupError(
                f"a mesh runs on {data} already: see `selvedge ps`, or choose another folder by "
                "SELVEDGE_DATA (and another port by SELVEDGE_EDGE_PORT)"
            ) from error
        yield
