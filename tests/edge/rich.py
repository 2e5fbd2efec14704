"""A contract with one field of every kind in every form, built here."""

from google.protobuf import (
    any_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf import descriptor_pb2 as d

F = d.FieldDescriptorProto
SCALARS = {
    "double": F.TYPE_DOUBLE, "float": F.TYPE_FLOAT, "int64": F.TYPE_INT64,
    "uint64": F.TYPE_UINT64, "int32": F.TYPE_INT32, "fixed64": F.TYPE_FIXED64,
    "fixed32": F.TYPE_FIXED32, "bool": F.TYPE_BOOL, "string": F.TYPE_STRING,
    "bytes": F.TYPE_BYTES, "uint32": F.TYPE_UINT32, "sfixed32": F.TYPE_SFIXED32,
    "sfixed64": F.TYPE_SFIXED64, "sint32": F.TYPE_SINT32, "sint64": F.TYPE_SINT64,
}  # fmt: skip
NO_KEYS = ("double", "float", "bytes")
GOOGLE = "google.protobuf."
MESSAGES = [
    *(f"{GOOGLE}{kind}Value" for kind in (
        "Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")),
    *(GOOGLE + name for name in (
        "Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue", "Any", "Empty")),
    "rich.v1.Rich",
]  # fmt: skip
RICH = "rich.v1.Rich"


def rich_image() -> bytes:
    """Returns the image of the contract."""
    image = d.FileDescriptorSet()
    for module in (
        any_pb2, duration_pb2, empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2, wrappers_pb2
    ):  # fmt: skip
        module.DESCRIPTOR.CopyToProto(image.file.add())
    file = image.file.add(name="rich/v1/rich.proto", package="rich.v1", syntax="proto3")
    file.dependency.extend(other.name for other in image.file if other is not file)
    shade = file.enum_type.add(name="Shade")
    for number, name in enumerate(("SHADE_UNSPECIFIED", "SHADE_LIGHT", "SHADE_DARK")):
        shade.value.add(name=name, number=number)
    _Rich(file.message_type.add(name="Rich")).fill()
    return image.SerializeToString()


class _Rich:
    """Adds fields to the message, each with the next number."""

    def __init__(self, message: d.DescriptorProto) -> None:
        self._message = message

    def fill(self) -> None:
        kinds: dict[str, tuple[F.Type.ValueType, str]] = {
            name: (kind, "") for name, kind in SCALARS.items()
        }
        kinds["shade"] = (F.TYPE_ENUM, ".rich.v1.Shade")
        kinds["null"] = (F.TYPE_ENUM, ".google.protobuf.NullValue")
        for name in MESSAGES:
            kinds[name.rpartition(".")[2].lower()] = (F.TYPE_MESSAGE, f".{name}")
        self._message.oneof_decl.add(name="choice")
        for name, (kind, type_name) in kinds.items():
            self._field(f"one_{name}", kind, type_name)
            self._field(f"many_{name}", kind, type_name, F.LABEL_REPEATED)
            self._field(f"choice_{name}", kind, type_name).oneof_index = 0
            self._map(f"by_name_{name}", F.TYPE_STRING, kind, type_name)
        for name, kind in SCALARS.items():
            if name not in NO_KEYS:
                self._map(f"by_{name}", kind, F.TYPE_INT32, "")
        for name, kind in SCALARS.items():
            self._message.oneof_decl.add(name=f"_maybe_{name}")
            field = self._field(f"maybe_{name}", kind, "")
            field.proto3_optional = True
            field.oneof_index = len(self._message.oneof_decl) - 1

    def _field(
        self,
        name: str,
        kind: F.Type.ValueType,
        type_name: str,
        label: F.Label.ValueType = F.LABEL_OPTIONAL,
    ) -> F:
        head, *words = name.split("_")
        json_name = head + "".join(word.capitalize() for word in words)
        number = len(self._message.field) + 1
        return self._message.field.add(
            name=name, json_name=json_name, number=number, type=kind, type_name=type_name or None,
            label=label,
        )  # fmt: skip

    def _map(
        self, name: str, key: F.Type.ValueType, kind: F.Type.ValueType, type_name: str
    ) -> None:
        entry = self._message.nested_type.add(
            name="".join(word.capitalize() for word in name.split("_")) + "Entry"
        )
        entry.options.map_entry = True
        inner = _Rich(entry)
        inner._field("key", key, "")
        inner._field("value", kind, type_name)
        self._field(name, F.TYPE_MESSAGE, f".{RICH}.{entry.name}", F.LABEL_REPEATED)
