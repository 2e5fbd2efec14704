from typing import Any

import pytest
from google.protobuf import descriptor_pb2

from edge.contracts.cursor import cursor_of
from edge.contracts.load import read_contracts

STRING, BYTES, INT64 = 9, 12, 3
Fields = dict[str, int]


def stream(request: Fields, answer: Fields, *, streams: bool = True) -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="a.proto", package="a", syntax="proto3")
    for name, fields in (("In", request), ("Out", answer)):
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields.items(), 1):
            message.field.add(name=field, number=number, type=kind, label=1)
    method = file.service.add(name="S").method.add(
        name="M", input_type=".a.In", output_type=".a.Out"
    )
    method.server_streaming = streams
    image = descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()
    found = read_contracts(image).method("/a.S/M")
    assert found is not None
    cursor = cursor_of(found)
    return cursor and (cursor.request_field.name, cursor.answer_field.name)  # fmt: skip


@pytest.mark.parametrize(
    ("request_fields", "answer", "found"),
    [
        ({"resume_token": STRING}, {"resume_token": STRING}, ("resume_token", "resume_token")),
        ({"resume_token": BYTES}, {"resume_token": BYTES}, ("resume_token", "resume_token")),
        ({"page_token": STRING}, {"next_page_token": STRING}, ("page_token", "next_page_token")),
        ({"start_after": STRING}, {"start_after": STRING}, ("start_after", "start_after")),
        (
            {"cursor": STRING, "resume_token": STRING},
            {"cursor": STRING, "resume_token": STRING},
            ("resume_token", "resume_token"),
        ),
        (
            {"cursor": STRING, "resume_token": STRING},
            {"next_cursor": STRING},
            ("cursor", "next_cursor"),
        ),
        ({"resume_token": BYTES}, {"resume_token": STRING}, None),
        ({"cursor": INT64}, {"cursor": INT64}, None),
        ({"cursor": STRING}, {}, None),
        ({}, {"cursor": STRING}, None),
    ],
)
def test_r21_a_cursor_is_a_pair_of_fields(
    request_fields: Fields, answer: Fields, found: tuple[str, str] | None
) -> None:
    assert stream(request_fields, answer) == found


def test_r21_only_streams_have_one() -> None:
    assert stream({"cursor": STRING}, {"cursor": STRING}, streams=False) is None
