"""Message classes that are read when they are first needed."""

import pytest
from google.protobuf import any_pb2
from google.protobuf import descriptor_pb2 as d

from edge.codec import Codec
from edge.contracts.load import read_contracts
from edge.contracts.model import Contracts
from edge.json_types import EAGER_FILES_MAX, JsonTypes
from mesh.errors import Internal, InvalidArgument

STRING, MESSAGE = d.FieldDescriptorProto.TYPE_STRING, d.FieldDescriptorProto.TYPE_MESSAGE
ANY = d.FileDescriptorProto.FromString(any_pb2.DESCRIPTOR.serialized_pb)


def file(
    name: str, kind: int, type_name: str = "", imports: tuple[str, ...] = ()
) -> d.FileDescriptorProto:
    """Returns a file with one message of the file's name, whose one field is `value`."""
    made = d.FileDescriptorProto(name=f"{name}.proto", package="p", syntax="proto3")
    made.dependency.extend(imports)
    field = made.message_type.add(name=name).field.add(name="value", number=1, json_name="value")
    field.label, field.type, field.type_name = field.LABEL_OPTIONAL, kind, type_name
    return made


@pytest.fixture(scope="module")
def many() -> Contracts:
    """More files than are read at once: p.Box holds an Any, p.Crate a p.Part1."""
    parts = [file(f"Part{number}", STRING) for number in range(EAGER_FILES_MAX)]
    box = file("Box", MESSAGE, ".google.protobuf.Any", ("google/protobuf/any.proto",))
    crate = file("Crate", MESSAGE, ".p.Part1", ("Part1.proto",))
    return read_contracts(d.FileDescriptorSet(file=[ANY, *parts, box, crate]).SerializeToString())


def known(types: JsonTypes) -> set[str]:
    return {f"p.Part{n}" for n in range(9) if types.registry.message(f"p.Part{n}")}


def test_a_file_is_read_with_its_imports_when_a_type_of_it_is_needed(many: Contracts) -> None:
    types = JsonTypes(many)
    assert known(types) == set()
    assert types.message("p.Crate")
    assert known(types) == {"p.Part1"}
    assert types.message("p.Part3")
    assert known(types) == {"p.Part1", "p.Part3"}
    assert types.message("p.Nothing") is None


def test_few_files_are_read_at_once(many: Contracts) -> None:
    assert len(known(JsonTypes(many, eager_files_max=EAGER_FILES_MAX + 3))) == 9


def test_the_type_of_an_any_is_read_for_its_sake_both_ways(many: Contracts) -> None:
    text = b'{"value":{"@type":"type.googleapis.com/p.Part7","value":"inside"}}'
    data = Codec(many).from_json("p.Box", text)
    assert Codec(many).to_json("p.Box", data) == text


def test_an_any_of_a_type_that_nobody_knows_is_refused_as_ever(many: Contracts) -> None:
    with pytest.raises(InvalidArgument):
        Codec(many).from_json("p.Box", b'{"value":{"@type":"type.googleapis.com/p.Nothing"}}')
    unknown = any_pb2.Any(type_url="type.googleapis.com/p.Nothing", value=b"\n\1x")
    with pytest.raises(Internal):
        Codec(many).to_json(
            "p.Box", b"\n" + bytes([unknown.ByteSize()]) + unknown.SerializeToString()
        )
