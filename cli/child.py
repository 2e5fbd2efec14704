"""Child processes that run `selvedge` themselves: started so that they end with us, and ended."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from mesh.config import MeshSettings

KILL_AFTER_SECONDS = 5.0


async def spawn(
    words: Sequence[str], settings: MeshSettings, pass_fds: Sequence[int] = ()
) -> asyncio.subprocess.Process:
    """Starts a process that ends when we do: its standard input is a pipe that we hold."""
    environment = {
        **os.environ,
        "SELVEDGE_SUPERVISED": "true",
        "SELVEDGE_DATA": str(settings.data.resolve()),
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "cli.main", *words),
        stdin=asyncio.subprocess.PIPE,
        env=environment,
        pass_fds=pass_fds,
        start_new_session=True,
    )


async def end(
    process: asyncio.subprocess.Process,
    settings: MeshSettings,
    kill_after_seconds: float = KILL_AFTER_SECONDS,
) -> None:
    """Ends a process: it may drain, and is killed where it takes longer than that."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(settings.drain_seconds + kill_after_seconds):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def reason(process: asyncio.subprocess.Process) -> str:
    """Returns why a process ended: the signal's name, or its exit code."""
    code = process.returncode or 0
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
