"""Reading requests: what JSON text may hold."""

import contextlib
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.graphql.http.request import read_body, read_json, read_query_string
from mesh.errors import InvalidArgument

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner),
    max_leaves=12,
)
SPACES = st.sampled_from(["", " ", "\n", "\t \r"])


@pytest.mark.slow
@given(VALUES, SPACES, SPACES)
def test_json_is_read_as_it_is_written(value: Any, before: str, after: str) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", f"{before}:{after}"))
    assert read_json(text.encode(), 64) == value


BMP = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])
KEYS = st.text(BMP, max_size=4)


@pytest.mark.slow
@given(st.dictionaries(KEYS, LEAVES, min_size=1), SPACES, st.booleans())
def test_a_key_that_comes_twice_is_refused(
    value: dict[str, Any], space: str, escaped: bool
) -> None:
    key = next(iter(value))
    again = "".join(f"\\u{ord(character):04x}" for character in key)
    again = f'"{again}"' if escaped else json.dumps(key, ensure_ascii=False)
    text = json.dumps(value)[:-1] + f", {again}{space}: 1}}"
    for outer in (text, f'{{"a": [{text}]}}'):
        with pytest.raises(InvalidArgument):
            read_json(outer.encode(), 64)


@pytest.mark.parametrize("depth", [1, 2, 64])
def test_json_nests_as_deep_as_it_may(depth: int) -> None:
    for text in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
        read_json(text.encode(), depth)
        with pytest.raises(InvalidArgument):
            read_json(f"[{text}]".encode(), depth)


def test_what_looks_like_keys_in_a_string_is_none() -> None:
    text = json.dumps({"query": '{ a(b: "c\\":") { "d": } }', "e": '"f" : "g":'})
    assert read_json(text.encode(), 8)["e"] == '"f" : "g":'


NAMES = ["query", "variables", "operationName", "extensions", "documentId", "persistedQuery"]
REQUESTS = st.dictionaries(st.sampled_from(NAMES), VALUES) | VALUES


@pytest.mark.slow
@given(REQUESTS.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40))
def test_a_body_is_a_request_or_refused(data: bytes) -> None:
    with contextlib.suppress(InvalidArgument):
        assert isinstance(read_body(data, 64).query, str)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(NAMES), TEXT | VALUES.map(json.dumps)), st.binary())
def test_a_query_string_is_a_request_or_refused(value: dict[str, str], noise: bytes) -> None:
    for data in (urlencode(value).encode(), urlencode(value).encode() + b"&" + noise, noise):
        with contextlib.suppress(InvalidArgument):
            assert read_query_string(data, 500, 64).reads_only
