from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from google.api import visibility_pb2
from google.protobuf import descriptor_pb2, descriptor_pool

from cli.generate import compile_contracts
from edge.codec import Codec
from edge.contracts.audience import LABEL_KEY, View, labels_of, view
from edge.contracts.derived import Derived
from edge.contracts.load import read_contracts
from edge.contracts.model import ContractError, Contracts

HEADER = """\
syntax = "proto3";
package desk.v1;
import "google/api/annotations.proto";
import "google/api/field_behavior.proto";
import "google/api/visibility.proto";
import "google/protobuf/empty.proto";
"""
BODY = """
// For everybody.
service Desk {
  // Drops everything.
  rpc Purge(Ticket) returns (google.protobuf.Empty) {
    option (google.api.method_visibility).restriction = "INTERNAL";
  }
  // Answers secrets.
  rpc GetSecret(Ticket) returns (Secret);
  // Answers a ticket.
  rpc GetTicket(Ticket) returns (Ticket);
}
// For the house.
service Back {
  option (google.api.api_visibility).restriction = "INTERNAL";
  rpc Sweep(Ticket) returns (Ticket);
}
// A secret.
message Secret {
  option (google.api.message_visibility).restriction = "INTERNAL, AUDIT";
  message Part { string text = 1; }
  string text = 1;
}
// A ticket.
message Ticket {
  reserved 90;
  // How bad it is.
  enum Level {
    // Not said.
    LEVEL_UNSPECIFIED = 0;
    // Bad.
    LEVEL_BAD = 1 [(google.api.value_visibility).restriction = "INTERNAL"];
    // Worse.
    LEVEL_WORSE = 2;
  }
  enum Inner {
    option (google.api.enum_visibility).restriction = "INTERNAL";
    INNER_UNSPECIFIED = 0;
  }
  enum Silent {
    SILENT_UNSPECIFIED = 0 [(google.api.value_visibility).restriction = "INTERNAL"];
  }
  // Its notes.
  string notes = 1 [(google.api.field_visibility).restriction = "PARTNER,INTERNAL"];
  // Its title.
  string title = 2;
  Secret secret = 3;
  repeated Secret.Part parts = 4;
  map<string, Secret> secrets = 5;
  // How bad.
  Level level = 6;
  Inner inner = 7;
  Silent silent = 8;
  oneof first {
    // Left alone.
    string gone = 9 [(google.api.field_visibility).restriction = "INTERNAL"];
  }
  oneof second {
    // The other.
    string other = 10;
    string hidden = 11 [
      (google.api.field_visibility).restriction = "INTERNAL",
      (google.api.field_behavior) = REQUIRED
    ];
  }
  // Perhaps.
  optional string perhaps = 12;
  map<string, string> labels = 13;
}
"""


def compiled(folder: Path, body: str) -> bytes:
    (folder / "proto").mkdir()
    (folder / "proto" / "desk.proto").write_text(HEADER + body)
    compile_contracts(folder / "proto", folder / "image.binpb")
    return (folder / "image.binpb").read_bytes()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return compiled(tmp_path_factory.mktemp("desk"), BODY)


@pytest.fixture(scope="module")
def public(image: bytes) -> View:
    return view(image, frozenset())


@pytest.fixture(scope="module")
def seen(public: View) -> Contracts:
    return read_contracts(public.image)


def test_r15_the_public_sees_only_what_has_no_label(seen: Contracts) -> None:
    assert [m.name for m in seen.services["desk.v1.Desk"].methods] == ["GetTicket"]
    assert "desk.v1.Back" not in seen.services
    assert [name for name in seen.messages if name.startswith("desk")] == ["desk.v1.Ticket"]
    assert [field.name for field in seen.messages["desk.v1.Ticket"].fields] == [
        "title", "level", "other", "perhaps", "labels",
    ]  # fmt: skip
    assert [name for name in seen.enums if name.startswith("desk")] == ["desk.v1.Ticket.Level"]
    level = seen.enums["desk.v1.Ticket.Level"]
    assert [(v.name, v.number) for v in level.values] == [
        ("LEVEL_UNSPECIFIED", 0), ("LEVEL_WORSE", 2),
    ]  # fmt: skip


def test_r15_each_element_says_why_it_is_hidden(public: View) -> None:
    assert public.hidden == {
        "desk.v1.Desk.Purge": "for INTERNAL",
        "desk.v1.Desk.GetSecret": "refers to desk.v1.Secret",
        "desk.v1.Back": "for INTERNAL",
        "desk.v1.Secret": "for AUDIT, INTERNAL",
        "desk.v1.Ticket.Level.LEVEL_BAD": "for INTERNAL",
        "desk.v1.Ticket.Inner": "for INTERNAL",
        "desk.v1.Ticket.Silent": "all its values are hidden",
        "desk.v1.Ticket.Silent.SILENT_UNSPECIFIED": "for INTERNAL",
        "desk.v1.Ticket.SecretsEntry": "refers to desk.v1.Secret",
        "desk.v1.Ticket.notes": "for INTERNAL, PARTNER",
        "desk.v1.Ticket.secret": "refers to desk.v1.Secret",
        "desk.v1.Ticket.parts": "refers to desk.v1.Secret.Part",
        "desk.v1.Ticket.secrets": "refers to desk.v1.Ticket.SecretsEntry",
        "desk.v1.Ticket.inner": "refers to desk.v1.Ticket.Inner",
        "desk.v1.Ticket.silent": "refers to desk.v1.Ticket.Silent",
        "desk.v1.Ticket.gone": "for INTERNAL",
        "desk.v1.Ticket.hidden": "for INTERNAL, although REQUIRED",
    }


