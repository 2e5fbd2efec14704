"""Random messages of any type, for tests that compare two readers or writers of them."""

from collections.abc import Callable
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st

Draw = Callable[..., Any]
"""Hypothesis's `draw`, of a composite strategy or of `data()`."""
INTS = {
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
}
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)


def draw_scalar(draw: Draw, field: FieldDescriptor) -> object:
    if field.cpp_type in INTS:
        return draw(INTS[field.cpp_type])
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return draw(st.booleans())
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return draw(st.sampled_from([value.number for value in field.enum_type.values]))
    if field.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE:
        return draw(st.floats(allow_nan=False, allow_infinity=False))
    if field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT:
        return draw(st.integers(-1000, 1000)) / 4
    return draw(st.binary(max_size=6) if field.type == FieldDescriptor.TYPE_BYTES else TEXT)


def fill(draw: Draw, message: Message, depth: int = 3, *, few: bool = False) -> None:
    """Sets a random part of a message's fields; well-known types get values JSON can write.

    `few` sets at most four, which is quick for messages of a great many.
    """
    descriptor: Descriptor = message.DESCRIPTOR
    if fill_well_known(draw, message):
        return
    fields = list(descriptor.fields)
    if few and fields:
        fields = draw(st.lists(st.sampled_from(fields), max_size=4))
    for field in fields:
        if (not few and not draw(st.booleans())) or (field.message_type and depth == 0):
            continue
        if field.message_type and field.message_type.GetOptions().map_entry:
            key = draw_scalar(draw, field.message_type.fields_by_name["key"])
            value = field.message_type.fields_by_name["value"]
            entries = getattr(message, field.name)
            if value.message_type:
                fill(draw, entries[key], depth - 1, few=few)
            else:
                entries[key] = draw_scalar(draw, value)
        elif field.message_type and field.is_repeated:
            fill(draw, getattr(message, field.name).add(), depth - 1, few=few)
        elif field.message_type:
            inner = getattr(message, field.name)
            inner.SetInParent()
            fill(draw, inner, depth - 1, few=few)
        elif field.is_repeated:
            getattr(message, field.name).append(draw_scalar(draw, field))
        else:
            setattr(message, field.name, draw_scalar(draw, field))


def fill_well_known(draw: Draw, message: Message) -> bool:
    nanos = draw(st.sampled_from([0, 5, 5_000, 5_000_000, 500_000_000]))
    seconds = draw(st.integers(0, 2_000_000_000))
    match message.DESCRIPTOR.full_name:
        case "google.protobuf.Timestamp" | "google.protobuf.Duration":
            message.seconds, message.nanos = seconds, nanos  # type: ignore[attr-defined]  # dynamic
        case "google.protobuf.FieldMask":
            message.paths.extend(["title", "place.room_number"])  # type: ignore[attr-defined]  # dynamic
        case "google.protobuf.Struct":
            json_format.ParseDict({"a": [1, None, {"b": "c"}]}, message)
        case "google.protobuf.Value":
            json_format.ParseDict(draw(st.sampled_from([None, 1.5, "x", [True], {}])), message)
        case "google.protobuf.Any":
            pass
        case _:
            return False
    return True
