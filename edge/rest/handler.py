"""The REST face: router → request plan → caller → response plan."""

import asyncio
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from edge.answer import answer
from edge.call import Caller, RequestContext
from edge.codec import Codec
from edge.config import EdgeSettings
from edge.contracts.model import Contracts, Method
from edge.errors import NO_STORE, BodyTooSlow, ErrorContext, problem
from edge.middleware.context import request_context
from edge.rest.around import Around, Asked, around
from edge.rest.deprecation import Notice, notice_of
from edge.rest.disconnect import WhileConnected
from edge.rest.router import Binding, Match, Router, bindings_of
from edge.rest.sse import LAST_EVENT_ID
from edge.rest.stream import send_stream
from edge.rest.transcode import RequestPlan, ResponsePlan
from mesh.contracts import Idempotency
from mesh.deadline import Deadline
from mesh.errors import InvalidArgument, MeshError
from mesh.metadata import ROUTING
from mesh.telemetry.tracing import current_trace_id

NOSNIFF = (b"x-content-type-options", b"nosniff")


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """What is known of a binding before any request comes."""

    method: Method
    request: RequestPlan
    response: ResponsePlan
    around: Around
    timeout_seconds: float
    notice: Notice | None


class RestHandler:
    """An ASGI application that serves every binding of a set of contracts.

    Raises:
        ContractError: two bindings match the same paths, or one names what is not there.
    """

    def __init__(
        self, contracts: Contracts, codec: Codec, caller: Caller, settings: EdgeSettings
    ) -> None:
        self._caller = caller
        self._google = settings.rest_errors == "google"
        self._heartbeat_seconds = settings.stream_heartbeat_seconds
        self.router = Router(
            bindings_of(contracts), serves=caller.serves, conflicts=settings.route_conflicts
        )
        self._endpoints = {
            binding: _Endpoint(
                binding.method,
                RequestPlan(binding, contracts, codec, settings),
                ResponsePlan(binding, codec),
                around(binding, contracts, settings.forward_headers),
                _timeout_seconds(binding, settings),
                notice_of(binding, contracts),
            )
            for binding in self.router.bindings()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one HTTP request."""
        try:
            match = self.router.match(scope["method"], str(scope["raw_path"], "latin-1"))
            endpoint = self._endpoints[match.binding]
            send = endpoint.notice.over(scope, send) if endpoint.notice else send
            asked = endpoint.around.read(scope)
            context = _context(scope, endpoint, match, asked)
            request = await _read(scope, receive, endpoint, match, asked, context.deadline)
            async with WhileConnected(receive):
                if endpoint.method.facts.server_streaming:
                    await self._stream(scope, send, endpoint, request, asked, context)
                else:
                    await self._unary(send, endpoint, request, asked, context)
        except MeshError as error:
            await answer(send, *problem(error, self._errors(scope)))

    async def _unary(
        self, send: Send, endpoint: _Endpoint, request: bytes, asked: Asked, context: RequestContext
    ) -> None:
        conditions = endpoint.around.conditions
        if conditions.reads:
            message = await self._caller.unary(endpoint.method, request, context)
        else:
            message = await conditions.write(
                lambda data: self._caller.unary(endpoint.method, data, context),
                request,
                asked.headers,
            )
        tag = conditions.tag(message)
        if conditions.reads and (same := conditions.unchanged(tag, asked.headers)):
            headers = endpoint.around.headers(message, same, asked, context.notes)
            await answer(send, 304, headers, b"")
            return
        content_type, body = endpoint.response.write(message)
        if asked.selection is not None:
            body = asked.selection.prune(body)
        headers = endpoint.around.headers(message, tag, asked, context.notes)
        await answer(send, 200, [(b"content-type", content_type), NOSNIFF, *headers], body)

    async def _stream(
        self,
        scope: Scope,
        send: Send,
        endpoint: _Endpoint,
        request: bytes,
        asked: Asked,
        context: RequestContext,
    ) -> None:
        frames = endpoint.around.frames(asked, endpoint.response.write_json)
        if scope["method"] == "HEAD":  # it has no body, so nothing would end the stream
            await answer(send, 200, [(b"content-type", frames.content_type), NO_STORE], b"")
            return
        await send_stream(
            send,
            self._caller.stream(endpoint.method, request, context),
            frames,
            self._errors(scope),
            heartbeat_seconds=self._heartbeat_seconds,
            resumed=LAST_EVENT_ID in asked.headers,
        )

    def _errors(self, scope: Scope) -> ErrorContext:
        return ErrorContext(str(scope["raw_path"], "latin-1"), current_trace_id(), self._google)


def _context(scope: Scope, endpoint: _Endpoint, match: Match, asked: Asked) -> RequestContext:
    routing: tuple[tuple[str, str], ...] = ()
    if match.values:
        routing = ((ROUTING, endpoint.request.routing(match.values)),)
    return request_context(scope, endpoint.timeout_seconds, routing, no_cache=asked.no_cache)


async def _read(
    scope: Scope,
    receive: Receive,
    endpoint: _Endpoint,
    match: Match,
    asked: Asked,
    deadline: Deadline,
) -> bytes:
    """Returns the request message; only a body that the method takes is waited for."""
    plan = endpoint.request
    content_type = body = b""
    if plan.takes_body:
        content_type = next((v for k, v in scope["headers"] if k == b"content-type"), b"")
        body = await _body(receive, deadline)
    request = plan.read(match.values, asked.query, body, content_type)
    return endpoint.around.complete(request, asked)


async def _body(receive: Receive, deadline: Deadline) -> bytes:
    chunks = []
    try:
        async with asyncio.timeout(deadline.remaining()):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise InvalidArgument("the body ended too early")
                chunks.append(message.get("body", b""))
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError as error:
        raise BodyTooSlow("the body did not arrive in time") from error


def _timeout_seconds(binding: Binding, settings: EdgeSettings) -> float:
    """A stream lives as long as its method says, a call no longer than its kind may."""
    facts = binding.method.facts
    if facts.server_streaming:
        return facts.deadline_seconds
    reads = binding.rule.verb == "GET" or facts.idempotency is Idempotency.NO_SIDE_EFFECTS
    return min(facts.deadline_seconds, settings.read_seconds if reads else settings.write_seconds)
