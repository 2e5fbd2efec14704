"""Filters and orders in the words of another version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.errors import InvalidArgument
from mesh.listing import renamed_filter, renamed_order
from mesh.listing.filter import parse_filter

NAMES = {"author": "author.display_name", "rating": "rating"}


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("", ""),
        ("  ", "  "),
        ("rating >=  4", "rating >=  4"),
        ("author = author", "author.display_name = author"),
        (
            'NOT (author="author = x" OR rating<3) author:A*',
            'NOT (author.display_name="author = x" OR rating<3) author.display_name:A*',
        ),
        ("-author = a AND author != b", "-author.display_name = a AND author.display_name != b"),
    ],
)
def test_fields_are_renamed_and_nothing_else(text: str, renamed: str) -> None:
    assert renamed_filter(text, NAMES) == renamed


@pytest.mark.parametrize("text", ["author.display_name = a", "headline = a", "rating = 1 AND x:*"])
def test_names_of_the_other_version_are_not_known(text: str) -> None:
    with pytest.raises(InvalidArgument, match="use author, rating") as refused:
        renamed_filter(text, NAMES)
    assert [violation.field for violation in refused.value.violations] == ["filter"]


def test_what_is_no_filter_is_refused_at_its_place() -> None:
    with pytest.raises(InvalidArgument, match="character 11"):
        renamed_filter("author = a)", NAMES)


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("", ""),
        (" rating desc", " rating desc"),
        ("rating desc,  author ", "rating desc,  author.display_name "),
        ("author asc,rating", "author.display_name asc,rating"),
    ],
)
def test_orders_keep_their_ways(text: str, renamed: str) -> None:
    assert renamed_order(text, NAMES) == renamed


@pytest.mark.parametrize("text", ["headline", "author.display_name", "author, author", "author up"])
def test_an_order_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        renamed_order(text, NAMES)
    assert "display_name," not in refused.value.message
    assert [violation.field for violation in refused.value.violations] == ["order_by"]


TERMS = st.builds(
    lambda name, sign, value: f"{name}{sign}{value}",
    st.sampled_from(["a", "b"]),
    st.sampled_from(["=", " != ", ":", " < "]),
    st.sampled_from(["a", '"a = b"', "'b'", "1", "x*"]),
)
FILTERS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map("({})".format),
        inner.map("NOT {}".format),
        st.tuples(inner, inner).map(" AND ".join),
        st.tuples(inner, inner).map(" OR ".join),
    ),
    max_leaves=8,
)


@given(FILTERS)
def test_there_and_back_is_the_same_filter(text: str) -> None:
    try:
        tree = parse_filter(text)
    except InvalidArgument:
        return  # `NOT NOT a=1` is no filter
    there = renamed_filter(text, {"a": "long.name", "b": "b"})
    assert renamed_filter(there, {"long.name": "a", "b": "b"}) == text
    assert parse_filter(text) == tree
