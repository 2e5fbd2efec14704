"""The public door: its routes and its middleware, each one visible list."""

from collections.abc import Awaitable, Callable
from functools import cache

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.call import Caller
from edge.codec import Codec
from edge.config import EdgeSettings
from edge.contracts.model import Contracts
from edge.docs.page import docs_routes
from edge.errors import MethodNotAllowed
from edge.graphql.handler import graphql_app
from edge.middleware.context import ContextMiddleware
from edge.middleware.last_resort import LastResortMiddleware
from edge.middleware.limits import LimitsMiddleware
from edge.middleware.request_id import RequestIdMiddleware
from edge.middleware.telemetry import TelemetryMiddleware
from edge.rest.handler import RestHandler
from edge.rest.openapi import openapi_document

Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(contracts: Contracts, caller: Caller, settings: EdgeSettings) -> Starlette:
    """Returns the edge over a set of contracts.

    Raises:
        ContractError: the contracts contradict themselves.
    """
    codec = Codec(
        contracts,
        emit_defaults=settings.rest_defaults == "emit",
        ignore_unknown=settings.unknown_fields == "ignore",
    )
    rest = RestHandler(contracts, codec, caller, settings)
    graphql = graphql_app(contracts, codec, caller, settings)
    openapi = _openapi(rest, contracts, google_errors=settings.rest_errors == "google")
    return Starlette(
        routes=_routes(rest, graphql, openapi),
        middleware=_middleware(settings),
        exception_handlers={405: _refuse_verb},
    )


def _routes(rest: ASGIApp, graphql: ASGIApp, openapi: Endpoint) -> list[BaseRoute]:
    """The routes in the order in which they are tried; what none of them takes is REST's."""
    return [
        Route("/livez", _alive),
        Route("/readyz", _alive),
        Route("/openapi.json", openapi),
        *docs_routes(),
        Route("/graphql", graphql),
        Route("/graphql/assets/{name}", graphql),
        WebSocketRoute("/graphql", graphql),
        _Rest(rest),
    ]


def _middleware(settings: EdgeSettings) -> list[Middleware]:
    """What every request passes, outermost first."""
    return [
        Middleware(RequestIdMiddleware),
        Middleware(TelemetryMiddleware),
        Middleware(LastResortMiddleware, google=settings.rest_errors == "google"),
        Middleware(
            LimitsMiddleware,
            body_bytes_max=settings.body_bytes_max,
            header_bytes_max=settings.header_bytes_max,
            target_bytes_max=settings.target_bytes_max,
        ),
        Middleware(ContextMiddleware, forward=settings.forward_headers),
    ]


class _Rest(BaseRoute):
    """Takes every path, with newlines or without a slash too.

    It matches in part: a path of another route stays that route's, whatever the HTTP method.
    """

    path = "*"

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Says that any HTTP request may come here, if nowhere else."""
        return (Match.PARTIAL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        await self._app(scope, receive, send)


async def _refuse_verb(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException) and error.headers
    raise MethodNotAllowed(request.method, sorted(error.headers["Allow"].split(", ")))


async def _alive(request: Request) -> Response:
    return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})


def _openapi(rest: RestHandler, contracts: Contracts, *, google_errors: bool) -> Endpoint:
    """Serves the document, which is made and serialized once, when first asked for."""

    @cache
    def document() -> bytes:
        bindings = rest.router.bindings()
        return orjson.dumps(openapi_document(contracts, bindings, google_errors=google_errors))

    async def serve(request: Request) -> Response:
        return Response(document(), media_type="application/json")

    return serve
