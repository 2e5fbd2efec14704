"""`selvedge edge`: the public door, over these contracts or anybody's."""

import asyncio
import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from socket import AF_INET, AF_INET6, IPPROTO_TCP, TCP_NODELAY, create_server, socket
from typing import Annotated

import typer
import uvicorn
import uvloop
from starlette.types import ASGIApp

from cli.image import image_path
from cli.workers import WORKERS_MAX, cannot_listen, supervise
from edge.app import create_app
from edge.config import EdgeSettings
from edge.contracts.load import load_contracts
from edge.listener import http_protocol
from edge.sockets import SocketProtocol
from edge.upstreams import MeshCaller, Target, parse_upstreams
from mesh.config import MeshSettings, read_settings
from mesh.discovery import HeldLease, LeaseDirectory, resolver
from mesh.stopping import stop_event
from mesh.telemetry import logging as log_lines
from mesh.telemetry import tracing

log = logging.getLogger(__name__)

OUR_EXAMPLES = Path(__file__).with_name("examples.json")
READY_POLL_SECONDS = 0.01
BACKLOG_MAX = 2048


def edge(
    contracts: Annotated[
        Path | None, typer.Option(help="compiled FileDescriptorSet; default: our own")
    ] = None,
    upstream: Annotated[
        list[str] | None,
        typer.Option(help="pkg.Service=host:port (https://host:port for TLS); repeatable"),
    ] = None,
    overlay: Annotated[
        list[Path] | None, typer.Option(help="rules over the contracts (YAML); repeatable")
    ] = None,
    host: Annotated[str | None, typer.Option(help="address to listen on")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="port to listen on; 0: any free one")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=WORKERS_MAX, help="processes that share the port")
    ] = None,
    ready_fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve REST, OpenAPI and GraphQL derived from contracts, on one port."""
    settings = read_settings(EdgeSettings)
    overlays = tuple(overlay) if overlay else None
    overridden = {"host": host, "edge_port": port, "workers": workers, "overlays": overlays}
    settings = settings.model_copy(
        update={name: value for name, value in overridden.items() if value is not None}
    )
    if contracts is None and settings.examples is None:
        settings = settings.model_copy(update={"examples": OUR_EXAMPLES})
    upstreams = upstream or []
    if settings.workers > 1 and ready_fd is None:
        _supervise(upstreams, settings)
    uvloop.run(_serve(contracts or image_path(), upstreams, settings, ready_fd))


def _supervise(upstreams: list[str], settings: EdgeSettings) -> None:
    """Becomes the supervisor of workers that are started with our own words."""
    of_the_mesh = any(Target.parse(word.partition("=")[2]).endpoint is None for word in upstreams)
    supervise(settings.workers, settings.host, settings.edge_port, sys.argv[1:], lease=of_the_mesh)


async def _serve(
    image: Path, upstreams: list[str], settings: EdgeSettings, ready_fd: int | None
) -> None:
    mesh = read_settings(MeshSettings)
    log_lines.configure("edge", mesh)
    contracts = load_contracts(image, settings.overlays)
    targets = parse_upstreams(upstreams, contracts)
    async with AsyncExitStack() as closing:
        closing.callback(tracing.configure("edge", mesh).shutdown)
        caller = MeshCaller(targets, resolver(mesh), message_bytes_max=mesh.message_bytes_max)
        closing.push_async_callback(caller.close)
        socket = closing.enter_context(
            _listen(settings.host, settings.edge_port, shared=ready_fd is not None)
        )
        of_the_mesh = any(target.endpoint is None for target in targets.values())
        lease = _hold_lease(mesh, closing, ready_fd) if of_the_mesh else None
        app = create_app(contracts, caller, settings)
        gc.freeze()  # what start made stays: no collection, which stops every call, walks it
        stopping = stop_event(mesh)
        await _run(_server(app, mesh, settings), socket, lease, stopping, caller.drain, ready_fd)


async def _run(
    server: "_Server",
    socket: socket,
    lease: HeldLease | None,
    stopping: asyncio.Event,
    drain: Callable[[], None],
    ready_fd: int | None,
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[socket]))
    while not (server.started or serving.done()):  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(READY_POLL_SECONDS)
    host, port = socket.getsockname()[:2]
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if lease:
        lease.announce(address)
    if ready_fd is None:
        log.info("ready at http://%s", address)
    else:
        os.write(ready_fd, b"\n")  # to our supervisor, who says it for all of us
    stop = asyncio.create_task(stopping.wait())
    await asyncio.wait((serving, stop), return_when=asyncio.FIRST_COMPLETED)
    if lease:
        lease.withdraw()
    drain()
    server.should_exit = True
    stop.cancel()
    await serving


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: signals are the process's to handle."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the signals alone."""
        yield


def _server(app: ASGIApp, mesh: MeshSettings, settings: EdgeSettings) -> _Server:
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nothing here reads who a proxy says that the client is
        date_header=True,
        timeout_graceful_shutdown=int(mesh.drain_seconds) or 1,
        ws_max_size=settings.body_bytes_max,
        http=http_protocol(settings),
        ws=SocketProtocol,
    )
    return _Server(config)


def _listen(host: str, port: int, *, shared: bool = False) -> socket:
    try:
        family = AF_INET6 if ":" in host else AF_INET
        listening = create_server(
            (host, port), family=family, backlog=BACKLOG_MAX, reuse_port=shared
        )
        # asyncio sets it only where the protocol is not 0; without it each answer waits 40 ms.
        listening.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        return listening
    except OSError as error:
        raise cannot_listen(host, port, error) from error


def _hold_lease(settings: MeshSettings, closing: AsyncExitStack, ready_fd: int | None) -> HeldLease:
    """Takes our lease; a worker's names its supervisor too."""
    supervisor = "" if ready_fd is None else f"{os.getppid()}-"
    directory = LeaseDirectory(settings.data / "run")
    return closing.enter_context(directory.hold("edge", f"edge-{supervisor}{os.getpid()}"))
