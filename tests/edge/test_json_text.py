import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.json_text import deeper, parse_json, write_json
from mesh.errors import InvalidArgument

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner),
    max_leaves=8,
)  # fmt: skip


@given(VALUES)
def test_what_is_written_is_read_again(value: object) -> None:
    assert parse_json(write_json(value)) == value
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]]", "{}{}", "NaN", "-Infinity", '{"a":NaN}', "1e999", "-1e999", "1" * 5000,
        "01", "'a'", "{a:1}", "[1,]", '"\t"', '"\\x"', "\ufeff{}", "/**/1", "+1", ".5", "1.",
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused_without_words_of_python(text: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_json(text.encode())
    assert "the body" in caught.value.message
    assert not {"sys", "int", "float", "codec"} & set(caught.value.message.split())


def test_what_is_not_utf_8_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="not UTF-8"):
        parse_json(b'"\xff"')


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"a":1,"a":1}', "a"),
        ('{"a":1,"\\u0061":2}', "a"),
        ('{"a":[{},{"b":{"c":1,"c":2}}]}', "a[1].b.c"),
        ('{"\\ud800":1,"\\ud800":2}', "?"),
        (f'{{"{"a" * 200}":1,"{"a" * 200}":2}}', "a" * 100 + "…"),
    ],
)
def test_a_member_is_there_once(text: str, path: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_json(text.encode())
    assert [violation.field for violation in caught.value.violations] == [path]


def test_nesting_is_counted_and_never_overflows() -> None:
    assert deeper([[[]]], 2) and not deeper([[[]]], 3)
    with pytest.raises(InvalidArgument, match="deep"):
        parse_json(b"[" * 100_000)
