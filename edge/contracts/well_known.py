"""The messages of google.protobuf whose JSON is not the object of their fields."""

from collections.abc import Mapping

from edge.contracts.model import Kind

FIELD_MASK = "google.protobuf.FieldMask"
WRAPPERS: Mapping[str, Kind] = {
    f"google.protobuf.{name}Value": kind
    for name, kind in (
        ("Double", Kind.DOUBLE), ("Float", Kind.FLOAT), ("Int64", Kind.INT64),
        ("UInt64", Kind.UINT64), ("Int32", Kind.INT32), ("UInt32", Kind.UINT32),
        ("Bool", Kind.BOOL), ("String", Kind.STRING), ("Bytes", Kind.BYTES),
    )
}  # fmt: skip
TEXTUAL = frozenset({FIELD_MASK, "google.protobuf.Timestamp", "google.protobuf.Duration"})
"""Messages whose JSON is a string."""
WELL_KNOWN = frozenset(
    {*WRAPPERS, *TEXTUAL}
    | {f"google.protobuf.{name}" for name in ("Any", "Struct", "Value", "ListValue")}
)
"""Messages whose JSON is not the object of their fields."""
NULL_VALUE = "google.protobuf.NullValue"
NULLABLE = frozenset({"google.protobuf.Value", NULL_VALUE})
"""Types of which `null` is a value."""
