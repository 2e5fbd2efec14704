"""What is known of one binding before any request comes."""

from dataclasses import dataclass

from edge.codec import Codec
from edge.config import EdgeSettings
from edge.contracts.model import Contracts, Method
from edge.loading.reading import Reading
from edge.rest.around import Around, around
from edge.rest.deprecation import Notice, notice_of
from edge.rest.expand import expand_of
from edge.rest.router import Binding
from edge.rest.transcode import RequestPlan, ResponsePlan
from edge.rest.upload import UploadPlan
from mesh.contracts import Idempotency


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How a binding reads requests and writes answers; `upload` where a body comes in pieces."""

    method: Method
    request: RequestPlan
    response: ResponsePlan
    around: Around
    timeout_seconds: float
    notice: Notice | None
    upload: UploadPlan | None


def endpoint_of(
    binding: Binding, contracts: Contracts, codec: Codec, reading: Reading, settings: EdgeSettings
) -> Endpoint:
    """Returns the endpoint of a binding.

    Raises:
        ContractError: the binding names what is not there.
    """
    expand = expand_of(binding, reading, codec, settings.graphql_cost_max)
    return Endpoint(
        binding.method,
        RequestPlan(binding, contracts, codec, settings),
        ResponsePlan(binding, codec),
        around(binding, contracts, settings.forward_headers, expand),
        _timeout_seconds(binding, settings),
        notice_of(binding, contracts),
        UploadPlan(binding) if binding.method.facts.client_streaming else None,
    )


def _timeout_seconds(binding: Binding, settings: EdgeSettings) -> float:
    """A stream lives as long as its method says, a call no longer than its kind may."""
    facts = binding.method.facts
    if facts.server_streaming or facts.client_streaming:
        return facts.deadline_seconds
    reads = binding.rule.verb == "GET" or facts.idempotency is Idempotency.NO_SIDE_EFFECTS
    return min(facts.deadline_seconds, settings.read_seconds if reads else settings.write_seconds)
