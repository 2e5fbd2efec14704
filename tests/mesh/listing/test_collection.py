import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.errors import InvalidArgument
from mesh.listing import Collection, PageQuery, list_page
from mesh.store import reading

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    ":": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
Says = Callable[[Any], bool]
Case = tuple[str, Says]
"""A filter, and what it says of a thing: the oracle that the databases are held against."""

PATTERNS = ("oak", "Oak*", "*k", "o*k", "*", "*a*", "100%*", "o_k", "[a]*", "k?", "a*b", "ö*", "")


def quoted(pattern: str) -> str:
    return '"' + pattern.replace("\\", "\\\\") + '"'


def text_says(comparator: str, pattern: str) -> Says:
    if comparator == ":" and pattern == "*":
        return lambda thing: thing.title != ""
    around = ".*" if comparator == ":" else ""
    regex = around + ".*".join(map(re.escape, pattern.split("*"))) + around
    if comparator in ("=", ":"):
        return lambda thing: re.fullmatch(regex, thing.title, re.DOTALL) is not None
    return lambda thing: re.fullmatch(regex, thing.title, re.DOTALL) is None


def text_cases() -> st.SearchStrategy[Case]:
    patterned = st.builds(
        lambda c, p: (f"title {c} {quoted(p)}", text_says(c, p)),
        st.sampled_from(("=", "!=", ":")),
        st.sampled_from(PATTERNS),
    )
    ordered = st.builds(
        lambda c, p: (f"title {c} {quoted(p)}", lambda thing: COMPARE[c](thing.title, p)),
        st.sampled_from(("<", "<=", ">", ">=")),
        st.sampled_from([pattern for pattern in PATTERNS if "*" not in pattern]),
    )
    return patterned | ordered


def number_cases() -> st.SearchStrategy[Case]:
    numbers = st.sampled_from((0, 5, -3, 2.5, 0.5, 2**31, 2**63 - 1, 1e300))

    def case(field: str, comparator: str, number: float) -> Case:
        def says(thing: Any) -> bool:
            value = getattr(thing, field)
            return value is not None and COMPARE[comparator](value, number)

        return f"{field} {comparator} {number}", says

    return st.builds(
        case, st.sampled_from(("weight", "rating")), st.sampled_from([*COMPARE]), numbers
    )


def moment_case(comparator: str, moment: str) -> Case:
    then = datetime.fromisoformat(moment)
    return f'made {comparator} "{moment}"', lambda thing: COMPARE[comparator](thing.made, then)


SINGLE = st.one_of(
    text_cases(),
    number_cases(),
    st.builds(
        moment_case,
        st.sampled_from([*COMPARE]),
        st.sampled_from(("2026-01-01T03:00:00Z", "2026-01-01T05:00:00.000001+02:00")),
    ),
    st.sampled_from(
        [
            ("active = true", lambda thing: thing.active),
            ("active != true", lambda thing: not thing.active),
            ("active = false", lambda thing: not thing.active),
            ("state = STATE_NEW", lambda thing: thing.state == "NEW"),
            ("state != STATE_NEW", lambda thing: thing.state != "NEW"),
            ("weight:*", lambda thing: thing.weight is not None),
            ("state:*", lambda thing: True),
        ]
    ),
)


def combined(inner: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda c: (f"({c[0][0]}) AND ({c[1][0]})", lambda t: c[0][1](t) and c[1][1](t))),
        two.map(lambda c: (f"({c[0][0]}) ({c[1][0]})", lambda t: c[0][1](t) and c[1][1](t))),
        two.map(lambda c: (f"({c[0][0]}) OR ({c[1][0]})", lambda t: c[0][1](t) or c[1][1](t))),
        inner.map(lambda c: (f"NOT ({c[0]})", lambda t: not c[1](t))),
        inner.map(lambda c: (f"-({c[0]})", lambda t: not c[1](t))),
    )


CASES = st.recursive(SINGLE, combined, max_leaves=6)


async def names(engine: AsyncEngine, collection: Collection, text: str) -> list[str]:
    async with reading(engine) as db:
        page = await list_page(db, collection, PageQuery(page_size=100, filter=text))
    assert page.total_size == len(page.items)
    return [row.name for row in page.items]


@pytest.mark.slow
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(case=CASES)
async def test_sql_says_what_the_filter_says(
    engine: AsyncEngine, collection: Collection, things: Any, case: Case
) -> None:
    text, says = case
    if len(text) <= 1000:
        assert await names(engine, collection, text) == [t.name for t in things if says(t)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("colour = red", "names colour: use title, weight"),
        ("name = x", "names name: use title"),
        ("weight = heavy", "compares weight with 'heavy', which is no number"),
        ('weight = "5"', "compares weight with '5', which is no number"),
        ("weight = 99999999999999999999", "which is no number"),
        ("rating = inf", "which is no number"),
        ("rating = nan", "which is no number"),
        ("rating = 1e999", "which is no number"),
        ("active = yes", "compares active"),
        ("active < true", "compares active"),
        ("state = NEW", "compares state with 'NEW': use STATE_NEW, STATE_OLD"),
        ("state > STATE_NEW", "compares state by >"),
        ("made > yesterday", "which is no RFC 3339 timestamp"),
        ("made > 2026-01-01T00:00:00", "which is no RFC 3339 timestamp"),
        ('made > "0001-01-01T00:00:00+14:00"', "which is no RFC 3339 timestamp"),
        ('title < "a*"', "compares title by < with a wildcard"),
    ],
)
def test_what_a_collection_has_not_is_refused(
    collection: Collection, text: str, problem: str
) -> None:
    with pytest.raises(InvalidArgument, match=re.escape(problem)) as refused:
        collection.where(text)
    assert [violation.field for violation in refused.value.violations] == ["filter"]


@pytest.mark.parametrize(
    "text",
    ["colour", "title up", "title asc desc", "title,,weight", "title, title", ",", "title desc,"],
)
def test_an_order_that_cannot_be_read_is_refused(collection: Collection, text: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        collection.order_keys(text)
    assert [violation.field for violation in refused.value.violations] == ["order_by"]
