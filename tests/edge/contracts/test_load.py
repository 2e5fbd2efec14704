from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

from edge.codec import Codec
from edge.contracts.load import load_contracts, read_contracts
from edge.contracts.model import ContractError

IMAGE = (Path(__file__).parents[3] / "gen" / "contracts.binpb").read_bytes()


def test_an_image_without_json_names_reads_as_one_with_them() -> None:
    image = descriptor_pb2.FileDescriptorSet.FromString(IMAGE)
    messages = [message for file in image.file for message in file.message_type]
    for message in messages:
        messages.extend(message.nested_type)
        for field in message.field:
            field.ClearField("json_name")
    stripped, whole = read_contracts(image.SerializeToString()), read_contracts(IMAGE)
    for name, message in whole.messages.items():
        found = [field.json_name for field in stripped.messages[name].fields]
        assert found == [field.json_name for field in message.fields], name
    product = b'{"weightGrams":3,"createTime":"2026-01-02T03:04:05Z"}'
    data = Codec(stripped).from_json("shop.catalog.v1.Product", product)
    assert b'"weightGrams":3' in Codec(stripped).to_json("shop.catalog.v1.Product", data)


def test_comments_maps_and_presence_are_read() -> None:
    product = read_contracts(IMAGE).messages["shop.catalog.v1.Product"]
    attributes = product.by_name["attributes"]
    assert attributes.map_key and attributes.map_value
    assert attributes.map_value.name == "value"
    assert product.comment == "Something that can be sold."
    assert product.by_name["title"].comment == "What the product is called."
    presence = {field.name for field in product.fields if field.presence}
    assert presence == {"weight_grams", "create_time", "update_time"}


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot read"), (b"\xff\xff", "is not a FileDescriptorSet")]
)
def test_a_file_that_is_no_image_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "image.binpb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ContractError, match=said) as raised:
        load_contracts(path)
    assert "image.binpb" in str(raised.value)


def test_an_image_without_its_imports_says_what_is_missing() -> None:
    image = descriptor_pb2.FileDescriptorSet.FromString(IMAGE)
    alone = [file for file in image.file if file.name == "shop/catalog/v1/catalog.proto"]
    lonely = descriptor_pb2.FileDescriptorSet(file=alone).SerializeToString()
    with pytest.raises(ContractError, match=r"google\.protobuf\.Empty.*imports"):
        read_contracts(lonely)


def test_notes_among_colleagues_are_no_part_of_a_comment() -> None:
    image = descriptor_pb2.FileDescriptorSet.FromString(IMAGE)
    [file] = [file for file in image.file if file.name.endswith("catalog.proto")]
    [place] = [p for p in file.source_code_info.location if list(p.path) == [6, 0]]
    place.leading_comments = " Sells things.\n (-- aip.dev/not-precedent:\n     we had to. --)\n"
    found = read_contracts(image.SerializeToString())
    assert found.services["shop.catalog.v1.CatalogService"].comment == "Sells things."


@pytest.mark.parametrize("name", ["a}\nopen('x')", "two words", "1st", "ä", ""])
def test_a_name_that_is_none_stops_the_start(name):
    message = descriptor_pb2.DescriptorProto(name="M")
    message.field.add(name=name, number=1, type=9, label=1, json_name="x")
    file = descriptor_pb2.FileDescriptorProto(
        name="odd.proto", package="odd", syntax="proto3", message_type=[message]
    )
    image = descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()
    with pytest.raises(ContractError, match="is no name of protobuf"):
        read_contracts(image)
