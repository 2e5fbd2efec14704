import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.etag import coded, entity_tag, match_strongly, match_weakly, plain, strong_tags
from mesh.errors import InvalidArgument

opaque = st.binary(max_size=20).map(lambda data: data.hex().encode())


@given(opaque, st.sampled_from([b"br", b"gzip"]))
def test_a_coded_tag_leads_back(text: bytes, coding: bytes) -> None:
    tag = entity_tag(b'"%b"' % text)
    assert coded(tag, coding) != tag
    assert plain(coded(tag, coding)) == tag
    assert match_strongly(coded(tag, coding), tag)
    assert match_weakly(b"W/" + tag, tag) == tag
    assert match_weakly(coded(tag, coding), tag) == coded(tag, coding)


@given(st.lists(opaque, min_size=1, max_size=5), opaque)
def test_a_list_matches_where_one_of_it_does(texts: list[bytes], other: bytes) -> None:
    header = b", ".join(b'"%b"' % text for text in texts)
    assert strong_tags(header) == [b'"%b"' % text for text in texts]
    for text in (*texts, other):
        assert match_strongly(header, b'"%b"' % text) is (text in texts)
        assert bool(match_weakly(header, b'"%b"' % text)) is (text in texts)


@pytest.mark.parametrize(
    "header", [b'"a, "b"', b'"a" b', b"a", b"", b'"a\x00"', b"*, *", b'*, "a"']
)
def test_what_is_no_list_of_tags_is_said(header: bytes) -> None:
    with pytest.raises(InvalidArgument):
        strong_tags(header)


def test_weak_tags_never_match_strongly() -> None:
    assert not match_strongly(b'W/"a"', b'"a"')
    assert not match_strongly(b'"a"', b'W/"a"')
    assert not match_strongly(b'W/"a"', b'W/"a"')
    assert strong_tags(b'W/"a", "b"') == [b'"b"']


def test_a_long_header_is_read_in_linear_time() -> None:
    assert match_weakly(b'"' * 30_000, b'"a"') == b""
    assert match_weakly(b'W/"a",' * 5_000 + b'"b"', b'"b"') == b'"b"'
