"""The GraphQL endpoint over HTTP: request → asked → answer → HTTP, as GraphQL over HTTP says.

No request is taken for what a browser may send to another site unasked (CSRF): a POST must be
`application/json`, a GET only reads, and with a cookie it needs a header of ours too.
"""

from collections.abc import Callable, Mapping
from functools import partial

from graphql import OperationType
from starlette.types import ASGIApp, Receive, Scope, Send

from edge.answer import answer
from edge.body import whole_body
from edge.config import EdgeSettings
from edge.errors import (
    HttpError,
    MethodNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
    http_status,
)
from edge.graphql.engine import Answer, Engine
from edge.graphql.freshness import kept
from edge.graphql.http.formats import EVENTS, GRAPHQL, JSON, Accepted, accepted, headers_of
from edge.graphql.http.request import Asked, read_body, read_query_string
from edge.graphql.http.sse import send_events
from edge.loading.execution import Execution
from edge.middleware.context import NOTES
from edge.rest.disconnect import WhileConnected
from mesh.errors import InvalidArgument, MeshError, PermissionDenied

CSRF = b"x-selvedge-csrf"
READS = ("GET", "HEAD")
METHODS = (*READS, "POST")
NO_STORE = (b"cache-control", b"no-store")

_HEADERS = {format_: headers_of(format_) for format_ in (JSON, GRAPHQL, EVENTS)}
_JSON = (JSON, JSON + b"; charset=utf-8", JSON + b";charset=utf-8")
_UTF_8 = (b"charset=utf-8", b'charset="utf-8', b"charset=utf8")


class Endpoint:
    """An ASGI application that answers GET, HEAD and POST.

    Raises:
        BodyTooSlow: the body did not arrive in time.
        PermissionDenied: a cookie came by GET without the header against CSRF.
    """

    def __init__(
        self,
        engine: Engine,
        open_: Callable[[Scope, OperationType], Execution],
        page: ASGIApp | None,
        settings: EdgeSettings,
    ) -> None:
        self._engine = engine
        self._open = open_
        self._page = page
        self._body_seconds = settings.write_seconds
        self._depth_max = settings.json_depth_max
        self._parameters_max = settings.parameters_max
        self._gets_by_hash = settings.graphql_gets_by_hash
        self._heartbeat_seconds = settings.stream_heartbeat_seconds
        names = ("accept", "authorization", *settings.forward_headers)
        self._vary = (b"vary", ", ".join(names).encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; whoever leaves before the answer gets none."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        accept = headers.get(b"accept", b"")
        if self._page and scope["method"] in READS and b"text/html" in accept:
            await self._page(scope, receive, send)
            return
        takes = accepted(accept)
        try:
            asked = await self._read(scope, headers, receive)
        except (InvalidArgument, MethodNotAllowed) as error:
            await self._refuse(send, error, takes)
            return
        if takes.best is None:
            await self._refuse(send, NotAcceptable("answers are JSON or events"), takes)
        elif asked is not None:
            async with WhileConnected(receive):
                await self._answer(scope, send, asked, takes)

    async def _read(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive
    ) -> Asked | None:
        """Returns what is asked, None where the client left."""
        method = scope["method"]
        if method == "POST":
            _check_content_type(headers.get(b"content-type", b""))
            body = await whole_body(receive, self._body_seconds)
            return None if body is None else read_body(body, self._depth_max)
        if method not in READS:
            raise MethodNotAllowed(method, METHODS)
        if b"cookie" in headers and not headers.get(CSRF):
            raise PermissionDenied(
                "a GET that sends a cookie needs the header X-Selvedge-CSRF", reason="CSRF"
            )
        asked = read_query_string(scope["query_string"], self._parameters_max, self._depth_max)
        if self._gets_by_hash and not (asked.sha256 or asked.document_id):
            raise InvalidArgument("a GET names its document by hash here", reason="GET_BY_HASH")
        return asked

    async def _answer(self, scope: Scope, send: Send, asked: Asked, takes: Accepted) -> None:
        open_ = partial(self._open, scope)
        if takes.events and self._streams(asked, takes):
            headers = [*_HEADERS[EVENTS], NO_STORE]
            answers = self._engine.stream(asked, open_)
            await send_events(send, answers, headers, self._heartbeat_seconds)
            return
        found = await self._engine.execute(asked, open_)
        format_ = takes.best if takes.best != EVENTS else JSON
        assert format_
        headers = _HEADERS[format_]
        if asked.reads_only:
            headers = [*headers, *kept(found.cache_control, scope.get(NOTES)), self._vary]
        if isinstance(found.refusal, HttpError):
            headers = [*headers, *found.refusal.headers()]
        await answer(send, _status(found, format_), headers, found.body)

    def _streams(self, asked: Asked, takes: Accepted) -> bool:
        """Says whether events go out: the client likes them best, or there is no other way."""
        type_ = self._engine.type_of(asked)
        if asked.reads_only and type_ is OperationType.MUTATION:
            return False
        return takes.best == EVENTS or type_ is OperationType.SUBSCRIPTION

    async def _refuse(self, send: Send, error: MeshError, takes: Accepted) -> None:
        """Refuses what is no GraphQL request at all: the status says so in either format."""
        format_ = GRAPHQL if takes.best == GRAPHQL else JSON
        more = error.headers() if isinstance(error, HttpError) else []
        headers = [*_HEADERS[format_], NO_STORE, *more]
        await answer(send, http_status(error), headers, self._engine.refuse(error).body)


def _status(found: Answer, format_: bytes) -> int:
    """A refusal is the client's error; `application/json` says 200 for ever (GraphQL over HTTP)."""
    if found.refusal is None:
        return 200
    if isinstance(found.refusal, HttpError):
        return http_status(found.refusal)
    return 400 if format_ == GRAPHQL else 200


def _check_content_type(value: bytes) -> None:
    if value in _JSON:
        return
    media, *parameters = (part.strip().lower() for part in value.split(b";"))
    charsets = [p for p in parameters if p.startswith(b"charset=")]
    if media != JSON or any(p.strip(b'"') not in _UTF_8 for p in charsets):
        raise UnsupportedMediaType("a POST is application/json in UTF-8")