def test_r15_comments_stay_with_what_they_are_of(image: bytes, seen: Contracts) -> None:
    whole = read_contracts(image)
    for name, message in seen.messages.items():
        assert message.comment == whole.messages[name].comment
        for field in message.fields:
            assert field.comment == whole.messages[name].by_name[field.name].comment
    assert seen.services["desk.v1.Desk"].methods[0].comment == "Answers a ticket."
    assert [value.comment for value in seen.enums["desk.v1.Ticket.Level"].values] == [
        "Not said.", "Worse.",
    ]  # fmt: skip


def test_r15_what_is_left_is_whole_to_other_libraries(public: View) -> None:
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(public.image).file:
        pool.Add(file)
    ticket = pool.FindMessageTypeByName("desk.v1.Ticket")
    assert [oneof.name for oneof in ticket.oneofs] == ["second", "_perhaps"]
    assert ticket.fields_by_name["other"].containing_oneof.name == "second"
    assert ticket.fields_by_name["perhaps"].has_presence


@pytest.mark.parametrize(
    ("labels", "fields"),
    [("PARTNER", {"notes"}), ("AUDIT", {"secret", "parts", "secrets"})],
)
def test_r15_one_label_of_several_is_enough(
    image: bytes, seen: Contracts, labels: str, fields: set[str]
) -> None:
    more = read_contracts(view(image, labels_of(labels)).image).messages["desk.v1.Ticket"]
    assert set(more.by_name) - set(seen.messages["desk.v1.Ticket"].by_name) == fields


def test_r15_nothing_changes_where_nothing_is_hidden(image: bytes) -> None:
    assert view(image, {"INTERNAL"}).image is image
    plain = image.replace(LABEL_KEY, b"")
    assert view(plain, ()).image is plain


def test_r15_the_default_value_of_an_enum_cannot_be_hidden(tmp_path: Path) -> None:
    image = compiled(
        tmp_path,
        """enum Mood {
             MOOD_UNSPECIFIED = 0 [(google.api.value_visibility).restriction = "INTERNAL"];
             MOOD_GOOD = 1;
           }""",
    )
    with pytest.raises(ContractError, match=r"desk\.v1\.Mood\.MOOD_UNSPECIFIED is hidden.*Mood$"):
        view(image, ())


def parts(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[Any, Any]]:
    """Every element of a file and the extension that labels it."""
    waiting: list[Any] = list(file.message_type)
    enums = list(file.enum_type)
    while waiting:
        message = waiting.pop()
        waiting += (nested for nested in message.nested_type if not nested.options.map_entry)
        enums += message.enum_type
        yield message, visibility_pb2.message_visibility
        yield from ((field, visibility_pb2.field_visibility) for field in message.field)
    for enum in enums:
        yield enum, visibility_pb2.enum_visibility
        yield from ((value, visibility_pb2.value_visibility) for value in enum.value[1:])
    for service in file.service:
        yield service, visibility_pb2.api_visibility
        yield from ((method, visibility_pb2.method_visibility) for method in service.method)


def labelled(image: bytes, chance: Random, share: float) -> bytes:
    known = descriptor_pb2.FileDescriptorSet.FromString(image)
    for file in known.file:
        if file.package.startswith("shop."):
            for part, extension in parts(file):
                if chance.random() < share:
                    part.options.Extensions[extension].restriction = chance.choice(["A", "A,B"])
    return known.SerializeToString()


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.01, 0.1, 0.4])
@pytest.mark.parametrize("seed", range(3))
def test_r15_whatever_is_labelled_what_is_left_is_whole(
    shop: Derived, seed: int, share: float
) -> None:
    image = labelled(shop.contracts.image, Random(seed), share)  # noqa: S311 - chance, not secrets
    found = view(image, ())
    seen, pool = read_contracts(found.image), descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(found.image).file:
        pool.Add(file)
    for name, message in seen.messages.items():
        assert pool.FindMessageTypeByName(name).full_name not in found.hidden
        whole = shop.contracts.messages[name]
        assert message.comment == whole.comment
        for field in message.fields:
            same = whole.by_name[field.name]
            assert (field.number, field.comment, field.oneof) == (
                same.number, same.comment, same.oneof,
            )  # fmt: skip
            assert f"{name}.{field.name}" not in found.hidden
    assert view(image, {"A"}).hidden == {}
    Codec(seen)
