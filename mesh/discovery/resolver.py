"""`Resolver`: from the name of a service to the addresses of its instances."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """One address, `host:port`, and whether it is spoken to by TLS."""

    address: str
    tls: bool = False


class Resolver(Protocol):
    """Knows the instances of services; cheap enough to be asked 20 times a second."""

    def endpoints(self, service: str) -> tuple[Endpoint, ...]:
        """Returns the instances that take calls now, in a stable order.

        Raises:
            OSError: nobody can say at the moment; what was known is the best guess.
        """
        ...


class StaticResolver:
    """Fixed endpoints."""

    def __init__(self, endpoints: Mapping[str, tuple[Endpoint, ...]]) -> None:
        self._endpoints = dict(endpoints)

    def endpoints(self, service: str) -> tuple[Endpoint, ...]:
        """Returns the endpoints given for the service."""
        return self._endpoints.get(service, ())
