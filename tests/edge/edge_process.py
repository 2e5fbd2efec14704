"""An edge as its users start it, over an image of a test, with whoever serves it."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY = re.compile(r"ready at http://(\[.*\]|[\d.]+):(\d+)")
STOP_SECONDS_MAX = 20
ANSWER_SECONDS_MAX = 10.0


@dataclass
class EdgeProcess:
    """A running edge, its address, and what it logged."""

    process: subprocess.Popen[str]
    host: str
    port: int
    lines: list[str]

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def resident_bytes(self) -> int:
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def read_bytes(self) -> int:
        """What the process read so far, from sockets too."""
        counters = Path(f"/proc/{self.process.pid}/io").read_text()
        return int(counters.splitlines()[0].split()[1])

    def talk(self, sent: bytes, *, end: bool = False) -> bytes:
        """Sends bytes; returns all that comes until the edge closes. `end` closes our side."""
        with socket.create_connection((self.host, self.port), ANSWER_SECONDS_MAX) as connection:
            try:
                connection.sendall(sent)
                if end:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it may close before it read all
            return b"".join(_received(connection))


def _received(connection: socket.socket) -> Iterator[bytes]:
    while piece := connection.recv(65536):
        yield piece


@contextmanager
def edge_process(image: Path, *upstreams: str, **settings: str) -> Iterator[EdgeProcess]:
    """Runs `selvedge edge` until the block ends."""
    words = [word for pair in upstreams for word in ("--upstream", pair)]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SELVEDGE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "edge", "--port", "0", "--contracts", image, *words],
        cwd=ROOT,
        env=kept | {f"SELVEDGE_{name.upper()}": value for name, value in settings.items()},
        stderr=subprocess.PIPE,
        text=True,
    )
    lines: list[str] = []
    try:
        host, port = _ready(process, lines)
        yield EdgeProcess(process, host, port, lines)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS_MAX)


def _ready(process: subprocess.Popen[str], lines: list[str]) -> tuple[str, int]:
    assert process.stderr
    for line in process.stderr:
        lines.append(line)
        if match := READY.search(line):
            threading.Thread(target=lines.extend, args=(process.stderr,), daemon=True).start()
            return match[1].strip("[]"), int(match[2])
    raise AssertionError("".join(lines))
