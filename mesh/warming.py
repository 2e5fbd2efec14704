"""What the first call would wait for, done before a process says that it is ready.

Rules are compiled at the first message that they hold for, and the grammar of filters at the first
filter: 0.1 to 0.2 s of CPU together, which on a loaded machine ate the deadline of the first call.
"""

from collections.abc import Iterable

from google.protobuf.descriptor import ServiceDescriptor

from mesh.inbound.validation import compile_rules
from mesh.listing.filter import parse_filter

FILTER = "filter"


def warm(services: Iterable[ServiceDescriptor]) -> None:
    """Compiles what these services need to read their requests."""
    requests = [method.input_type for service in services for method in service.methods]
    compile_rules(requests)
    if any(FILTER in request.fields_by_name for request in requests):  # AIP-160
        parse_filter("warm = true")
