"""Where the instances of a service are: a lease directory on one machine, or fixed addresses."""

from mesh.discovery.leases import HeldLease, Lease, LeaseDirectory
from mesh.discovery.mode import resolver
from mesh.discovery.resolver import Endpoint, Resolver, StaticResolver

__all__ = [
    "Endpoint",
    "HeldLease",
    "Lease",
    "LeaseDirectory",
    "Resolver",
    "StaticResolver",
    "resolver",
]
