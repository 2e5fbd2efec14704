"""Messages are cut exactly as protobuf reads them."""

import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from edge.reads.pieces import pieces, split
from mesh.errors import Internal
from shop.catalog.v1 import catalog_pb2 as catalog

products = st.builds(
    catalog.Product,
    name=st.text(max_size=8),
    title=st.text(max_size=200),
    tags=st.lists(st.text(max_size=5)),
    weight_grams=st.integers(0, 2**31 - 1),
)
pages = st.builds(
    catalog.ListProductsResponse,
    products=st.lists(products, max_size=5),
    next_page_token=st.text(max_size=5),
    total_size=st.integers(0, 2**31 - 1),
)


@pytest.mark.slow
@given(pages)
def test_the_pieces_of_a_page_are_its_items(page):
    found = pieces(page.SerializeToString(), 1)
    assert [catalog.Product.FromString(item) for item in found] == list(page.products)
    assert found == [item.SerializeToString() for item in page.products]


@pytest.mark.slow
@given(pages)
def test_what_is_left_is_the_page_without_them(page):
    items, rest = split(page.SerializeToString(), 1)
    assert len(items) == len(page.products)
    page.ClearField("products")
    assert catalog.ListProductsResponse.FromString(rest) == page


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
    assert pieces(b"", 1) == []
