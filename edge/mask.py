"""Update masks that the edge fills when the client gave none (R11, AIP-134)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from google.protobuf import field_mask_pb2

from edge.codec import JsonValue
from edge.contracts.model import Contracts, Field, HttpRule, MessageType
from edge.contracts.template import Template
from edge.contracts.well_known import FIELD_MASK, WELL_KNOWN
from edge.json_text import shown
from edge.wire import delimited
from mesh.errors import FieldViolation, InvalidArgument

NEVER_CHANGED = frozenset({"OUTPUT_ONLY", "IDENTIFIER"})
ETAG = "etag"
"""A precondition of the change (AIP-154), no part of it."""
UNKNOWN_SAID_MAX = 10
READ_MASK = "read_mask"
"""A mask of the answer (AIP-157), not of the change."""


@dataclass(frozen=True, slots=True)
class UpdateMask:
    """How a PATCH or PUT binding fills the one field mask of its request.

    `resource` is the field of the request that holds what is changed; `bound` are the paths in
    it that the URL fills; `whole` is true for PUT.
    """

    contracts: Contracts
    field: Field
    resource: Field
    bound: frozenset[tuple[str, ...]]
    whole: bool

    def encoded(self, request: dict[str, JsonValue]) -> bytes:
        """Returns the mask as bytes to add to the serialized request; none if it has one.

        Bytes, because the JSON form of a mask cannot name a field such as `line_1`.

        Raises:
            InvalidArgument: the body names nothing that could change.
        """
        if any(request.get(name) for name in (self.field.json_name, self.field.name)):
            return b""
        paths = ["*"] if self.whole else list(self._changed(request))
        if not paths:
            unknown = [FieldViolation(name, "is no field here") for name in self._unknown(request)]
            raise InvalidArgument(
                "the body changes nothing", reason="EMPTY_UPDATE", violations=unknown
            )
        mask = field_mask_pb2.FieldMask(paths=paths).SerializeToString()
        return delimited((self.field.number,), mask)

    def _unknown(self, request: dict[str, JsonValue]) -> list[str]:
        message, body = self._body(request)
        unknown = (name for name in body if message is None or message.field_called(name) is None)
        return [shown(name) for name in islice(unknown, UNKNOWN_SAID_MAX)]

    def _body(
        self, request: dict[str, JsonValue]
    ) -> tuple[MessageType | None, dict[str, JsonValue]]:
        body = request.get(self.resource.json_name, request.get(self.resource.name))
        message = self.contracts.messages.get(self.resource.type_name)
        return message, body if isinstance(body, dict) else {}

    def _changed(self, request: dict[str, JsonValue]) -> Iterator[str]:
        message, body = self._body(request)
        if message is None:
            return
        for path in self._leaves(body, message, ()):
            if path not in self.bound and path != (ETAG,):
                yield ".".join(path)

    def _leaves(
        self, body: dict[str, JsonValue], message: MessageType, outer: tuple[str, ...]
    ) -> Iterator[tuple[str, ...]]:
        """Yields the path of each leaf that may change; unknown names are left to the codec."""
        for name, value in body.items():
            field = message.field_called(name)
            if field is None or field.behaviors & NEVER_CHANGED:
                continue
            path = (*outer, field.name)
            inner = self._inner(field)
            if inner is not None and isinstance(value, dict) and value:
                yield from self._leaves(value, inner, path)
            else:
                yield path

    def _inner(self, field: Field) -> MessageType | None:
        if field.repeated or not field.is_message or field.type_name in WELL_KNOWN:
            return None
        return self.contracts.messages.get(field.type_name)


def update_mask(
    contracts: Contracts, request: MessageType, rule: HttpRule, template: Template
) -> UpdateMask | None:
    """Returns how a binding fills its update mask; None where it has none to fill."""
    masks = [
        field
        for field in request.fields
        if field.type_name == FIELD_MASK and not field.repeated and field.name != READ_MASK
    ]
    if rule.verb not in ("PATCH", "PUT") or len(masks) != 1:
        return None
    resource = resource_field(request, rule)
    if resource is None:
        return None
    bound = {v.field_path[1:] for v in template.variables if v.field_path[0] == resource.name}
    return UpdateMask(contracts, masks[0], resource, frozenset(bound), rule.verb == "PUT")


def resource_field(request: MessageType, rule: HttpRule) -> Field | None:
    """Returns the field that the body fills; with body `*`, the only message of the contract."""
    if rule.body != "*":
        return request.by_name.get(rule.body)
    own = [
        field
        for field in request.fields
        if field.is_message and not field.repeated and field.type_name not in WELL_KNOWN
    ]
    return own[0] if len(own) == 1 else None
