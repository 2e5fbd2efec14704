"""Where a JSON value is not of its message, and what was expected there, in the contract's words.

The library that reads JSON says that something is wrong, but neither where nor in words for people
outside. It stays the judge: what it refuses is halved until single values are left. That happens
only once a request is refused.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from edge.contracts.model import Contracts, EnumType, Field, Kind, MessageType
from edge.contracts.well_known import NULLABLE, WELL_KNOWN, WRAPPERS
from edge.json_text import JsonValue, shown, write_json
from mesh.errors import FieldViolation

FAULTS_MAX = 10
READ_BYTES_MAX = 4 * 2**20
"""How much JSON the judge reads for one request; past that the faults found so far are told."""
READ_BYTES_LEAST = 64
NAMES_MAX = 20

Reads = Callable[[str, bytes], bool]
"""Says whether JSON text is of the message of that name."""
Item = TypeVar("Item")

_INT32 = "expected an integer from -2147483648 to 2147483647"
_UINT32 = "expected an integer from 0 to 4294967295"
_INT64 = "expected an integer from -9223372036854775808 to 9223372036854775807"
_UINT64 = "expected an integer from 0 to 18446744073709551615"
_NUMBER = 'expected a number, "NaN", "Infinity" or "-Infinity"'
_EXPECTED: Mapping[Kind, str] = {
    Kind.DOUBLE: _NUMBER, Kind.FLOAT: _NUMBER,
    Kind.INT32: _INT32, Kind.SINT32: _INT32, Kind.SFIXED32: _INT32,
    Kind.UINT32: _UINT32, Kind.FIXED32: _UINT32,
    Kind.INT64: _INT64, Kind.SINT64: _INT64, Kind.SFIXED64: _INT64,
    Kind.UINT64: _UINT64, Kind.FIXED64: _UINT64,
    Kind.BOOL: "expected true or false",
    Kind.STRING: "expected a string",
    Kind.BYTES: "expected a string of base64",
}  # fmt: skip
_EXPECTED_MESSAGE: Mapping[str, str] = {
    "google.protobuf.Timestamp": "expected a time such as 2026-01-02T03:04:05Z",
    "google.protobuf.Duration": "expected seconds such as 1.5s",
    "google.protobuf.FieldMask": "expected paths in lowerCamelCase with commas between them",
    "google.protobuf.Struct": "expected an object",
    "google.protobuf.ListValue": "expected a list",
    "google.protobuf.Value": "expected a JSON value",
    "google.protobuf.Any": 'expected an object with a known "@type" and its members',
}


class Faults:
    """Finds what is wrong with JSON values for the types of one set of contracts."""

    def __init__(self, contracts: Contracts, reads: Reads, *, ignore_unknown: bool = False) -> None:
        self._contracts, self._reads, self._ignore_unknown = contracts, reads, ignore_unknown

    def find(self, type_name: str, value: JsonValue) -> list[FieldViolation]:
        """Returns what is wrong with a value that is no such message: paths in JSON names."""
        message = self._contracts.messages.get(type_name)
        if message is None or type_name in WELL_KNOWN:
            return [FieldViolation("", _EXPECTED_MESSAGE.get(type_name, "cannot be read"))]
        search = _Search(self._contracts, self._reads, self._ignore_unknown)
        found = [
            FieldViolation(shown(path.lstrip(".")), said)
            for path, said in islice(search.message(message, value, ""), FAULTS_MAX)
        ]
        return found or [FieldViolation("", "cannot be read")]


Fault = tuple[str, str]


class _Search:
    """One search: it knows how many bytes it may still ask about."""

    def __init__(self, contracts: Contracts, reads: Reads, ignore_unknown: bool) -> None:
        self._contracts, self._judge, self._ignore_unknown = contracts, reads, ignore_unknown
        self._left = READ_BYTES_MAX

    def message(self, message: MessageType, value: JsonValue, path: str) -> Iterator[Fault]:
        """Yields the faults of a value that is no such message, or may be none."""
        if not isinstance(value, dict):
            yield path, "expected an object"
            return
        members = []
        for name, inner in value.items():
            field = message.field_called(name)
            if field is not None:
                members.append((name, inner, field))
            elif not self._ignore_unknown:
                yield f"{path}.{name}", "is no field of the contract"
        for name, inner, field in self._wrong(
            members, lambda some: self._reads(message, {name: inner for name, inner, _ in some})
        ):
            yield from self._field(message, field, name, inner, f"{path}.{field.json_name}")

    def _field(
        self, message: MessageType, field: Field, name: str, value: JsonValue, path: str
    ) -> Iterator[Fault]:
        if not field.repeated:
            yield from self._value(field, value, path)
        elif field.map_key and field.map_value:
            yield from self._map(message, field, name, value, path)
        elif not isinstance(value, list):
            yield path, "expected a list"
        else:
            for at, item in self._wrong(
                list(enumerate(value)),
                lambda some: self._reads(message, {name: [item for _, item in some]}),
            ):
                yield from self._value(field, item, f"{path}[{at}]")

    def _map(
        self, message: MessageType, field: Field, name: str, value: JsonValue, path: str
    ) -> Iterator[Fault]:
        assert field.map_key and field.map_value
        if not isinstance(value, dict):
            yield path, "expected an object"
            return
        entries = list(value.items())
        for key, inner in self._wrong(
            entries, lambda some: self._reads(message, {name: dict(some)})
        ):
            place = f'{path}["{key}"]'
            if self._key(field.map_key, key):
                yield from self._value(field.map_value, inner, place)
            else:
                yield place, f"{_EXPECTED[field.map_key.kind]} for a key"

    def _value(self, field: Field, value: JsonValue, path: str) -> Iterator[Fault]:
        if value is None and field.type_name not in NULLABLE:
            yield path, "expected a value, not null"
            return
        inside = self._contracts.messages.get(field.type_name) if field.is_message else None
        if inside is None or field.type_name in WELL_KNOWN:
            yield path, self._expected(field)
        else:
            yield from self.message(inside, value, path)

    def _expected(self, field: Field) -> str:
        if field.is_message:
            wrapped = WRAPPERS.get(field.type_name)
            said = _EXPECTED_MESSAGE.get(field.type_name, "cannot be read")
            return _EXPECTED[wrapped] if wrapped else said
        if field.kind is Kind.ENUM:
            return _one_of(self._contracts.enums.get(field.type_name))
        return _EXPECTED[field.kind]

    def _key(self, key: Field, text: str) -> bool:
        if key.kind is Kind.BOOL:
            return text in ("true", "false")
        return key.kind is Kind.STRING or text.removeprefix("-").isdecimal()

    def _reads(self, message: MessageType, value: JsonValue) -> bool:
        text = write_json(value)
        self._left -= max(len(text), READ_BYTES_LEAST)
        return self._judge(message.full_name, text)

    def _wrong(self, items: Sequence[Item], reads: Callable[[Sequence[Item]], bool]) -> list[Item]:
        """Returns those of the items that cannot be read, by halving; the last are untold."""
        found: list[Item] = []
        todo = [items]
        while todo and self._left > 0 and len(found) < FAULTS_MAX:
            some = todo.pop()
            if not some or reads(some):
                continue
            if len(some) == 1:
                found.append(some[0])
            else:
                half = len(some) // 2
                todo += [some[half:], some[:half]]
        return found


def _one_of(enum: EnumType | None) -> str:
    names = [value.name for value in enum.values] if enum else []
    more = ", …" if len(names) > NAMES_MAX else ""
    return f"expected one of {', '.join(names[:NAMES_MAX])}{more}, or a number"
