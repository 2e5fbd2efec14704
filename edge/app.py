"""The public door: what it answers itself, REST behind, and its middleware; each a visible list."""

from collections.abc import Mapping, Sequence

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.call import Caller
from edge.config import EdgeSettings
from edge.contracts.audience import PUBLIC
from edge.contracts.model import Contracts
from edge.docs.page import docs_doors
from edge.document import Document
from edge.errors import NoSuchPath
from edge.faces import Face, make_faces
from edge.middleware.compression import CompressionMiddleware
from edge.middleware.context import ContextMiddleware
from edge.middleware.cors import cors
from edge.middleware.last_resort import LastResortMiddleware
from edge.middleware.limits import LimitsMiddleware, TakesUpload
from edge.middleware.request_id import RequestIdMiddleware
from edge.middleware.server_timing import ServerTimingMiddleware
from edge.middleware.telemetry import TelemetryMiddleware
from edge.openapi.published import published
from edge.reads import reading

Doors = Mapping[str, ASGIApp]
"""Applications by path; a path that ends in `/` takes any one segment below it."""


def create_app(contracts: Contracts, caller: Caller, settings: EdgeSettings) -> "Edge":
    """Returns the edge over a set of contracts.

    REST is that of the public audience; the others have documents and GraphQL of their own (R15).

    Raises:
        ContractError: the contracts contradict themselves.
    """
    faces = make_faces(contracts, reading(caller, contracts, settings), settings)
    doors = _doors(faces, published(contracts, faces, settings))
    middleware = _middleware(settings, faces[PUBLIC].rest.takes_upload)
    return Edge(doors, _sockets(faces), faces[PUBLIC].rest, middleware)


def _doors(faces: Mapping[str, Face], documents: Doors) -> Doors:
    """What the edge answers over HTTP itself; what is not in it is REST's."""
    alive = Document(lambda: b'{"status":"ok"}', "application/json", {"cache-control": "no-store"})
    doors: dict[str, ASGIApp] = {"/livez": alive, "/readyz": alive, **docs_doors(), **documents}
    for face in faces.values():
        doors[_graphql_path(face)] = doors[f"{_graphql_path(face)}/assets/"] = face.graphql
    return doors


def _sockets(faces: Mapping[str, Face]) -> Doors:
    """What takes web sockets."""
    return {_graphql_path(face): face.graphql for face in faces.values()}


def _middleware(settings: EdgeSettings, takes_upload: TakesUpload) -> list[Middleware]:
    """What every request passes, outermost first."""
    return [
        Middleware(RequestIdMiddleware),
        Middleware(TelemetryMiddleware),
        *cors(settings),
        *([Middleware(ServerTimingMiddleware)] if settings.tells_timing else []),
        Middleware(CompressionMiddleware),
        Middleware(LastResortMiddleware, google=settings.rest_errors == "google"),
        Middleware(
            LimitsMiddleware,
            body_bytes_max=settings.body_bytes_max,
            upload_bytes_max=settings.upload_bytes_max,
            takes_upload=takes_upload,
            header_bytes_max=settings.header_bytes_max,
            headers_max=settings.headers_max,
            target_bytes_max=settings.target_bytes_max,
        ),
        Middleware(ContextMiddleware, forward=settings.forward_headers),
    ]


class Edge:
    """The ASGI application: the middleware, then the one whose path it is.

    The edge's own paths are looked up, not tried in turn: most requests are for REST, and pass all.
    """

    def __init__(
        self, doors: Doors, sockets: Doors, rest: ASGIApp, middleware: Sequence[Middleware]
    ) -> None:
        self.doors = doors
        self.sockets = sockets
        self.middleware = middleware
        self._rest = rest
        self._app: ASGIApp = self._dispatch
        for entry in reversed(middleware):
            self._app = entry.cls(self._app, *entry.args, **entry.kwargs)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request or socket."""
        await self._app(scope, receive, send)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if scope["type"] == "http":
            door = self.doors.get(path) or self.doors.get(path[: path.rfind("/") + 1], self._rest)
        else:
            door = self.sockets.get(path, _no_socket)
        await door(scope, receive, send)


async def _no_socket(scope: Scope, receive: Receive, send: Send) -> None:
    raise NoSuchPath("no socket opens here")


def _graphql_path(face: Face) -> str:
    return "/graphql" if face.audience == PUBLIC else f"/graphql/{face.audience}"
