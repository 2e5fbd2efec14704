"""Fills messages from their descriptors: plausible, rich, and the same for the same seed.

Each kind of field gets its hard values in turn (large integers, NaN, both ends of the calendar,
empty and absent), so that two or three seeds cover what the JSON mapping tells apart.
"""

import re
from collections.abc import Callable, Mapping

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from tests.contracts.types import Types, key, reference, resource

DEPTH = 3
VARIABLE = re.compile(r"\{([^{}=]+)(?:=([^{}]*))?\}")
TEXTS = ("plain", 'quoted "\\" <&>', "ünïcode ✓ 𝄞", "line\nbreak\ttab\u2028")
TAME_TEXTS = ("plain", "two words", "ünïcode ✓", "a&b=c+d%20/e?f#g")
INTEGERS: Mapping[str, tuple[int, ...]] = {
    "INT32": (7, -(2**31), 2**31 - 1),
    "UINT32": (7, 2**32 - 1),
    "INT64": (2**53 + 1, -(2**63), 2**63 - 1),
    "UINT64": (2**53 + 1, 2**64 - 1),
}
FLOATS = (0.1, -2.5, 3.4e38, float("inf"), float("nan"), 1e-7)
TAME_FLOATS = (0.5, -2.25, 1024.0)
UNKNOWN_NUMBER = 4242

Special = Callable[["Filler", Message, int], None]


class Filler:
    """Makes messages of one image.

    A tame filler keeps to values that every writer spells alike and every reader takes: for
    requests. A finite one knows no NaN and no infinity, which GraphQL cannot say.
    """

    def __init__(self, types: Types, *, tame: bool = False, finite: bool = False) -> None:
        self.types = types
        self._tame = tame
        self._floats = TAME_FLOATS if tame or finite else FLOATS

    def message(self, descriptor: Descriptor, seed: int, depth: int = DEPTH) -> Message:
        """Returns a message with its fields set, but for one in four, which keeps its default."""
        message = self.types.new(descriptor)()
        special = SPECIAL.get(descriptor.full_name)
        if special:
            special(self, message, seed)
            return message
        for field in descriptor.fields:
            if self._wanted(field, seed):
                self._set(message, field, seed + field.number, depth)
        return message

    def name(self, type_: str, seed: int, parent: str = "") -> str:
        """Returns a name by one of the type's patterns, below `parent` where one allows it."""
        patterns = [p for p in self.types.patterns.get(type_, ()) if VARIABLE.search(p)]
        for pattern in patterns:
            outer, inner = re.fullmatch(r"(?:(.*)/)?([^/]+/[^/]+)", pattern).groups()
            if parent and outer and _regex(outer).fullmatch(parent):
                return f"{parent}/{_filled(inner, seed)}"
        return _filled(patterns[seed % len(patterns)] if patterns else "things/{thing}", seed)

    def _wanted(self, field: FieldDescriptor, seed: int) -> bool:
        oneof = field.containing_oneof
        if oneof and len(oneof.fields) > 1:
            return oneof.fields[seed % len(oneof.fields)] is field
        if field.name == key(field.containing_type):
            return True
        return self._tame or (seed + field.number) % 4 != 3

    def _set(self, message: Message, field: FieldDescriptor, seed: int, depth: int) -> None:
        if field.message_type and field.message_type.GetOptions().map_entry:
            self._set_map(getattr(message, field.name), field, seed, depth)
        elif field.is_repeated:
            values = [self._value(field, seed + i, depth) for i in range(2)]
            getattr(message, field.name).extend(value for value in values if value is not None)
        elif field.message_type:
            value = self._value(field, seed, depth)
            if value is not None:
                getattr(message, field.name).CopyFrom(value)
        else:
            setattr(message, field.name, self._value(field, seed, depth))

    def _set_map(self, target, field: FieldDescriptor, seed: int, depth: int) -> None:
        keys, values = field.message_type.fields_by_name.values()
        for i in range(2):
            name = f"key {i}" if keys.type == keys.TYPE_STRING else i + 1
            value = self._value(values, seed + i, depth)
            if values.message_type and value is not None:
                target[name].CopyFrom(value)
            elif not values.message_type:
                target[name] = value

    def _value(self, field: FieldDescriptor, seed: int, depth: int):
        """A value for one place of a field; None where a message would be too deep."""
        if field.message_type:
            shallow = field.message_type.full_name in SPECIAL or not field.message_type.fields
            if depth == 0 and not shallow:
                return None
            return self.message(field.message_type, seed, depth - 1)
        if field.enum_type:
            return self._number(field.enum_type, seed)
        return self._scalar(field, seed)

    def _number(self, enum: EnumDescriptor, seed: int) -> int:
        if seed % 7 == 6 and not (self._tame or enum.is_closed):
            return UNKNOWN_NUMBER
        return enum.values[seed % len(enum.values)].number

    def _scalar(self, field: FieldDescriptor, seed: int):
        match field.type:
            case field.TYPE_STRING:
                return self._text(field, seed)
            case field.TYPE_BYTES:
                return bytes(range(seed % 5, 256, 51 + seed % 3)) + b"\xff\xfe"
            case field.TYPE_BOOL:
                return seed % 3 != 0
            case field.TYPE_DOUBLE | field.TYPE_FLOAT:
                return self._floats[seed % len(self._floats)]
        names = ("CPPTYPE_INT32", "CPPTYPE_UINT32", "CPPTYPE_INT64", "CPPTYPE_UINT64")
        (name,) = (name for name in names if getattr(field, name) == field.cpp_type)
        integers = INTEGERS[name.removeprefix("CPPTYPE_")]
        return integers[seed % len(integers)]

    def _text(self, field: FieldDescriptor, seed: int) -> str:
        own = field.containing_type
        type_ = reference(field)
        if field.name == key(own):
            return self.name(resource(own).type, seed)
        if type_ and type_ != "*":
            return self.name(type_, seed)
        texts = TAME_TEXTS if self._tame else TEXTS
        return f"{field.name} {seed}: {texts[seed % len(texts)]}"


