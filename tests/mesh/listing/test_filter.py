import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.errors import InvalidArgument
from mesh.listing.filter import And, Comparison, Filter, Not, Or, Value, parse_filter


def equal(field: str, *pieces: str, quoted: bool = False) -> Comparison:
    return Comparison(field, "=", Value(pieces, quoted))


A, B, C, D = equal("a", "1"), equal("b", "2"), equal("c", "3"), equal("d", "4")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("  ", None),
        ("a = 1", A),
        ("a=1", A),
        ("(a = 1)", A),
        ("a = 1 AND b = 2", And((A, B))),
        ("a = 1 b = 2", And((A, B))),
        ("a = 1 OR b = 2", Or((A, B))),
        ("a = 1 AND b = 2 OR c = 3", And((A, Or((B, C))))),
        ("a = 1 b = 2 AND c = 3", And((And((A, B)), C))),
        ("a = 1 OR b = 2 c = 3 OR d = 4", And((Or((A, B)), Or((C, D))))),
        ("(a = 1 AND b = 2) OR c = 3", Or((And((A, B)), C))),
        ("NOT a = 1", Not(A)),
        ("-a = 1", Not(A)),
        ("NOT (a = 1 OR b = 2)", Not(Or((A, B)))),
        ("a = 1 -b = 2", And((A, Not(B)))),
        ("ANDROID = 1", equal("ANDROID", "1")),
        ("NOTHING = 1 ORDER = 2", And((equal("NOTHING", "1"), equal("ORDER", "2")))),
        ("a.b.c = 1", equal("a.b.c", "1")),
        ("a = -30", equal("a", "-30")),
        ("a = 2.5e3", equal("a", "2.5e3")),
        ("a = 2026-01-02T03:04:05Z", equal("a", "2026-01-02T03:04:05Z")),
        ('a = ""', equal("a", "", quoted=True)),
        ('a = "x y"', equal("a", "x y", quoted=True)),
        ("a = 'x \"y'", equal("a", 'x "y', quoted=True)),
        (r'a = "say \"hi\" \\ \*"', equal("a", r'say "hi" \ *', quoted=True)),
        ('a = "oak*"', equal("a", "oak", "", quoted=True)),
        ("a = *oak*table", equal("a", "", "oak", "table")),
        ("a:*", Comparison("a", ":", Value(("", ""), quoted=False))),
        ("a != 1", Comparison("a", "!=", Value(("1",), quoted=False))),
        ("a<=1", Comparison("a", "<=", Value(("1",), quoted=False))),
        ("a>1", Comparison("a", ">", Value(("1",), quoted=False))),
    ],
)
def test_a_filter_is_read_as_aip_160_says(text: str, tree: Filter | None) -> None:
    assert parse_filter(text) == tree


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a =", "cannot be read at its end"),
        ("(a = 1", "cannot be read at its end"),
        ("a = 1 AND", "cannot be read at its end"),
        ("a = 1)", "cannot be read at character 6: ')'"),
        ("AND a = 1", "cannot be read at character 1: 'AND a = 1'"),
        ("a == 1", "cannot be read at character 4: '= 1'"),
        ("a ~ 1", "cannot be read at character 3: '~ 1'"),
        ('a = "x', "cannot be read at character 5"),
        ("oak", "has 'oak' without a comparison: write field = value"),
        ('"oak table"', "has '\"oak table\"' without a comparison"),
        ("f(1, x)", "calls f(): functions are not supported"),
        ("a = \0", "holds a NUL character"),
        ("a = " + 3000 * "x", "is longer than 3000 characters"),
        (21 * "(" + "a = 1" + 21 * ")", "is nested deeper than 20"),
    ],
)
def test_anything_else_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        parse_filter(text)
    assert refused.value.message.startswith(f"filter {problem}")
    assert [violation.field for violation in refused.value.violations] == ["filter"]
    assert refused.value.reason == "INVALID_FILTER"


def test_the_deepest_filter_is_read() -> None:
    assert parse_filter(20 * "(" + "a = 1" + 20 * ")") == A


@given(st.text(alphabet="ab=<>!:()-.*\"'\\ 1,ANDORNOT\n", max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    with contextlib.suppress(InvalidArgument):
        parse_filter(text)


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=60))
def test_any_text_can_be_quoted(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*")
    assert parse_filter(f'a = "{escaped}"') == equal("a", text, quoted=True)
