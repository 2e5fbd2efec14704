"""Readiness by grpc.health.v1: what a load balancer, a probe, and `selvedge ps` ask."""

from collections.abc import Sequence

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

CHECK_TIMEOUT_SECONDS = 1.0


class Health:
    """The health of every service of a server; `""` stands for the whole process."""

    SERVICE = health.SERVICE_NAME

    def __init__(self, services: Sequence[str]) -> None:
        self._services = ("", *services)
        self._servicer = health.aio.HealthServicer()

    def add_to(self, server: grpc.aio.Server) -> None:
        """Registers the health service."""
        health_pb2_grpc.add_HealthServicer_to_server(self._servicer, server)

    async def serve(self) -> None:
        """Says SERVING from now on."""
        for service in self._services:
            await self._servicer.set(service, health_pb2.HealthCheckResponse.SERVING)

    async def drain(self) -> None:
        """Says NOT_SERVING from now on, whatever is set later."""
        await self._servicer.enter_graceful_shutdown()


async def is_serving(address: str) -> bool:
    """Asks the server at an address whether it takes calls; any failure means no."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest()
        try:
            answer = await stub.Check(request, timeout=CHECK_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