def _filled(pattern: str, seed: int) -> str:
    return VARIABLE.sub(lambda match: f"{match[1]}-{seed}", pattern)


def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(VARIABLE.sub("[^/]+", pattern))


def _timestamp(filler: Filler, message: Message, seed: int) -> None:
    moments = (
        (0, 0),
        (1_700_000_000, 123_000_000),
        (-62_135_596_800, 1),
        (253_402_300_799, 999_999_000),
    )
    message.seconds, message.nanos = moments[seed % len(moments)]


def _duration(filler: Filler, message: Message, seed: int) -> None:
    lengths = ((0, 0), (3, 500_000_000), (-1, -1_000), (315_576_000_000, 0))
    message.seconds, message.nanos = lengths[seed % len(lengths)]


def _mask(filler: Filler, message: Message, seed: int) -> None:
    message.paths.extend(("display_name", "nested_thing.inner_field")[: 1 + seed % 2])


def _wrapper(filler: Filler, message: Message, seed: int) -> None:
    field = message.DESCRIPTOR.fields_by_name["value"]
    message.value = filler._scalar(field, seed)


def _struct(filler: Filler, message: Message, seed: int) -> None:
    message.update({"text": "ü", "number": 1.5, "none": None, "list": [True, {"deep": [seed]}]})


def _list(filler: Filler, message: Message, seed: int) -> None:
    message.extend(["a", 1.0, None, False])


def _json(filler: Filler, message: Message, seed: int) -> None:
    match seed % 3:
        case 0:
            message.string_value = "text"
        case 1:
            message.null_value = 0
        case 2:
            _struct(filler, message.struct_value, seed)


def _any(filler: Filler, message: Message, seed: int) -> None:
    """Alternates between a type with a JSON form of its own and a plain one, held by all images."""
    pool = filler.types.pool
    inner = ("google.protobuf.Duration", "google.api.CustomHttpPattern")[seed % 2]
    message.Pack(filler.message(pool.FindMessageTypeByName(inner), seed))


def _empty(filler: Filler, message: Message, seed: int) -> None:
    pass


WRAPPERS = ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
SPECIAL: Mapping[str, Special] = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Duration": _duration,
    "google.protobuf.FieldMask": _mask,
    "google.protobuf.Struct": _struct,
    "google.protobuf.ListValue": _list,
    "google.protobuf.Value": _json,
    "google.protobuf.Any": _any,
    "google.protobuf.Empty": _empty,
    **{f"google.protobuf.{name}Value": _wrapper for name in WRAPPERS},
}
