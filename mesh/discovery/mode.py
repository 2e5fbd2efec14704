"""Which resolver a process uses."""

from mesh.config import MeshSettings
from mesh.discovery.leases import LeaseDirectory
from mesh.discovery.resolver import Endpoint, Resolver, StaticResolver


def resolver(settings: MeshSettings) -> Resolver:
    """Returns where this process looks for others."""
    if settings.upstreams:
        return StaticResolver({n: (Endpoint(a),) for n, a in settings.upstreams.items()})
    return LeaseDirectory(settings.data / "run")
