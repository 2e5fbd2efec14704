"""The backends that all edges share: the light one, or the shop's real services."""

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.process import OTHER_CORE, READY_SECONDS_MAX, Started, free_port, pin, started
from mesh.discovery import LeaseDirectory
from services.topology import SERVICES

LIGHT = ("catalog", "reviews", "inventory")


@contextlib.contextmanager
def light(*, pinned: bool) -> Iterator[Mapping[str, Started]]:
    """Runs the light backend, a process for each service."""
    with contextlib.ExitStack() as closing:
        found = {}
        for name in LIGHT:
            port = free_port()
            words = [sys.executable, "-m", "bench.backend", name, str(port)]
            core = OTHER_CORE if pinned else None
            found[name] = closing.enter_context(started(name, words, port, core=core))
        yield found


@contextlib.contextmanager
def shop(*, pinned: bool) -> Iterator[Mapping[str, Started]]:
    """Runs the real services, each with its database, in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as closing:
        for service in SERVICES:
            closing.enter_context(_served(service.name, folder, pinned=pinned))
        yield _ready(Path(folder))


@contextlib.contextmanager
def _served(name: str, folder: str, *, pinned: bool) -> Iterator[None]:
    words = [sys.executable, "-m", "cli.main", "serve", name]
    process = subprocess.Popen(
        ["env", f"SELVEDGE_DATA={folder}", "SELVEDGE_LOG_LEVEL=WARNING", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        pin(process.pid, OTHER_CORE if pinned else None)
        yield
    finally:
        process.terminate()
        process.wait()


def _ready(folder: Path) -> Mapping[str, Started]:
    limit = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < limit:
        leases = [lease for lease in LeaseDirectory(folder / "run").leases() if lease.ready]
        if len(leases) == len(SERVICES):
            return {
                lease.service: Started(lease.service, lease.address, lease.pid) for lease in leases
            }
        time.sleep(0.1)
    raise SystemExit("the services did not become ready")
