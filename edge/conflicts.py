"""Members of a JSON object that say one thing twice: both names of a field, two of one oneof.

The JSON mapping has a field under its JSON name or its proto name, and readers take whichever
comes last. What a client meant is not known then, so it is asked (R18).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from edge.contracts.model import Contracts, Field, MessageType
from edge.contracts.well_known import NULLABLE, WELL_KNOWN
from edge.json_text import JsonValue, shown
from mesh.errors import FieldViolation, InvalidArgument


@dataclass(frozen=True, slots=True)
class _Member:
    """What a name in a JSON object stands for; `slot` is what only one name may fill.

    `inside` is the message that its value holds, or each value of its list or `map` does.
    """

    slot: str
    nullable: bool
    inside: MessageType | None
    map: bool


class Conflicts:
    """Looks through JSON values for the types of one set of contracts."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._members: dict[str, dict[str, _Member]] = {}

    def check(self, type_name: str, value: JsonValue) -> None:
        """Lets a value pass that says everything once; what is no such message passes too.

        Raises:
            InvalidArgument: two members fill one field or one oneof; the violation names the later.
        """
        message = self._contracts.messages.get(type_name)
        if message is not None and type_name not in WELL_KNOWN:
            self._check(message, value, "")

    def _check(self, message: MessageType, value: JsonValue, path: str) -> None:
        if not isinstance(value, dict):
            return
        known = self._members.get(message.full_name)
        if known is None:
            known = self._members[message.full_name] = self._known(message)
        filled: dict[str, str] = {}
        for name, inner in value.items():
            member = known.get(name)
            if member is None or (inner is None and not member.nullable):
                continue
            earlier = filled.setdefault(member.slot, name)
            if earlier != name:
                raise _conflict(f"{path}{name}", earlier)
            if member.inside is not None:
                for message_value, place in _values(member, inner, f"{path}{name}"):
                    self._check(member.inside, message_value, place)

    def _known(self, message: MessageType) -> dict[str, _Member]:
        found = {}
        for field in message.fields:
            member = _Member(
                slot=f"oneof {field.oneof}" if field.oneof else field.name,
                nullable=field.type_name in NULLABLE and not field.repeated,
                inside=self._inside(field.map_value or field),
                map=field.map_key is not None,
            )
            found[field.name] = found[field.json_name] = member
        return found

    def _inside(self, field: Field) -> MessageType | None:
        if not field.is_message or field.type_name in WELL_KNOWN:
            return None
        return self._contracts.messages.get(field.type_name)


def _values(member: _Member, value: JsonValue, path: str) -> Iterable[tuple[JsonValue, str]]:
    if isinstance(value, list):
        return [(item, f"{path}[{at}].") for at, item in enumerate(value)]
    if member.map and isinstance(value, dict):
        return [(item, f'{path}["{key}"].') for key, item in value.items()]
    return [(value, f"{path}.")]


def _conflict(path: str, earlier: str) -> InvalidArgument:
    path, said = shown(path), f"says what {earlier} says already"
    return InvalidArgument(f"{path}: {said}", violations=[FieldViolation(path, said)])
