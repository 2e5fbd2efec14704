"""The REST face: router → endpoint → request message → caller → answer."""

from collections.abc import Mapping
from functools import partial

from starlette.types import Receive, Scope, Send

from edge.answer import answer
from edge.call import Caller, RequestContext
from edge.codec import Codec
from edge.config import EdgeSettings
from edge.contracts.model import Contracts
from edge.errors import NO_STORE, BodyTooSlow, ErrorContext, Headers, problem
from edge.loading.execution import Execution
from edge.loading.reading import Reading
from edge.middleware.context import error_context
from edge.rest.around import Around
from edge.rest.disconnect import WhileConnected
from edge.rest.download import NOSNIFF, body_tag, send_body, send_download
from edge.rest.endpoint import endpoint_of
from edge.rest.exchange import Exchange
from edge.rest.router import Binding, Router, bindings_of
from edge.rest.sse import LAST_EVENT_ID
from edge.rest.stream import send_stream
from edge.rest.transcode import JSON
from edge.rest.upload import Pieces
from mesh.deadline import Deadline
from mesh.errors import DeadlineExceeded, MeshError


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
        self._open = partial(Execution, codec, reading, caller)
        self._google = settings.rest_errors == "google"
        self._heartbeat_seconds = settings.stream_heartbeat_seconds
        self.router = Router(
            bindings_of(contracts), serves=caller.serves, conflicts=settings.route_conflicts
        )
        self._endpoints = {
            binding: endpoint_of(binding, contracts, codec, reading, settings)
            for binding in self.router.bindings()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one HTTP request."""
        try:
            match = self.router.match(scope["method"], str(scope["raw_path"], "latin-1"))
            endpoint = self._endpoints[match.binding]
            send = endpoint.notice.over(scope, send) if endpoint.notice else send
            deadline = Deadline.after(endpoint.timeout_seconds)
            asked = endpoint.around.read(scope)
            await self._answer(Exchange(scope, receive, send, endpoint, match, asked, deadline))
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

    async def _answer(self, exchange: Exchange) -> None:
        endpoint = exchange.endpoint
        if endpoint.upload is not None:
            await self._upload(exchange)
            return
        request = await exchange.message()
        context = exchange.context(request)
        async with WhileConnected(exchange.receive):
            if endpoint.method.facts.server_streaming:
                await self._stream(exchange, request, context)
            else:
                await self._unary(exchange, request, context)

    async def _unary(self, exchange: Exchange, request: bytes, context: RequestContext) -> None:
        method, conditions = exchange.endpoint.method, exchange.endpoint.around.conditions
        if conditions.reads:
            message = await self._caller.unary(method, request, context)
        else:
            message = await conditions.write(
                lambda data: self._caller.unary(method, data, context),
                request,
                exchange.asked.headers,
            )
        await self._tell(exchange, message, context)

    async def _upload(self, exchange: Exchange) -> None:
        assert exchange.endpoint.upload
        first = exchange.message_of(b"", b"")
        context, pieces = exchange.context(first), Pieces(exchange.receive)
        messages = exchange.endpoint.upload.messages(first, exchange.content_type, aiter(pieces))
        try:
            message = await self._caller.client_stream(exchange.endpoint.method, messages, context)
        except DeadlineExceeded as error:
            if pieces.whole:
                raise
            raise BodyTooSlow("the body did not arrive in time") from error
        await self._tell(exchange, message, context)

    async def _stream(self, exchange: Exchange, request: bytes, context: RequestContext) -> None:
        endpoint, asked, head = exchange.endpoint, exchange.asked, exchange.verb == "HEAD"
        if endpoint.response.raw:
            answers = self._caller.stream(endpoint.method, request, context)
            await send_download(exchange.send, answers, endpoint.response.body, head=head)
            return
        frames = endpoint.around.frames(asked, endpoint.response.write_json)
        if head:  # it has no body, so nothing would end the stream
            kind = (b"content-type", frames.content_type)
            await answer(exchange.send, 200, [kind, NO_STORE], b"")
            return
        await send_stream(
            exchange.send,
            self._caller.stream(endpoint.method, request, context),
            frames,
            self._errors(exchange.scope),
            heartbeat_seconds=self._heartbeat_seconds,
            resumed=LAST_EVENT_ID in asked.headers,
        )

    async def _tell(self, exchange: Exchange, message: bytes, context: RequestContext) -> None:
        """Sends what a call answered: expanded, unchanged, raw, or as JSON."""
        endpoint, asked = exchange.endpoint, exchange.asked
        conditions, around = endpoint.around.conditions, endpoint.around
        if asked.expansion is not None:  # what is joined changes without the tag
            body = await self._expanded(exchange, message, context)
            headers = around.headers(message, b"", asked, context.notes)
            await answer(exchange.send, 200, _json(headers), body)
            return
        raw = endpoint.response.body(message) if endpoint.response.raw else None
        tag = conditions.tag(message)
        if raw is not None and conditions.reads:
            tag = tag or body_tag(raw.data)
        if conditions.reads and (same := conditions.unchanged(tag, asked.headers)):
            headers = around.headers(message, same, asked, context.notes)
            await answer(exchange.send, 304, headers, b"")
            return
        headers = around.headers(message, tag, asked, context.notes)
        if raw is not None:
            wanted = asked.headers if exchange.verb == "GET" else {}
            await send_body(exchange.send, raw, tag, headers, wanted)
            return
        body = endpoint.response.write_json(message)
        if asked.selection is not None:
            body = asked.selection.prune(body)
        await answer(exchange.send, 200, _json(headers), body)

    async def _expanded(self, exchange: Exchange, message: bytes, context: RequestContext) -> bytes:
        assert exchange.asked.expansion
        selection, execution = exchange.asked.selection, self._open(context)
        prune = selection.prune if selection else None
        errors = self._errors(exchange.scope)
        return await exchange.asked.expansion.fill(message, execution, errors, prune)

    def _errors(self, scope: Scope) -> ErrorContext:
        return error_context(scope, google=self._google)


def _json(headers: Headers) -> Headers:
    return [(b"content-type", JSON), NOSNIFF, *headers]
