"""Several edge processes behind one port."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import SO_REUSEPORT, SOL_SOCKET, create_server, socket

import httpx
import pytest

from cli.workers import PAUSE_SECONDS_MAX, SETTLED_SECONDS, Backoff, reserved
from mesh.startup import StartupError
from tests.flows.processes import ROOT, alive, environment, wait_until

READY = re.compile(r"edge worker (\d+) is ready")
UPSTREAM = "shop.catalog.v1.CatalogService=127.0.0.1:9"


def test_a_worker_that_ends_at_once_again_and_again_waits_longer_each_time() -> None:
    backoff = Backoff()
    pauses = [backoff.after(0) for _ in range(10)]
    assert pauses[:3] == [0.1, 0.2, 0.4]
    assert pauses[-2:] == [PAUSE_SECONDS_MAX, PAUSE_SECONDS_MAX]
    assert backoff.after(SETTLED_SECONDS) == 0.1


def test_a_reserved_port_is_shared_by_whoever_says_so_and_by_nobody_else() -> None:
    with reserved("127.0.0.1", 0) as port:
        with (
            create_server(("127.0.0.1", port), reuse_port=True),
            create_server(("127.0.0.1", port), reuse_port=True),
        ):
            pass
        with socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port))


@pytest.mark.parametrize("shares", [False, True])
def test_a_port_that_somebody_listens_on_is_not_reserved(shares: bool) -> None:
    with create_server(("127.0.0.1", 0), reuse_port=shares) as taken:
        port = taken.getsockname()[1]
        assert bool(taken.getsockopt(SOL_SOCKET, SO_REUSEPORT)) is shares
        with pytest.raises(StartupError, match=f"127.0.0.1:{port}"), reserved("127.0.0.1", port):
            pass


@contextlib.contextmanager
def supervisor(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Runs `selvedge edge --workers 2`; yields it and the file of what it says."""
    said = folder / "said"
    with said.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "edge", "--workers=2", *words],
            cwd=ROOT,
            env=environment(folder / "data"),
            stderr=out,
        )
    try:
        yield process, said
    finally:
        process.kill()
        process.wait(10)


def alive_says(url: str) -> int | None:
    """Returns the status of an answer over a new connection, None where the connection is cut."""
    try:
        return httpx.get(f"{url}/livez", timeout=10).status_code
    except httpx.TransportError:
        return None


def workers(said: Path) -> list[int]:
    return [int(pid) for pid in READY.findall(said.read_text())]


@pytest.mark.slow
def test_a_killed_worker_costs_no_more_than_its_own_requests_and_is_replaced(
    tmp_path: Path,
) -> None:
    with supervisor(tmp_path, "--port=0", f"--upstream={UPSTREAM}") as (process, said):
        wait_until(lambda: "2 workers" in said.read_text() or process.poll() is not None)
        (url,) = re.findall(r"ready at (\S+), 2 workers", said.read_text())
        first, second = workers(said)
        os.kill(first, signal.SIGKILL)
        answers: list[int | None] = []

        def replaced() -> bool:
            answers.append(alive_says(url))
            return len(workers(said)) == 3

        wait_until(replaced)
        # A connection that the kernel gave the dead worker is lost; every other one is answered.
        assert answers.count(None) <= 1
        assert answers.count(200) == len(answers) - answers.count(None) > 0
        assert f"edge worker {first} ended (SIGKILL)" in said.read_text()
        third = workers(said)[2]
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert not any(map(alive, (second, third)))


@pytest.mark.slow
def test_workers_that_cannot_start_are_one_clear_line(tmp_path: Path) -> None:
    with supervisor(tmp_path, "--port=0", "--upstream=no.such.Service=x:1") as (process, said):
        assert process.wait(30) == 1
        lines = said.read_text().splitlines()
    assert "Traceback" not in said.read_text()
    assert [line for line in lines if "no service no.such.Service" in line][1:] == []
    assert lines[-1] == "selvedge: a worker could not start; why is said above"
