import pytest

from edge.negotiation import content_coding, media_type

OFFERS = (b"application/json",)


@pytest.mark.parametrize(
    ("accept", "taken"),
    [
        (b"", True), (b"*/*", True), (b"application/json", True), (b"application/*", True),
        (b"Application/JSON", True), (b"application/json; charset=utf-8", True),
        (b"text/html, application/xhtml+xml, */*;q=0.8", True), (b"*/*;q=0.1", True),
        (b"text/html", False), (b"text/html, application/xml;q=0.9", False),
        (b"application/json;q=0", False), (b"application/json;q=0, */*", False),
        (b"application/json;q=0.0", False), (b"*/*;q=0", False), (b"application/json;q=x", False),
        (b"application/*;q=0, application/json", True), (b" , ", True),
    ],
)  # fmt: skip
def test_the_most_specific_range_decides(accept: bytes, taken: bool) -> None:
    assert (media_type(accept, OFFERS) is not None) is taken


def test_the_best_liked_offer_wins_then_the_first() -> None:
    offers = (b"a/one", b"a/two")
    assert media_type(b"a/two, a/one;q=0.9", offers) == b"a/two"
    assert media_type(b"a/two;q=0.9, a/*;q=0.8", offers) == b"a/two"
    assert media_type(b"a/two, a/one", offers) == b"a/one"


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (b"gzip", b"gzip"), (b"gzip, br", b"br"), (b"gzip;q=1.0, br;q=0.5", b"gzip"),
        (b"gzip, deflate, br, zstd", b"br"), (b"*", b"br"), (b"br;q=0, *", b"gzip"),
        (b"identity", None), (b"", None), (b"gzip;q=0", None), (b"deflate", None),
        (b"identity;q=1, gzip;q=0.5", None), (b"identity;q=0.5, gzip", b"gzip"),
        (b"GZIP", b"gzip"), (b"xgzip", None),
    ],
)  # fmt: skip
def test_a_coding_is_the_best_liked(accept: bytes, coding: bytes | None) -> None:
    assert content_coding(accept, (b"br", b"gzip")) == coding


def test_long_headers_are_cut() -> None:
    assert media_type(b"a/b," * 100_000, OFFERS) is None
