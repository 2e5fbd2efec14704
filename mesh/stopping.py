"""What ends a process: SIGTERM, SIGINT, or the end of its supervisor."""

import asyncio
import os
import signal
import sys

from mesh.config import MeshSettings


def stop_event(settings: MeshSettings) -> asyncio.Event:
    """Returns an event that SIGTERM, SIGINT, or the end of the supervisor sets."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    if settings.supervised:
        # The supervisor holds the other end of our standard input. However it ends, we see it.
        loop.add_reader(sys.stdin.fileno(), _input_ended, loop, stopping)
    return stopping


def _input_ended(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        loop.remove_reader(sys.stdin.fileno())
        stopping.set()
