"""Messages are cut exactly as protobuf reads them."""

import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.reads.pieces import joined, keys, pieces, split
from mesh.errors import Internal
from shop.catalog.v1 import catalog_pb2 as catalog

products = st.builds(
    catalog.Product,
    name=st.text(max_size=8),
    title=st.text(max_size=8),
    tags=st.lists(st.just("tag"), max_size=2),
    weight_grams=st.integers(0, 2**31 - 1),
)
pages = st.builds(
    catalog.ListProductsResponse,
    products=st.lists(products, max_size=3),
    next_page_token=st.text(max_size=5),
    total_size=st.integers(0, 2**31 - 1),
)


@pytest.mark.slow
@given(pages)
@settings(max_examples=60)
def test_a_page_is_cut_into_its_items_and_what_is_left(page):
    data = page.SerializeToString()
    found = pieces(data, 1)
    assert found == [item.SerializeToString() for item in page.products]
    assert keys(data, 1, 1) == [item.name.encode() for item in page.products]
    items, rest = split(data, 1)
    assert list(items) == found
    assert catalog.ListProductsResponse.FromString(joined(found, 1) + rest) == page
    page.ClearField("products")
    assert catalog.ListProductsResponse.FromString(rest) == page


def test_the_last_of_two_keys_counts_as_protobuf_has_it():
    twice = catalog.Product(name="one").SerializeToString()
    twice += catalog.Product(name="two").SerializeToString()
    assert keys(joined([twice], 1), 1, 1) == [b"two"]


@pytest.mark.slow
@given(st.binary(max_size=40))
def test_bytes_are_refused_where_protobuf_refuses_them(data):
    try:
        Empty.FromString(data)  # to which every field is unknown
    except DecodeError:
        with pytest.raises(Internal):
            split(data, 7)
    else:
        values, rest = split(data, 7)
        assert sum(map(len, values)) + len(rest) <= len(data)


def test_what_is_no_message_is_an_error_of_the_upstream():
    with pytest.raises(Internal):
        pieces(b"\x0a\x7fshort", 1)
    with pytest.raises(Internal):
        keys(joined([b"\x0a\x7fshort"], 1), 1, 1)
    assert pieces(b"", 1) == []
