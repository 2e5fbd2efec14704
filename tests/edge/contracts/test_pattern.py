import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.pattern import Pattern

REVIEW = Pattern("products/{product}/reviews/{review}")


@pytest.mark.parametrize(
    ("pattern", "name", "values"),
    [
        (REVIEW.text, "products/1/reviews/2", {"product": "1", "review": "2"}),
        (REVIEW.text, "products/-/reviews/-", {"product": "-", "review": "-"}),
        (REVIEW.text, "products/1/reviews/2/3", None),
        (REVIEW.text, "products//reviews/2", None),
        (REVIEW.text, "", None),
        ("products/{product}/ratingSummary", "products/1/ratingSummary", {"product": "1"}),
        (
            "users/{user}/days/{year}~{day}",
            "users/u/days/26~7",
            {"user": "u", "year": "26", "day": "7"},
        ),
        ("files/{path=**}", "files/a/b", {"path": "a/b"}),
        ("a.b/{c}", "axb/1", None),
        ("_deleted_", "_deleted_", {}),
        ("*", "anything/at/all", {}),
        ("*", "", None),
    ],
)
def test_names_are_matched(pattern: str, name: str, values: dict[str, str] | None) -> None:
    assert Pattern(pattern).matches(name) == values


@pytest.mark.parametrize(
    ("pattern", "collection", "parent"),
    [
        (REVIEW.text, "reviews", "products/{product}"),
        ("products/{product}", "products", None),
        ("products/{product}/ratingSummary", "ratingSummary", "products/{product}"),
        ("projects/{p}/locations/{l}/keys/{k}", "keys", "projects/{p}/locations/{l}"),
        ("projects/{p}/global/nets/{n}", "nets", "projects/{p}/global"),
        ("{org}/{repo}", "", "{org}"),
        ("settings", "settings", None),
        ("*", "", None),
    ],
)
def test_collections_and_parents(pattern: str, collection: str, parent: str | None) -> None:
    found = Pattern(pattern)
    assert found.collection == collection
    assert (found.parent and found.parent.text) == parent


def test_patterns_of_equal_names_have_equal_shapes() -> None:
    assert Pattern("products/{product_id}").shape == Pattern("products/{product}").shape
    assert Pattern("products/{product}").shape != Pattern("items/{product}").shape


@given(st.text(st.characters(exclude_characters="/"), min_size=1), st.text(min_size=1))
def test_what_is_formatted_is_matched(product: str, review: str) -> None:
    values = {"product": product, "review": review.replace("/", "_")}
    assert REVIEW.matches(REVIEW.format(**values)) == values


@given(st.text())
def test_no_name_and_no_pattern_crashes(text: str) -> None:
    REVIEW.matches(text)
    pattern = Pattern(text)
    assert isinstance(pattern.collection, str)
    assert pattern.parent is None or pattern.parent.text != text
    pattern.matches(text)
