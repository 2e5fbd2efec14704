"""Conditional requests (R12, AIP-154, RFC 9110 13): ETag, If-None-Match, If-Match.

A read is compared here, by the etag in its answer. A write is compared by the owner, who alone can
do it in one step with the change: If-Match fills the etag of the request. So one tag can be sent,
and `*` asks only that the resource is there: it turns off `allow_missing`. A method that takes no
etag cannot keep the condition and is refused with 412, nothing done; so is If-None-Match on a
change, with 400.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from edge.contracts.model import Contracts, Field, HttpRule, Kind, Method
from edge.errors import PreconditionFailed
from edge.etag import ANY, entity_tag, match_strongly, match_weakly, strong_tags
from edge.mask import resource_field
from edge.rest.router import Binding
from edge.wire import Peek, cleared_bool, delimited, peek
from mesh.errors import Aborted, InvalidArgument

IF_MATCH, IF_NONE_MATCH = b"if-match", b"if-none-match"
ETAG = "etag"
CHANGES = frozenset({"PATCH", "PUT", "DELETE"})
"""The HTTP methods whose path names what they change; that of a POST may name a collection."""

Call = Callable[[bytes], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What one binding makes of conditions; `reads` is true where it is bound to GET.

    `answered` reads the etag of an answer; `way` are the field numbers that lead to the etag of a
    request; `allow_missing` is the number of that field, or 0.
    """

    reads: bool
    changes: bool
    answered: Peek | None
    way: tuple[int, ...]
    allow_missing: int

    def tag(self, answer: bytes) -> bytes:
        """Returns the entity tag of an answer; empty where it has none."""
        if self.answered is None:
            return b""
        try:
            etag = self.answered(answer)
        except DecodeError:  # the codec says it better
            return b""
        return entity_tag(etag) if etag else b""

    def unchanged(self, tag: bytes, headers: Mapping[bytes, bytes]) -> bytes:
        """Returns the tag with which a client has this answer already; empty if it has not.

        Raises:
            PreconditionFailed: If-Match names other tags than that of the answer.
        """
        if IF_MATCH in headers and not match_strongly(headers[IF_MATCH], tag):
            raise PreconditionFailed("the resource has another etag")
        if not tag or IF_NONE_MATCH not in headers:
            return b""
        return match_weakly(headers[IF_NONE_MATCH], tag)

    async def write(self, call: Call, request: bytes, headers: Mapping[bytes, bytes]) -> bytes:
        """Returns the answer of a write under its conditions.

        An owner's etags may come without quotes, which the tag does not show: where the quoted one
        is refused, which changes nothing, the bare one is tried.

        Raises:
            PreconditionFailed: the resource has another etag.
            InvalidArgument: the conditions contradict the body, or cannot be kept.
        """
        if self.changes and IF_NONE_MATCH in headers:
            raise InvalidArgument("If-None-Match is for reads; send If-Match, or none")
        if IF_MATCH not in headers:
            return await call(request)
        if self.allow_missing:
            request += cleared_bool(self.allow_missing)
        expected = self._expected(headers[IF_MATCH])
        if not expected or not self._adds(request, expected):
            return await _checked(call, request)
        try:
            return await call(request + delimited(self.way, expected))
        except Aborted:
            return await _checked(call, request + delimited(self.way, expected[1:-1]))

    def _expected(self, header: bytes) -> bytes:
        """The tag that the owner is to compare; empty for `*`."""
        if header.strip() == ANY:
            return b""
        tags = strong_tags(header)
        if tags and not _is_text(tags[0]):
            raise PreconditionFailed("the resource has another etag: its own is UTF-8")
        if not tags:
            raise PreconditionFailed("If-Match compares strongly, so no weak etag ever matches")
        if not self.way:
            raise PreconditionFailed("this method takes no etag, so it cannot keep If-Match")
        if len(tags) > 1:
            raise InvalidArgument("If-Match takes one etag here, or *")
        return tags[0]

    def _adds(self, request: bytes, expected: bytes) -> bool:
        """Says whether the request lacks the etag that it is to have."""
        told = peek(*self.way)(request)
        if told and told not in (expected, expected[1:-1]):
            raise InvalidArgument("If-Match and the etag of the request differ")
        return not told


def conditions_of(binding: Binding, contracts: Contracts) -> Conditions:
    """Returns what a binding makes of conditions."""
    method, rule = binding.method, binding.rule
    reads = rule.verb == "GET"
    field = method.output.string_called(ETAG) if method.unary and not rule.response_body else None
    missing = method.input.by_name.get("allow_missing")
    return Conditions(
        reads,
        rule.verb in CHANGES,
        peek(field.number) if field else None,
        tuple(field.number for field in etag_way(method, rule, contracts)),
        missing.number if missing and missing.kind is Kind.BOOL else 0,
    )


def etag_way(method: Method, rule: HttpRule, contracts: Contracts) -> tuple[Field, ...]:
    """Returns the fields that lead to the etag that If-Match fills; empty where there is none.

    It is the request's own, else that of the resource that the rule changes.
    """
    if rule.verb == "GET":
        return ()
    if own := method.input.string_called(ETAG):
        return (own,)
    outer = resource_field(method.input, rule) if rule.verb in CHANGES else None
    resource = contracts.messages.get(outer.type_name) if outer else None
    inner = resource.string_called(ETAG) if resource else None
    return (outer, inner) if outer and inner else ()


def _is_text(tag: bytes) -> bool:
    """Says whether a string of a message can hold a tag."""
    try:
        tag.decode()
    except UnicodeDecodeError:
        return False
    return True


async def _checked(call: Call, request: bytes) -> bytes:
    try:
        return await call(request)
    except Aborted as error:
        raise PreconditionFailed(
            error.message,
            reason=error.reason,
            metadata=error.metadata,
            violations=error.violations,
            retry_after_seconds=error.retry_after_seconds,
            details=error.details,
            remote=error.remote,
        ) from error
