"""A whole mesh, as its users start it: real processes, real sockets."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
READY_SECONDS_MAX = 60.0


@dataclass
class Mesh:
    """A running `selvedge up`."""

    process: subprocess.Popen[str]
    data: Path
    output: Path

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return selvedge(self.data, *words)

    def ps(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.command("ps", "--json").stdout)
        return found

    def pid(self, service: str) -> int:
        return next(int(row["pid"]) for row in self.ps() if row["service"] == service)

    @property
    def url(self) -> str:
        return "http://" + next(row["address"] for row in self.ps() if row["service"] == "edge")

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=10)

    def stop(self, number: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)


def environment(data: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SELVEDGE_")}
    return {**kept, "SELVEDGE_DATA": str(data), "SELVEDGE_EDGE_PORT": "0", **more}


def selvedge(data: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        cwd=ROOT,
        env=environment(data, **more),
        capture_output=True,
        text=True,
        timeout=READY_SECONDS_MAX,
        check=False,
    )


@contextlib.contextmanager
def running(data: Path, **more: str) -> Iterator[Mesh]:
    """Runs a mesh until the block ends."""
    output = data.parent / f"{data.name}.out"
    with output.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "up"],
            cwd=ROOT,
            env=environment(data, **more),
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
    mesh = Mesh(process, data, output)
    try:
        wait_until(lambda: "ready in" in output.read_text() or process.poll() is not None)
        assert process.poll() is None, output.read_text()
        yield mesh
    finally:
        mesh.stop()


def wait_until(condition: Any, seconds: float = READY_SECONDS_MAX) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "not within the time"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
