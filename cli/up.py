"""`selvedge up`: every service and the edge, each in its own process, until interrupted."""

import asyncio
import shlex
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.child import end, reason, spawn
from cli.lock import only_one
from cli.workers import WORKERS_MAX
from edge.config import EdgeSettings
from mesh.config import MeshSettings, read_settings
from mesh.discovery import Lease, LeaseDirectory
from mesh.startup import StartupError
from mesh.stopping import stop_event
from services.topology import SERVICES

READY_SECONDS_MAX = 60.0
POLL_SECONDS = 0.05
NAME = "selvedge"

console = Console(highlight=False)


@dataclass(slots=True)
class Child:
    """One process that was started, and the words of `selvedge` that start it."""

    service: str
    words: list[str]
    process: asyncio.subprocess.Process
    lease: Lease | None = None


def up(
    edge_workers: Annotated[
        int | None,
        typer.Option(min=1, max=WORKERS_MAX, help="edge processes that share the port"),
    ] = None,
) -> None:
    """Start every service and the edge, and keep them running until interrupted."""
    settings = read_settings(MeshSettings)
    workers = edge_workers or read_settings(EdgeSettings).workers
    with only_one(settings.data):
        asyncio.run(_up(settings, workers))


async def _up(settings: MeshSettings, workers: int) -> None:
    stopping = stop_event(settings)
    started = time.monotonic()
    children: list[Child] = []
    try:
        for name, words in _commands(workers):
            children.append(Child(name, words, await spawn(words, settings)))
        await _until_ready(children, settings, stopping)
        if not stopping.is_set():
            _show(children, time.monotonic() - started)
            await _watch(children, stopping)
            if not stopping.is_set():
                raise StartupError("every process has ended")
    finally:
        await _stop(children, settings)


def _commands(workers: int) -> Iterable[tuple[str, list[str]]]:
    """Yields each process's name and arguments."""
    for service in SERVICES:
        yield service.name, ["serve", service.name]
    upstreams = [
        f"--upstream={contract}={service.name}"
        for service in SERVICES
        for contract in service.contracts
    ]
    several = [f"--workers={workers}"] if workers > 1 else []
    yield "edge", ["edge", *several, *upstreams]


async def _until_ready(
    children: list[Child], settings: MeshSettings, stopping: asyncio.Event
) -> None:
    """Waits until every child takes calls.

    Raises:
        StartupError: one ended, or the time is over.
    """
    directory = LeaseDirectory(settings.data / "run")
    limit = time.monotonic() + READY_SECONDS_MAX
    with console.status("starting") as status:
        while not stopping.is_set():
            ready = {lease.pid: lease for lease in directory.leases() if lease.ready}
            for child in children:
                child.lease = ready.get(child.process.pid)
            waiting = [child.service for child in children if child.lease is None]
            if not waiting:
                return
            status.update(f"waiting for {', '.join(waiting)}")
            _raise_if_ended(children)
            if time.monotonic() > limit:
                raise StartupError(f"not ready within {READY_SECONDS_MAX:g} s: {waiting}")
            await asyncio.sleep(POLL_SECONDS)


def _raise_if_ended(children: list[Child]) -> None:
    ended = [child.service for child in children if child.process.returncode is not None]
    if ended:
        raise StartupError(f"{', '.join(ended)} could not start; why is said above")


def _show(children: list[Child], seconds: float) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("service", "address", "health"):
        table.add_column(column, no_wrap=True)
    for child in children:
        table.add_row(child.service, child.lease.address if child.lease else "", "serving")
    console.print(table)
    address = children[-1].lease.address if children[-1].lease else ""
    console.print(_examples(f"http://{address}", seconds), soft_wrap=True, markup=False)


def _examples(url: str, seconds: float) -> str:
    query = (
        "{ products(first: 2) { nodes { title reviews(first: 3) { nodes { author rating } } } } }"
    )
    return f"""
ready in {seconds:.1f} s. Try:

  curl '{url}/v1/products?page_size=2'
  curl '{url}/v1/products/-/reviews?filter=rating%3D5&page_size=1'
  curl '{url}/graphql' -H 'Content-Type: application/json' -d '{{"query": "{query}"}}'

REST     {url}/v1/…
OpenAPI  {url}/openapi.json   {url}/docs
GraphQL  {url}/graphql

Ctrl-C ends everything."""


async def _watch(children: list[Child], stopping: asyncio.Event) -> None:
    """Waits for the end, ours or that of the last child; says so when a child ends."""
    stop = asyncio.create_task(stopping.wait())
    ends = {asyncio.create_task(child.process.wait()): child for child in children}
    while not stop.done() and ends:
        done, _ = await asyncio.wait({stop, *ends}, return_when=asyncio.FIRST_COMPLETED)
        for task in done & ends.keys():
            child = ends.pop(task)
            console.print(
                f"{child.service} ended ({reason(child.process)}); the others go on. "
                f"To start it again: {shlex.join([called_as(sys.argv[0]), *child.words])}",
                soft_wrap=True,
            )
    stop.cancel()
    for task in ends:
        task.cancel()


def called_as(called: str) -> str:
    """Returns `selvedge` as it was called here: below `.venv/bin` it is on nobody's path."""
    return called if Path(called).name == NAME else NAME


async def _stop(children: list[Child], settings: MeshSettings) -> None:
    """Drains the edge first, so that what it has under way is still answered, then the rest."""
    console.print("draining", soft_wrap=True)
    for group in (
        [child for child in children if child.service == "edge"],
        [child for child in children if child.service != "edge"],
    ):
        await asyncio.gather(*(end(child.process, settings) for child in group))
