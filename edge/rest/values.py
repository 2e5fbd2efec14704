"""Text from a path or a query, turned into the JSON value of the field that it fills.

The codec reads the value by the JSON mapping (R18); only what that mapping does not read from a
string is turned here: bool, enum numbers, and the snake_case paths of a field mask.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.codec import JsonValue
from edge.contracts.model import Contracts, Field, Kind, MessageType
from edge.contracts.well_known import FIELD_MASK, TEXTUAL, WELL_KNOWN, WRAPPERS
from mesh.errors import FieldViolation, InvalidArgument

PATH_DEPTH_MAX = 16
_BOOLS: Mapping[str, bool] = {"true": True, "True": True, "1": True, "": True} | {
    "false": False, "False": False, "0": False,
}  # fmt: skip

Convert = Callable[[str], JsonValue]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field that text can fill: the way to it from the request, and how to read the text.

    `path` holds JSON names, `names` the proto names of the same fields.
    """

    path: tuple[str, ...]
    names: tuple[str, ...]
    field: Field
    convert: Convert

    def read(self, texts: list[str]) -> JsonValue:
        """Returns the JSON value that the texts say.

        Raises:
            InvalidArgument: several texts for one value, or a text that is no such value.
        """
        if self.field.type_name == FIELD_MASK:
            return ",".join(map(camel_mask, texts))
        if not self.field.repeated and len(texts) > 1:
            raise violation(".".join(self.names), "takes one value")
        try:
            values = list(map(self.convert, texts))
        except KeyError as error:
            raise violation(".".join(self.names), "expected true or false") from error
        except ValueError as error:
            raise violation(".".join(self.names), "is a number too long") from error
        return values if self.field.repeated else values[0]


def find_leaf(contracts: Contracts, request: MessageType, names: tuple[str, ...]) -> Leaf | None:
    """Returns the leaf at a path of proto or JSON names, or None if text cannot fill it."""
    if len(names) > PATH_DEPTH_MAX:
        return None
    fields: list[Field] = []
    message: MessageType | None = request
    for name in names:
        field = message.field_called(name) if message else None
        if field is None or (fields and fields[-1].repeated):
            return None
        fields.append(field)
        inside = field.is_message and field.type_name not in WELL_KNOWN
        message = contracts.messages.get(field.type_name) if inside else None
    convert = _convert(fields[-1])
    if convert is None:
        return None
    path, proto = tuple(f.json_name for f in fields), tuple(f.name for f in fields)
    return Leaf(path, proto, fields[-1], convert)


def violation(field: str, description: str) -> InvalidArgument:
    """Returns the error that one field of the request is wrong."""
    return InvalidArgument(
        f"{field}: {description}", violations=[FieldViolation(field, description)]
    )


def camel_mask(text: str) -> str:
    """Returns a field mask's text with its paths in lowerCamelCase, as JSON has them."""
    return ",".join(camel_path(path.strip()) for path in text.split(",") if path.strip())


def camel_path(path: str) -> str:
    """Returns a path of field names in lowerCamelCase: `unit_price.units` is `unitPrice.units`."""
    head, *words = path.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in words)


def _convert(field: Field) -> Convert | None:
    if not field.is_message:
        return _by_kind(field.kind)
    if field.type_name in WRAPPERS:
        return _by_kind(WRAPPERS[field.type_name])
    return str if field.type_name in TEXTUAL else None


def _by_kind(kind: Kind) -> Convert:
    if kind is Kind.BOOL:
        return _BOOLS.__getitem__
    if kind is Kind.ENUM:
        return _enum
    return str


def _enum(text: str) -> str | int:
    return int(text) if text.lstrip("-").isdecimal() else text
