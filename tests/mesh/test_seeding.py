from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.seeding import fraction, moment, pick, rows, shuffled

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


def test_rows_are_lines_without_comments(tmp_path: Path) -> None:
    table = tmp_path / "table.txt"
    table.write_text("# name | colour\noak | light brown\n\n  elm|  \n", encoding="utf-8")
    assert list(rows(table)) == [["oak", "light brown"], ["elm", ""]]


def test_choices_are_the_same_on_every_machine() -> None:
    assert pick("abcdef", "seed", 7) == "d"
    assert shuffled("abcdef", "seed") == ["a", "d", "b", "e", "f", "c"]
    assert moment(START, END, "seed") == datetime(2026, 1, 21, 18, 10, 32, tzinfo=UTC)


def test_choices_are_spread_evenly() -> None:
    counts = Counter(pick(range(4), "even", number) for number in range(2000))
    assert all(420 < counts[item] < 580 for item in range(4))


@pytest.mark.slow
@given(st.text(), st.integers())
def test_every_choice_is_within_its_bounds(word: str, number: int) -> None:
    assert 0 <= fraction(word, number) < 1
    assert START <= moment(START, END, word, number) < END
    assert sorted(shuffled(range(9), word, number)) == list(range(9))


def test_parts_of_a_key_do_not_run_together() -> None:
    assert fraction("ab", "c") != fraction("a", "bc")
