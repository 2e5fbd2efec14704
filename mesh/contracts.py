"""The facts of methods and resources that their owner enforces, read from the contract.

Only this file and `edge/contracts/` walk descriptors.
"""

from dataclasses import dataclass
from enum import Enum
from functools import cache

from google.api import field_behavior_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor, ServiceDescriptor

from mesh.deprecation import Deprecation
from selvedge.policy.v1 import policy_pb2

READ_DEADLINE_SECONDS = 2.0
WRITE_DEADLINE_SECONDS = 10.0


class Idempotency(Enum):
    """What a repeat of a call does (`idempotency_level` of descriptor.proto)."""

    UNKNOWN = 0
    NO_SIDE_EFFECTS = 1
    IDEMPOTENT = 2


class Priority(Enum):
    """Which class of work a method belongs to; the higher, the later it is shed."""

    BATCH = 1
    PARTNER = 2
    BROWSE = 3
    CHECKOUT = 4


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """What the contract says of one method. `deprecation` is None where no end is in sight."""

    service: str
    name: str
    client_streaming: bool
    server_streaming: bool
    idempotency: Idempotency
    deadline_seconds: float
    declares_deadline: bool
    scopes: tuple[str, ...]
    public: bool
    cost: int
    priority: Priority
    cache_max_age_seconds: float
    hedge: bool
    stale_if_error_seconds: float = 0.0
    deprecation: Deprecation | None = None

    @property
    def path(self) -> str:
        """The method's HTTP/2 path, `/package.Service/Method`."""
        return f"/{self.service}/{self.name}"


def facts_of_service(service: ServiceDescriptor) -> dict[str, MethodFacts]:
    """Returns the facts of every method of a generated service, by path."""
    proto = descriptor_pb2.ServiceDescriptorProto()
    service.CopyToProto(proto)
    facts = (facts_of_method(service.full_name, m, proto.options) for m in proto.method)
    return {fact.path: fact for fact in facts}


def facts_of_method(
    service: str,
    method: descriptor_pb2.MethodDescriptorProto,
    options: descriptor_pb2.ServiceOptions,
) -> MethodFacts:
    """Returns the facts of one method; what the contract leaves out gets its safe default.

    `options` are those of its service.

    Raises:
        ValueError: the method ends on a day that does not exist, or before it is deprecated.
    """
    policy: policy_pb2.MethodPolicy = method.options.Extensions[policy_pb2.policy]  # type: ignore[index]
    idempotency = Idempotency(method.options.idempotency_level)
    declares = policy.HasField("deadline")
    return MethodFacts(
        service=service,
        name=method.name,
        client_streaming=method.client_streaming,
        server_streaming=method.server_streaming,
        idempotency=idempotency,
        deadline_seconds=policy.deadline.ToNanoseconds() / 1e9
        if declares
        else _default_deadline(method, idempotency),
        declares_deadline=declares,
        scopes=tuple(policy.scopes),
        public=policy.public,
        cost=policy.cost or 1,
        priority=Priority(policy.priority) if policy.priority else Priority.BROWSE,
        cache_max_age_seconds=policy.cache_max_age.ToNanoseconds() / 1e9,
        hedge=policy.hedge,
        stale_if_error_seconds=policy.stale_if_error.ToNanoseconds() / 1e9,
        deprecation=_deprecation(method.options, options),
    )


def _deprecation(
    method: descriptor_pb2.MethodOptions, service: descriptor_pb2.ServiceOptions
) -> Deprecation | None:
    """What the method's own policy leaves out is as its service's policy says."""
    said = policy_pb2.Deprecation()
    said.MergeFrom(service.Extensions[policy_pb2.service_policy].deprecation)  # type: ignore[index]
    own: policy_pb2.Deprecation = method.Extensions[policy_pb2.policy].deprecation  # type: ignore[index]
    for field, _ in own.ListFields():
        said.ClearField(field.name)  # a day is one value, not three to be mixed
    said.MergeFrom(own)
    ends = method.deprecated or service.deprecated or said.ListFields()
    return Deprecation.of(said) if ends else None


def _default_deadline(
    method: descriptor_pb2.MethodDescriptorProto, idempotency: Idempotency
) -> float:
    """A method of a contract without our policy: its name says whether it reads (AIP-130)."""
    reads = idempotency is Idempotency.NO_SIDE_EFFECTS or method.name.startswith(
        ("Get", "List", "BatchGet", "Search")
    )
    return READ_DEADLINE_SECONDS if reads else WRITE_DEADLINE_SECONDS


@dataclass(frozen=True, slots=True)
class ResourceFacts:
    """What the contract says of a resource's own fields (AIP-203), by name."""

    fields: frozenset[str]
    required: tuple[str, ...]
    changeable: frozenset[str]
    """Neither output only, nor immutable, nor the identifier or the etag."""


@cache
def facts_of_resource(resource: Descriptor) -> ResourceFacts:
    """Returns the facts of a resource's message."""
    behaviors = {
        field.name: set(field.GetOptions().Extensions[field_behavior_pb2.field_behavior])
        for field in resource.fields
    }
    fixed = {
        field_behavior_pb2.OUTPUT_ONLY,
        field_behavior_pb2.IMMUTABLE,
        field_behavior_pb2.IDENTIFIER,
    }
    return ResourceFacts(
        fields=frozenset(behaviors),
        required=tuple(n for n, b in behaviors.items() if field_behavior_pb2.REQUIRED in b),
        changeable=frozenset(n for n, b in behaviors.items() if n != "etag" and not b & fixed),
    )
