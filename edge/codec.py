"""The seam between protobuf and JSON: messages named by type, bytes in, bytes out.

Everything that turns one into the other goes through here, so the library behind it (protobuf-py,
whose core is Rust; see `docs/decisions.md`) is named in this file alone.
"""

import orjson
from protobuf import Message

from edge.conflicts import Conflicts
from edge.contracts.model import Contracts
from edge.faults import Faults
from edge.json_text import JsonValue, parse_json, write_json
from edge.json_types import JsonTypes
from mesh.errors import Internal, InvalidArgument

__all__ = ["Codec", "JsonValue"]

# What the library raises for a value that is not of a message.
_UNREADABLE = (ValueError, TypeError, OverflowError, RecursionError)


class Codec:
    """Reads and writes the JSON mapping of proto3 for the types of one set of contracts (R18)."""

    def __init__(
        self, contracts: Contracts, *, emit_defaults: bool = True, ignore_unknown: bool = False
    ) -> None:
        self._types = JsonTypes(contracts)
        self._emit_defaults = emit_defaults
        self._ignore_unknown = ignore_unknown
        self._classes: dict[str, type[Message]] = {}
        self._conflicts = Conflicts(contracts)
        self._faults = Faults(contracts, self._reads, ignore_unknown=ignore_unknown)

    def to_json(self, type_name: str, data: bytes) -> bytes:
        """Returns the JSON of a serialized message, as REST sends it.

        Raises:
            Internal: the bytes are no such message, or an Any inside is of an unknown type.
        """
        return self._write(type_name, data, self._emit_defaults).encode()

    def to_value(self, type_name: str, data: bytes) -> JsonValue:
        """Returns the parsed JSON of a serialized message, default values always present.

        Raises:
            Internal: as `to_json`.
        """
        return orjson.loads(self._write(type_name, data, True))

    def from_json(self, type_name: str, text: bytes) -> bytes:
        """Returns the serialized message that JSON text says.

        Raises:
            InvalidArgument: the text is no JSON, or not of that message; with a violation a field.
        """
        return self.from_value(type_name, parse_json(text), text)

    def from_value(self, type_name: str, value: JsonValue, text: bytes | None = None) -> bytes:
        """Returns the serialized message that a parsed JSON value says; `text` is that value's.

        Raises:
            InvalidArgument: as `from_json`.
        """
        try:
            self._conflicts.check(type_name, value)
            return self._read(type_name, text or write_json(value))
        except RecursionError as error:
            raise InvalidArgument("the JSON is nested too deeply") from error
        except _UNREADABLE as error:
            violations = self._faults.find(type_name, value)
            first = f"{violations[0].field}: {violations[0].description}".removeprefix(": ")
            raise InvalidArgument(first, violations=violations) from error

    def _reads(self, type_name: str, text: bytes) -> bool:
        try:
            self._read(type_name, text)
        except _UNREADABLE:
            return False
        return True

    def _read(self, type_name: str, text: bytes) -> bytes:
        try:
            return self._parsed(type_name, text)
        except _UNREADABLE:
            if self._types.read_named(text):
                return self._parsed(type_name, text)
            raise

    def _parsed(self, type_name: str, text: bytes) -> bytes:
        message = self._class(type_name).from_json(
            text, ignore_unknown_fields=self._ignore_unknown, registry=self._types.registry
        )
        return message.to_binary()

    def _write(self, type_name: str, data: bytes, emit_defaults: bool) -> str:
        try:
            message = self._class(type_name).from_binary(data)
            try:
                return self._text(message, emit_defaults)
            except _UNREADABLE:
                if self._types.read_named(data):
                    return self._text(message, emit_defaults)
                raise
        except _UNREADABLE as error:
            raise Internal(f"an upstream answered what is no {type_name}") from error

    def _text(self, message: Message, emit_defaults: bool) -> str:
        return message.to_json(registry=self._types.registry, always_emit_implicit=emit_defaults)

    def _class(self, type_name: str) -> type[Message]:
        found = self._classes.get(type_name)
        if found is None:
            found = self._types.message(type_name)
            if found is None:
                raise Internal(f"the contracts do not hold {type_name}")
            self._classes[type_name] = found
        return found
