"""Servicers and the inbound list → a listening server."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc
from google.protobuf.descriptor import ServiceDescriptor
from grpc_reflection.v1alpha import reflection

from mesh.contracts import MethodFacts, facts_of_service
from mesh.health import Health
from mesh.inbound import IncomingCall, Proceed, inbound
from mesh.startup import StartupError

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


@dataclass(frozen=True, slots=True)
class Servicer:
    """One service of the contracts and the object that serves it."""

    descriptor: ServiceDescriptor
    add: Callable[[Any, grpc.aio.Server], None]
    implementation: object


class Server:
    """A gRPC server with the inbound list, health, and in development reflection."""

    def __init__(
        self, servicers: Sequence[Servicer], *, reflect: bool, message_bytes_max: int
    ) -> None:
        facts = {p: f for s in servicers for p, f in facts_of_service(s.descriptor).items()}
        self._server = grpc.aio.server(
            interceptors=(_InboundList(facts),),
            options=(
                ("grpc.so_reuseport", 0),  # with it on, a second server shares the port silently
                ("grpc.max_receive_message_length", message_bytes_max),
                ("grpc.max_send_message_length", message_bytes_max),
            ),
        )
        names = [servicer.descriptor.full_name for servicer in servicers]
        self.health = Health(names)
        for servicer in servicers:
            servicer.add(servicer.implementation, self._server)
        self.health.add_to(self._server)
        if reflect:
            known = (*names, Health.SERVICE, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(known, self._server)

    async def start(self, host: str, port: int) -> str:
        """Starts to listen and returns the address; port 0 takes any free one.

        Raises:
            StartupError: the address cannot be listened on.
        """
        try:
            bound = self._server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:
            raise StartupError(f"{host}:{port} is in use or not ours to listen on") from error
        await self._server.start()
        await self.health.serve()
        return f"{host}:{bound}"

    async def stop(self, grace_seconds: float) -> None:
        """Takes no more calls, lets those under way end within the grace, then cuts the rest."""
        await self.health.drain()
        await self._server.stop(grace_seconds)


class _InboundList(grpc.aio.ServerInterceptor):
    """The one grpc interceptor: puts the inbound list around every method of ours."""

    def __init__(self, facts: dict[str, MethodFacts]) -> None:
        self._facts = facts
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], "Awaitable[Handler | None]"],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "Handler | None":
        path = handler_call_details.method
        wrapped = self._wrapped.get(path)
        if wrapped is None:
            handler = await continuation(handler_call_details)
            facts = self._facts.get(path)
            if handler is None or facts is None:  # health, reflection, or nothing of ours
                return handler
            wrapped = self._wrapped[path] = _wrap(handler, facts)
        return wrapped


def _wrap(handler: Any, facts: MethodFacts) -> Handler:
    """Returns the handler with the inbound list around it, its serializers unchanged."""
    kind = (
        f"{'stream' if facts.client_streaming else 'unary'}"
        f"_{'stream' if facts.server_streaming else 'unary'}"
    )
    behavior = getattr(handler, kind)
    innermost = _written(behavior) if facts.server_streaming else _answered(behavior)
    proceed: Proceed = innermost
    for wrap in reversed(inbound()):
        proceed = wrap(proceed)

    async def handle(request: Any, context: Any) -> Any:
        return await proceed(IncomingCall(facts, request, context))

    make = getattr(grpc, f"{kind}_rpc_method_handler")
    made: Handler = make(
        handle,
        request_deserializer=handler.request_deserializer,
        response_serializer=handler.response_serializer,
    )
    return made


def _answered(behavior: Callable[[Any, Any], Awaitable[Any]]) -> Proceed:
    async def proceed(call: IncomingCall) -> Any:
        return await behavior(call.request, call.context)

    return proceed


def _written(behavior: Callable[[Any, Any], Any]) -> Proceed:
    async def proceed(call: IncomingCall) -> None:
        # Closed here and not by the garbage collector: a cancelled stream lets go at once.
        async with aclosing(behavior(call.request, call.context)) as messages:
            async for message in messages:
                await call.context.write(message)

    return proceed
