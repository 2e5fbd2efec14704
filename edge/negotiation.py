"""What a client takes: media types and content codings with their weights (RFC 9110, 12)."""

from collections.abc import Mapping
from functools import lru_cache

CACHED_HEADERS_MAX = 256
HEADER_BYTES_MAX = 1024
"""How much of an Accept header is looked at."""


def media_type(accept: bytes, offers: tuple[bytes, ...]) -> bytes | None:
    """Returns the offer that a client likes best, the first of equals; None if it takes none."""
    return _media_type(accept[:HEADER_BYTES_MAX], offers)


def weight(accept: bytes, kind: bytes) -> float:
    """Returns how much a client likes a media type that its Accept header names in full."""
    return _weights(accept[:HEADER_BYTES_MAX]).get(kind, 0.0)


def content_coding(accept_encoding: bytes, offers: tuple[bytes, ...]) -> bytes | None:
    """Returns the coding that a client likes best, the first of equals; None: leave it as it is."""
    return _content_coding(accept_encoding[:HEADER_BYTES_MAX], offers)


@lru_cache(maxsize=CACHED_HEADERS_MAX)
def _content_coding(accept_encoding: bytes, offers: tuple[bytes, ...]) -> bytes | None:
    weights = _weights(accept_encoding)
    rest = weights.get(b"*", 0.0)
    best = max(offers, key=lambda offer: weights.get(offer, rest))
    liked = weights.get(best, rest)
    return best if liked > 0 and liked >= weights.get(b"identity", 0.0) else None


@lru_cache(maxsize=CACHED_HEADERS_MAX)
def _media_type(accept: bytes, offers: tuple[bytes, ...]) -> bytes | None:
    weights = _weights(accept)
    if not weights:
        return offers[0]
    best = max(offers, key=lambda offer: _liked(weights, offer))
    return best if _liked(weights, best) > 0 else None


def _liked(weights: Mapping[bytes, float], kind: bytes) -> float:
    """The most specific range that holds the media type decides (RFC 9110, 12.5.1)."""
    for name in (kind, kind.partition(b"/")[0] + b"/*", b"*/*"):
        if name in weights:
            return weights[name]
    return 0.0


def _weights(header: bytes) -> dict[bytes, float]:
    weights = {}
    for element in header.lower().split(b","):
        name, *parameters = (part.strip() for part in element.split(b";"))
        if name:
            weights[name] = _weight(parameters)
    return weights


def _weight(parameters: list[bytes]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition(b"=")
        if name == b"q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
