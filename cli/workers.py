"""Several edge processes behind one port, kept alive: `selvedge edge --workers N`.

Each worker listens on a socket of its own with SO_REUSEPORT, and the kernel spreads connections
over them. One socket shared by all is not as even: whoever wakes first accepts all that wait.
The supervisor only holds the port, so it becomes a program of its own that loads no contracts:

    python -m cli.workers COUNT HOST PORT LEASE WORD…    LEASE: yes or no
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SO_REUSEPORT, SOCK_STREAM, SOL_SOCKET, socket

from cli import child
from mesh.config import MeshSettings, read_settings
from mesh.discovery import LeaseDirectory
from mesh.startup import StartupError
from mesh.stopping import stop_event
from mesh.telemetry import logging as log_lines

log = logging.getLogger(__name__)

WORKERS_MAX = 64
FIRST_PAUSE_SECONDS = 0.1
PAUSE_SECONDS_MAX = 10.0
SETTLED_SECONDS = 30.0
KILL_AFTER_SECONDS = 2.0
"""Less than `selvedge up` gives us, so that we end our workers before it ends us."""


def supervise(count: int, host: str, port: int, words: Sequence[str], *, lease: bool) -> None:
    """Becomes the supervisor of `count` edges started with `words`; never returns."""
    held = "yes" if lease else "no"
    command = [sys.executable, "-m", "cli.workers", str(count), host, str(port), held, *words]
    os.execv(sys.executable, command)  # noqa: S606 - our own program, its words as they came


def cannot_listen(host: str, port: int, error: OSError) -> StartupError:
    """Returns why the edge cannot have its port."""
    why = error.strerror or str(error)
    return StartupError(
        f"edge: cannot listen on {host}:{port}: {why}; choose another by SELVEDGE_EDGE_PORT"
    )


@dataclass(slots=True)
class Backoff:
    """How long to wait before a worker is started again: longer each time it lives briefly."""

    pause_seconds: float = FIRST_PAUSE_SECONDS

    def after(self, lived_seconds: float) -> float:
        """Returns the pause after a worker that lived so long."""
        if lived_seconds >= SETTLED_SECONDS:
            self.pause_seconds = FIRST_PAUSE_SECONDS
        pause = self.pause_seconds
        self.pause_seconds = min(pause * 2, PAUSE_SECONDS_MAX)
        return pause


@contextmanager
def reserved(host: str, port: int) -> Iterator[int]:
    """Holds a port for workers that share it, without listening; yields its number.

    Raises:
        StartupError: somebody else has it.
    """
    try:
        family = AF_INET6 if ":" in host else AF_INET
        with socket(family, SOCK_STREAM) as alone:  # refused where anybody listens
            alone.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            alone.bind((host, port))
            number = int(alone.getsockname()[1])
        held = socket(family, SOCK_STREAM)
        held.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        held.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
        held.bind((host, number))
    except OSError as error:
        raise cannot_listen(host, port, error) from error
    with held:
        yield number


class Workers:
    """The workers: each is started, and again whenever it ends."""

    def __init__(self, words: Sequence[str], settings: MeshSettings) -> None:
        self._words = words
        self._settings = settings
        self._keepers: set[asyncio.Task[None]] = set()
        self._processes: set[asyncio.subprocess.Process] = set()

    async def start(self, count: int) -> None:
        """Starts them; all take calls when it returns. The first goes alone: it may be refused.

        Raises:
            StartupError: one ended instead.
        """
        await self._add()
        await asyncio.gather(*(self._add() for _ in range(count - 1)))

    async def end(self) -> None:
        """Lets every worker finish what it has under way."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        ends = (child.end(p, self._settings, KILL_AFTER_SECONDS) for p in self._processes)
        await asyncio.gather(*ends)

    async def _add(self) -> None:
        started = asyncio.get_running_loop().create_future()
        self._keepers.add(asyncio.create_task(self._keep(started)))
        await started

    async def _keep(self, started: "asyncio.Future[None]") -> None:
        backoff = Backoff()
        while True:
            begun = time.monotonic()
            process = await self._run(started)
            if not started.done():
                started.set_exception(StartupError("a worker could not start; why is said above"))
                return
            pause = backoff.after(time.monotonic() - begun)
            said = "edge worker %s ended (%s); the others go on, a new one starts in %g s"
            log.warning(said, process.pid, child.reason(process), pause)
            await asyncio.sleep(pause)

    async def _run(self, started: "asyncio.Future[None]") -> asyncio.subprocess.Process:
        """Runs one worker to its end."""
        ready, says_ready = os.pipe()
        try:
            words = [*self._words, f"--ready-fd={says_ready}"]
            process = await child.spawn(words, self._settings, pass_fds=(says_ready,))
        finally:
            os.close(says_ready)
        self._processes.add(process)
        if await _says_something(ready):
            log.info("edge worker %s is ready", process.pid)
            if not started.done():
                started.set_result(None)
        await process.wait()
        self._processes.discard(process)
        return process


async def _says_something(pipe: int) -> bool:
    """Returns whether anything comes through a pipe before its other end is closed."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(pipe, "rb", 0)
    )
    try:
        return bool(await reader.read(1))
    finally:
        transport.close()


async def _supervise(count: int, host: str, port: int, lease: bool, words: Sequence[str]) -> None:
    settings = read_settings(MeshSettings)
    log_lines.configure("edge", settings)
    stopping = stop_event(settings)
    async with AsyncExitStack() as closing:
        number = closing.enter_context(reserved(host, port))
        address = f"[{host}]:{number}" if ":" in host else f"{host}:{number}"
        directory = LeaseDirectory(settings.data / "run")
        held = (
            closing.enter_context(directory.hold("edge", f"edge-{os.getpid()}")) if lease else None
        )
        workers = Workers([*words, f"--host={host}", f"--port={number}"], settings)
        closing.push_async_callback(workers.end)
        stop = asyncio.create_task(stopping.wait())
        start = asyncio.create_task(workers.start(count))
        await asyncio.wait((stop, start), return_when=asyncio.FIRST_COMPLETED)
        if start.done():
            await start
            if held:
                held.announce(address)
            log.info("ready at http://%s, %s workers", address, count)
        await stop
        start.cancel()
        if held:
            held.withdraw()


def main() -> None:
    """Supervises until SIGTERM or SIGINT; exits 1 with one line where the edge cannot start."""
    count, host, port, lease, *words = sys.argv[1:]
    try:
        asyncio.run(_supervise(int(count), host, int(port), lease == "yes", words))
    except StartupError as error:
        print(f"selvedge: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
