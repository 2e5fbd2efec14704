"""The REST face: router → request plan → caller → response plan."""

import asyncio
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from edge.answer import answer
from edge.call import Caller, RequestContext
from edge.codec import Codec
from edge.config import EdgeSettings
from edge.contracts.model import Contracts, Method
from edge.errors import BodyTooSlow, ErrorContext, Headers, problem
from edge.middleware.context import request_context
from edge.rest.deprecation import Notice, notice_of
from edge.rest.disconnect import WhileConnected
from edge.rest.router import Binding, Match, Router, bindings_of
from edge.rest.stream import NDJSON, send_stream
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
        self.router = Router(
            bindings_of(contracts), serves=caller.serves, conflicts=settings.route_conflicts
        )
        self._endpoints = {
            binding: _Endpoint(
                binding.method,
                RequestPlan(binding, contracts, codec, settings),
                ResponsePlan(binding, codec),
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
            context = _context(scope, endpoint, match)
            request = await _read(scope, receive, endpoint, match, context.deadline)
            async with WhileConnected(receive):
                await self._answer(scope, send, endpoint, request, context)
        except MeshError as error:
            await answer(send, *problem(error, self._errors(scope)))

    async def _answer(
        self, scope: Scope, send: Send, endpoint: _Endpoint, request: bytes, context: RequestContext
    ) -> None:
        if endpoint.method.facts.server_streaming:
            if scope["method"] == "HEAD":  # it has no body, so nothing would end the stream
                await answer(send, 200, [(b"content-type", NDJSON)], b"")
                return
            answers = self._caller.stream(endpoint.method, request, context)
            write = endpoint.response.write_json
            await send_stream(send, answers, write, self._errors(scope))
            return
        message = await self._caller.unary(endpoint.method, request, context)
        content_type, body = endpoint.response.write(message)
        headers: Headers = [(b"content-type", content_type), NOSNIFF]
        await answer(send, 200, headers, body)

    def _errors(self, scope: Scope) -> ErrorContext:
        return ErrorContext(str(scope["raw_path"], "latin-1"), current_trace_id(), self._google)


def _context(scope: Scope, endpoint: _Endpoint, match: Match) -> RequestContext:
    if not match.values:
        return request_context(scope, endpoint.timeout_seconds)
    routing = endpoint.request.routing(match.values)
    return request_context(scope, endpoint.timeout_seconds, ((ROUTING, routing),))


async def _read(
    scope: Scope, receive: Receive, endpoint: _Endpoint, match: Match, deadline: Deadline
) -> bytes:
    """Returns the request message; only a body that the method takes is waited for."""
    plan = endpoint.request
    if not plan.takes_body:
        return plan.read(match.values, scope["query_string"], b"", b"")
    content_type = next((v for k, v in scope["headers"] if k == b"content-type"), b"")
    body = await _body(receive, deadline)
    return plan.read(match.values, scope["query_string"], body, content_type)


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
