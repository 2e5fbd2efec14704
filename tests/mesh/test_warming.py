"""What is done before a process says that it is ready."""

import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
import time

import protovalidate
from mesh.listing.filter import parse_filter
from mesh.warming import warm
from shop.catalog.v1 import catalog_pb2 as pb

if {warmed}:
    warm([pb.DESCRIPTOR.services_by_name["CatalogService"]])
started = time.process_time()
protovalidate.validate(pb.GetProductRequest(name="products/a"))
parse_filter('category = "categories/lighting"')
print(time.process_time() - started)
"""


def first_use_seconds(*, warmed: bool) -> float:
    """Returns the CPU of the first message and filter, in a process of its own."""
    program = textwrap.dedent(PROGRAM).format(warmed=warmed)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    return float(done.stdout)


@pytest.mark.slow
def test_the_first_message_and_the_first_filter_wait_for_nothing() -> None:
    cold, warmed = first_use_seconds(warmed=False), first_use_seconds(warmed=True)
    assert warmed < cold / 5
