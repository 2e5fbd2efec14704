"""Entity tags: the etags of resources (AIP-154) as HTTP has them (RFC 9110, 8.8.3 and 13.1).

An owner's etag that is an entity tag already goes out as it is, any other in double quotes. One
that no quotes can hold has no header. The representation that a content coding makes has a strong
tag of its own, `"1-2;br"` for `"1-2"`: a weak one could not be sent in If-Match, which compares
strongly.
"""

import re

from mesh.errors import InvalidArgument

ANY = b"*"
_TAG = re.compile(rb'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_BARE = re.compile(rb"[\x21\x23-\x7e\x80-\xff]+")
_CODED = re.compile(rb';(?:br|gzip)"$')


def entity_tag(etag: bytes) -> bytes:
    """Returns an owner's etag as an entity tag; empty where it has none."""
    if _TAG.fullmatch(etag):
        return etag
    return b'"%b"' % etag if _BARE.fullmatch(etag) else b""


def coded(tag: bytes, coding: bytes) -> bytes:
    """Returns the tag of the representation that a content coding makes."""
    return b'%b;%b"' % (tag[:-1], coding)


def plain(tag: bytes) -> bytes:
    """Returns the tag of a representation before any coding."""
    return _CODED.sub(b'"', tag)


def match_weakly(header: bytes, tag: bytes) -> bytes:
    """Returns the tag of the representation that an If-None-Match has; empty where it has none."""
    if header.strip() == ANY:
        return tag
    ours = _opaque(tag)
    matching = next((t for t in _TAG.findall(header) if _opaque(plain(t)) == ours), b"")
    return _opaque(matching) if plain(matching) != matching else matching and tag


def match_strongly(header: bytes, tag: bytes) -> bool:
    """Says whether an If-Match holds for a representation.

    Raises:
        InvalidArgument: as `strong_tags`.
    """
    if header.strip() == ANY:
        return True
    return not tag.startswith(b"W/") and tag in strong_tags(header)


def strong_tags(header: bytes) -> list[bytes]:
    """Returns the strong tags of an If-Match, those of representations before any coding.

    Raises:
        InvalidArgument: the header is no list of entity tags.
    """
    found = _TAG.findall(header)
    if not found or _TAG.sub(b"", header).strip(b", \t"):
        raise InvalidArgument("If-Match takes entity tags, each in double quotes, or *")
    return [plain(tag) for tag in found if not tag.startswith(b"W/")]


def _opaque(tag: bytes) -> bytes:
    return tag.removeprefix(b"W/")
