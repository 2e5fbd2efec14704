"""The REST face: router → request plan → caller → response plan."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from starlette.types import Receive, Scope, Send

from edge.answer import answer
from edge.call import Caller, RequestContext
from edge.codec import Codec
from edge.config import EdgeSettings
from edge.contracts.model import Contracts, Method
from edge.errors import NO_STORE, BodyTooSlow, ErrorContext, problem
from edge.loading.execution import Execution
from edge.loading.reading import Reading
from edge.middleware.context import request_context
from edge.rest.around import JSON, Around, Asked, around
from edge.rest.deprecation import Notice, notice_of
from edge.rest.disconnect import WhileConnected
from edge.rest.download import NOSNIFF, body_tag, send_body, send_download
from edge.rest.expand import expand_of
from edge.rest.router import Binding, Match, Router, bindings_of
from edge.rest.sse import LAST_EVENT_ID
from edge.rest.stream import send_stream
from edge.rest.transcode import RequestPlan, ResponsePlan
from edge.rest.upload import Pieces, UploadPlan
from mesh.contracts import Idempotency
from mesh.deadline import Deadline
from mesh.errors import DeadlineExceeded, InvalidArgument, MeshError
from mesh.metadata import ROUTING
from mesh.telemetry.tracing import current_trace_id


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """What is known of a binding before any request comes."""

    method: Method
    request: RequestPlan
    response: ResponsePlan
    around: Around
    timeout_seconds: float
    notice: Notice | None
    upload: UploadPlan | None


class RestHandler:
    """An ASGI application that serves every binding of a set of contracts.

    Raises:
        ContractError: two bindings match the same paths, or one names what is not there.
    """

    def __init__(
        self,
        contracts: Contracts,
        codec: Codec,
        reading: Reading,
        caller: Caller,
        settings: EdgeSettings,
    ) -> None:
        self._caller = caller
        self._open = partial(Execution, codec, reading.messages, caller)
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
                around(
                    binding,
                    contracts,
                    settings.forward_headers,
                    expand_of(binding, reading, codec, settings.graphql_cost_max),
                ),
                _timeout_seconds(binding, settings),
                notice_of(binding, contracts),
                UploadPlan(binding) if binding.method.facts.client_streaming else None,
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
            deadline = Deadline.after(endpoint.timeout_seconds)
            if endpoint.upload is not None:
                await self._upload(scope, receive, send, endpoint, match, asked, deadline)
                return
            request = await _read(scope, receive, endpoint, match, asked, deadline)
            context = _context(scope, endpoint, match, asked, deadline, request)
            async with WhileConnected(receive):
                if endpoint.method.facts.server_streaming:
                    await self._stream(scope, send, endpoint, request, asked, context)
                else:
                    await self._unary(scope, send, endpoint, request, asked, context)
        except MeshError as error:
            await answer(send, *problem(error, self._errors(scope)))

    def arounds(self) -> Mapping[Binding, Around]:
        """Returns what goes around each binding that is served."""
        return {binding: endpoint.around for binding, endpoint in self._endpoints.items()}

    def takes_upload(self, verb: str, raw_path: str) -> bool:
        """Says whether a request is for a method that takes its body in pieces."""
        try:
            match = self.router.match(verb, raw_path)
        except MeshError:
            return False
        return self._endpoints[match.binding].upload is not None

    async def _unary(
        self,
        scope: Scope,
        send: Send,
        endpoint: _Endpoint,
        request: bytes,
        asked: Asked,
        context: RequestContext,
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
        await self._answer(scope, send, endpoint, message, asked, context)

    async def _answer(
        self,
        scope: Scope,
        send: Send,
        endpoint: _Endpoint,
        message: bytes,
        asked: Asked,
        context: RequestContext,
    ) -> None:
        conditions = endpoint.around.conditions
        raw = endpoint.response.body(message) if endpoint.response.raw else None
        tag = conditions.tag(message)
        if raw is not None and conditions.reads:
            tag = tag or body_tag(raw.data)
        if asked.expansion is not None:  # what is joined changes without the tag
            headers = endpoint.around.headers(message, b"", asked, context.notes)
            prune = asked.selection.prune if asked.selection else None
            errors, execution = self._errors(scope), self._open(context)
            body = await asked.expansion.fill(message, execution, errors, prune)
            await answer(send, 200, [(b"content-type", JSON), NOSNIFF, *headers], body)
            return
        if conditions.reads and (same := conditions.unchanged(tag, asked.headers)):
            headers = endpoint.around.headers(message, same, asked, context.notes)
            await answer(send, 304, headers, b"")
            return
        headers = endpoint.around.headers(message, tag, asked, context.notes)
        if raw is not None:
            wanted = asked.headers if scope["method"] == "GET" else {}
            await send_body(send, raw, tag, headers, wanted)
            return
        content_type, body = endpoint.response.write(message)
        if asked.selection is not None:
            body = asked.selection.prune(body)
        await answer(send, 200, [(b"content-type", content_type), NOSNIFF, *headers], body)

    async def _upload(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        endpoint: _Endpoint,
        match: Match,
        asked: Asked,
        deadline: Deadline,
    ) -> None:
        assert endpoint.upload
        first = endpoint.request.read(match.values, asked.query, b"", b"")
        first = endpoint.around.complete(first, asked)
        context = _context(scope, endpoint, match, asked, deadline, first)
        pieces = Pieces(receive)
        messages = endpoint.upload.messages(first, _content_type(scope), aiter(pieces))
        try:
            message = await self._caller.client_stream(endpoint.method, messages, context)
        except DeadlineExceeded as error:
            if pieces.whole:
                raise
            raise BodyTooSlow("the body did not arrive in time") from error
        await self._answer(scope, send, endpoint, message, asked, context)

    async def _stream(
        self,
        scope: Scope,
        send: Send,
        endpoint: _Endpoint,
        request: bytes,
        asked: Asked,
        context: RequestContext,
    ) -> None:
        if endpoint.response.raw:
            answers = self._caller.stream(endpoint.method, request, context)
            head = scope["method"] == "HEAD"
            await send_download(send, answers, endpoint.response.body, head=head)
            return
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


def _context(
    scope: Scope,
    endpoint: _Endpoint,
    match: Match,
    asked: Asked,
    deadline: Deadline,
    request: bytes,
) -> RequestContext:
    told = endpoint.request.routing(match.values, request)
    routing = ((ROUTING, told),) if told else ()
    return request_context(scope, deadline.remaining(), routing, no_cache=asked.no_cache)


def _content_type(scope: Scope) -> bytes:
    return next((value for name, value in scope["headers"] if name == b"content-type"), b"")


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
        content_type = _content_type(scope)
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
    if facts.server_streaming or facts.client_streaming:
        return facts.deadline_seconds
    reads = binding.rule.verb == "GET" or facts.idempotency is Idempotency.NO_SIDE_EFFECTS
    return min(facts.deadline_seconds, settings.read_seconds if reads else settings.write_seconds)
