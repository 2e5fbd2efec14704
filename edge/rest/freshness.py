"""`Cache-Control` and `Vary` of an answer (RFC 9111, R22).

A read may be kept for as long as its policy says (`cache_max_age`): by everybody where the method
is public and the request came without `Authorization`, else by its caller alone; and longer while
its owner does not answer, where policy allows that too (`stale-if-error`, RFC 5861). Any other read
is kept by its caller alone, and asked about each time (`no-cache`), which its ETag makes cheap; so
is one that holds joins which may be kept for less time, or failed. What a write answers, and every
error, is not kept.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.call import Notes
from edge.contracts.operations import reads
from edge.errors import NO_STORE, Headers
from edge.rest.router import Binding

AUTHORIZATION = b"authorization"
AGE, CACHE_CONTROL, VARY = b"age", b"cache-control", b"vary"
NEGOTIATED = ("Accept", "Accept-Encoding")


@dataclass(frozen=True, slots=True)
class Freshness:
    """The headers of one binding's answers, with and without `Authorization` in the request.

    `asked_about` are those of an answer that holds what its method's policy does not speak for.
    """

    anonymous: tuple[tuple[bytes, bytes], ...]
    authorized: tuple[tuple[bytes, bytes], ...]
    asked_about: tuple[tuple[bytes, bytes], ...]
    max_age_seconds: int

    def headers(self, asked: Mapping[bytes, bytes], notes: Notes) -> Headers:
        """Returns the headers of an answer, whose notes say what it was made of."""
        least = notes.max_age_seconds
        if least is not None and least < self.max_age_seconds:
            return list(self.asked_about)
        if not notes.shared or AUTHORIZATION in asked:
            told = list(self.authorized)
        else:
            told = list(self.anonymous)
        if self.max_age_seconds and notes.age_seconds:
            told.append((AGE, b"%d" % math.ceil(notes.age_seconds)))
        return told


def freshness_of(binding: Binding, forwarded: Iterable[str] = ()) -> Freshness:
    """Returns the headers of a binding; `forwarded` request headers may change what is answered."""
    method = binding.method
    if not reads(method):
        return Freshness((NO_STORE,), (NO_STORE,), (NO_STORE,), 0)
    age = int(method.facts.cache_max_age_seconds) if binding.rule.verb == "GET" else 0
    # An etag is that of a resource: two callers may have the same, and see different parts of it.
    vary = VARY, ", ".join((*NEGOTIATED, "Authorization", *forwarded)).encode()
    asked_about = ((CACHE_CONTROL, b"private, no-cache"), vary)
    if not age:
        return Freshness(asked_about, asked_about, asked_about, 0)
    time = b"max-age=%d" % age
    if stale := int(method.facts.stale_if_error_seconds):
        time += b", stale-if-error=%d" % stale
    private = (CACHE_CONTROL, b"private, " + time)
    shared = (CACHE_CONTROL, b"public, " + time) if method.facts.public else private
    return Freshness((shared, vary), (private, vary), asked_about, age)
