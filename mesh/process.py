"""The life of a process: start in any order, readiness, SIGTERM, drain."""

import asyncio
import gc
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.channel import MeshChannel, Upstream
from mesh.config import MeshSettings, read_settings
from mesh.discovery import LeaseDirectory, resolver
from mesh.server import Server, Servicer
from mesh.startup import StartupError
from mesh.stopping import stop_event
from mesh.store import migrate, open_engine
from mesh.telemetry import logging as log_lines
from mesh.telemetry import tracing
from mesh.telemetry.database import trace_statements
from mesh.warming import warm

__all__ = ["Runtime", "Servicer", "run"]

log = logging.getLogger(__name__)


class Runtime:
    """What a service may use of its process. All of it is closed when the process drains.

    `stopping` is set when the drain begins: streams without an end of their own end then.
    """

    def __init__(
        self, name: str, settings: MeshSettings, closing: AsyncExitStack, stopping: asyncio.Event
    ) -> None:
        self.name = name
        self.settings = settings
        self.stopping = stopping
        self.resolver = resolver(settings)
        self._closing = closing
        self._channels: dict[str, MeshChannel] = {}

    def channel(self, service: str) -> MeshChannel:
        """Returns a channel to another service of the mesh, for a generated stub."""
        if service not in self._channels:
            limit = self.settings.message_bytes_max
            upstream = Upstream(service, self.resolver, message_bytes_max=limit)
            self._closing.push_async_callback(upstream.close)
            self._channels[service] = MeshChannel(upstream)
        return self._channels[service]

    async def database(self, migrations: Path) -> AsyncEngine:
        """Returns the engine of this service's own database, at the newest migration.

        Raises:
            StartupError: the database cannot be reached, read, or brought up to date.
        """
        engine = open_engine(self._database_url())
        self._closing.push_async_callback(engine.dispose)
        await migrate(engine, migrations)
        trace_statements(engine)
        return engine

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs something beside the server until the process drains."""
        task = asyncio.create_task(work)
        task.add_done_callback(_report)
        self._closing.push_async_callback(_cancel, task)

    def _database_url(self) -> str | URL:
        if self.settings.database_url:
            return self.settings.database_url.replace("{service}", self.name)
        folder = (self.settings.data / "data").resolve()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StartupError(
                f"cannot write to {folder}: {error.strerror}; set SELVEDGE_DATA"
            ) from error
        # Not as text: a `?` in the path would begin the URL's query.
        return URL.create("sqlite", database=str(folder / f"{self.name}.db"))


Build = Callable[[Runtime], Awaitable[Sequence[Servicer]]]


def run(name: str, build: Build) -> None:
    """Runs a service until SIGTERM or SIGINT; exits 1 with one line where it cannot start."""
    try:
        settings = read_settings(MeshSettings)
        uvloop.run(_serve(name, build, settings))
    except StartupError as error:
        print(f"selvedge: {name}: {error}", file=sys.stderr)
        sys.exit(1)


async def _serve(name: str, build: Build, settings: MeshSettings) -> None:
    log_lines.configure(name, settings)
    stopping = stop_event(settings)
    async with AsyncExitStack() as closing:
        closing.callback(tracing.configure(name, settings).shutdown)
        directory = LeaseDirectory(settings.data / "run")
        lease = closing.enter_context(directory.hold(name, f"{name}-{os.getpid()}"))
        runtime = Runtime(name, settings, closing, stopping)
        servicers = await build(runtime)
        warm(servicer.descriptor for servicer in servicers)
        server = Server(
            servicers,
            reflect=not settings.production,
            message_bytes_max=settings.message_bytes_max,
        )
        address = await server.start(settings.host, settings.port)
        gc.freeze()  # what start made stays: no collection, which stops every call, walks it
        lease.announce(address)
        log.info("ready at %s", address)
        await stopping.wait()
        lease.withdraw()
        await server.stop(settings.drain_seconds)
    log.info("drained")


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception():
        log.error("background work of %s ended", task.get_coro(), exc_info=task.exception())
