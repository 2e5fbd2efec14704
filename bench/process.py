"""Processes under test: started, waited for, pinned to a core, weighed, ended."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it ships no types

READY_SECONDS_MAX = 60.0
END_SECONDS_MAX = 15.0

EDGE_CORE = 0
OTHER_CORE = 1
"""One core for the edge alone; backends and load share the other. Unpinned figures vary twofold."""


@dataclass(frozen=True, slots=True)
class Started:
    """One process that listens."""

    name: str
    address: str
    pid: int

    def cpu_seconds(self) -> float:
        """Returns the CPU time that it and its children have used so far."""
        return sum(_cpu_seconds(process) for process in self._tree())

    def rss_mib(self) -> float:
        """Returns the memory that it and its children hold, in MiB."""
        return sum(float(process.memory_info().rss) for process in self._tree()) / 2**20

    def _tree(self) -> list[psutil.Process]:
        root = psutil.Process(self.pid)
        return [root, *root.children(recursive=True)]


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def free_port() -> int:
    """Returns a port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def pin(pid: int, core: int | None) -> None:
    """Keeps a process on one core, where there is more than one and one was said."""
    if core is not None and hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > core:
        os.sched_setaffinity(pid, {core})


@contextlib.contextmanager
def started(
    name: str,
    words: Sequence[str],
    port: int,
    *,
    core: int | None = None,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[Started]:
    """Runs a process that listens on a port until the block ends.

    Raises:
        SystemExit: it ended, or did not listen in time.
    """
    process = subprocess.Popen(
        words,
        env={**os.environ, **(environment or {})},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        pin(process.pid, core)
        _wait_for(name, port, process)
        yield Started(name, f"127.0.0.1:{port}", process.pid)
    finally:
        _end(process)


def _wait_for(name: str, port: int, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < limit and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit(f"{name} did not become ready")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
