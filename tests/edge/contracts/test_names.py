import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contracts.derived import derive
from edge.contracts.model import Contracts
from edge.contracts.operations import InputRole

ITEM = """
message Item {
  option (google.api.resource) = { type: "DOMAIN/Item" pattern: "items/{item}" };
  string name = 1;
  Part part = 2;
  map<string, Part> parts = 3;
  enum Kind { KIND_UNSPECIFIED = 0; }
  Kind kind = 4;
}
message Part { string size = 1; }
message GetItemRequest { string name = 1; }
message CreateItemRequest { Item item = 1; }
message ListItemsRequest { int32 page_size = 1; string page_token = 2; }
message ListItemsResponse { repeated Item items = 1; string next_page_token = 2; }
service Items {
  rpc GetItem(GetItemRequest) returns (Item) {
    option (google.api.http) = { get: "/PATH/{name=items/*}" };
  }
  rpc ListItems(ListItemsRequest) returns (ListItemsResponse) {
    option (google.api.http) = { get: "/PATH/items" };
  }
  rpc CreateItem(CreateItemRequest) returns (Item) {
    option (google.api.http) = { post: "/PATH/items" body: "item" };
  }
}
"""


def package(name: str) -> str:
    return ITEM.replace("DOMAIN", f"{name.split('.')[0]}.dev").replace("PATH", name)


def fields(derived) -> dict[str, str]:
    return {path.lstrip("/"): name for path, name in derived.names.fields.items()}


def shuffled(contracts: Contracts, random) -> Contracts:
    """The same contracts, as though the files had been loaded in another order."""

    def mixed(mapping):
        items = list(mapping.items())
        random.shuffle(items)
        return dict(items)

    return Contracts(
        contracts.image,
        mixed(contracts.messages),
        mixed(contracts.enums),
        mixed(contracts.services),
        contracts.resource_definitions,
    )


def test_r20_one_package_has_bare_names(deriving) -> None:
    derived = deriving({"a.v1": package("a.v1")})
    names = derived.names
    assert fields(derived) == {
        "a.v1.Items/GetItem": "item",
        "a.v1.Items/ListItems": "items",
        "a.v1.Items/CreateItem": "createItem",
    }
    assert names.types == {
        "a.v1.Item": "Item", "a.v1.Item.Kind": "ItemKind", "a.v1.Part": "Part",
    }  # fmt: skip
    assert names.conflicts == ()


def test_r8_names_of_inputs(deriving) -> None:
    names = deriving({"a.v1": package("a.v1")}).names
    assert names.input_of("a.v1.Item", InputRole.CREATE) == "ItemCreateInput"
    with pytest.raises(KeyError):
        names.input_of("a.v1.Item", InputRole.UPDATE)
    assert names.input_of("a.v1.Part") == "PartInput"
    assert names.entry_of("a.v1.Item", "parts") == "ItemPartsEntry"
    assert names.connection_of("a.v1.Item") == "ItemConnection"
    assert names.edge_of("a.v1.Item") == "ItemEdge"


@pytest.mark.parametrize("order", [("a.v1", "b.v1"), ("b.v1", "a.v1")])
def test_r20_two_packages_are_both_qualified(deriving, order) -> None:
    derived = deriving({name: package(name) for name in order})
    assert derived.names.types["a.v1.Item"] == "AV1Item"
    assert derived.names.types["b.v1.Item"] == "BV1Item"
    assert derived.names.connection_of("b.v1.Item") == "BV1ItemConnection"
    assert fields(derived)["a.v1.Items/GetItem"] == "aV1Item"
    assert fields(derived)["b.v1.Items/CreateItem"] == "bV1CreateItem"
    assert len(derived.names.conflicts) == 12


@pytest.mark.parametrize("order", [("a.v1", "a.v2", "b.v1"), ("a.v2", "b.v1", "a.v1")])
def test_r20_a_later_version_does_not_take_part_in_a_conflict(deriving, order) -> None:
    derived = deriving({name: package(name) for name in order})
    assert derived.names.types["a.v2.Item"] == "ItemV2"
    assert derived.names.types["a.v1.Item"] == "AV1Item"


def test_r20_nothing_moves_the_day_a_version_is_added(deriving) -> None:
    one = deriving({"a.v1": package("a.v1")})
    two = deriving({"a.v2": package("a.v2"), "a.v1": package("a.v1")})
    assert one.names.types.items() <= two.names.types.items()
    assert one.names.fields.items() <= two.names.fields.items()
    assert fields(two)["a.v2.Items/ListItems"] == "itemsV2"
    assert two.names.input_of("a.v2.Item", InputRole.CREATE) == "ItemV2CreateInput"
    assert two.names.conflicts == ()
    later = derive(two.contracts, {"a.v2"}).names
    assert (later.types["a.v2.Item"], later.types["a.v1.Item"]) == ("Item", "ItemV1")


RESERVED = """
message Duration { string text = 1; }
message PartInput { string text = 1; }
message Part { string size = 1; }
message GetNodeRequest { Part part = 1; }
message PutRequest { Part part = 1; }
message Node { Duration duration = 1; PartInput input = 2; Part part = 3; }
service First {
  rpc GetNode(GetNodeRequest) returns (Node) { option (google.api.http) = { get: "/a/node" }; }
  rpc Put(PutRequest) returns (Node) { option (google.api.http) = { put: "/a" body: "*" }; }
  rpc GetThing(GetNodeRequest) returns (Node) { option (google.api.http) = { get: "/a/t" }; }
  rpc ListThing(GetNodeRequest) returns (Node) { option (google.api.http) = { get: "/a/l" }; }
}
service Second {
  rpc Put(PutRequest) returns (Node) { option (google.api.http) = { put: "/b" body: "*" }; }
}
"""


def test_r20_reserved_names_are_claimants(deriving) -> None:
    derived = deriving({"r": RESERVED})
    assert derived.names.types["r.Node"] == "RNode"
    assert derived.names.types["r.Duration"] == "RDuration"
    assert fields(derived)["r.First/GetNode"] == "rNode"


def test_r20_what_is_made_of_a_message_is_a_claimant(deriving) -> None:
    names = deriving({"r": RESERVED}).names
    assert names.types["r.PartInput"] == "PartInput"
    assert (names.types["r.Part"], names.input_of("r.Part")) == ("Part", "RPartInput")


def test_r20_one_package_is_told_apart_by_service_and_method(deriving) -> None:
    found = fields(deriving({"r": RESERVED}))
    assert (found["r.First/Put"], found["r.Second/Put"]) == ("rFirstPut", "rSecondPut")
    assert found["r.First/GetThing"] == "rFirstGetThing"
    assert found["r.First/ListThing"] == "rFirstListThing"


def test_internal_methods_and_their_types_have_no_names(deriving) -> None:
    body = RESERVED.replace('option (google.api.http) = { put: "/b" body: "*" };', "")
    assert "r.Second/Put" not in fields(deriving({"r": body}))


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_r20_names_are_the_same_in_any_order(deriving, random) -> None:
    bodies = {name: package(name) for name in ("a.v1", "a.v2", "b.v1", "b.c.v1beta1")}
    derived = deriving({**bodies, "r": RESERVED})
    again = derive(shuffled(derived.contracts, random)).names
    assert again.types == derived.names.types
    assert again.fields == derived.names.fields
    assert sorted(again.conflicts) == sorted(derived.names.conflicts)


def test_r20_every_name_is_legal_and_used_once(deriving, shop) -> None:
    for derived in (shop, deriving({"r": RESERVED, "a.v1": package("a.v1")})):
        for names in (derived.names.types, derived.names.fields):
            assert all(re.fullmatch(r"(?!__)[_A-Za-z]\w*", n, re.ASCII) for n in names.values())
        assert len(set(derived.names.types.values())) == len(derived.names.types)


BELOW = """
message Root {
  option (google.api.resource) = { type: "u.dev/Root" pattern: "roots/{root}" };
  string name = 1;
}
message Leaf {
  option (google.api.resource) = { type: "u.dev/Leaf" pattern: "roots/{root}/leaves/{leaf}" };
  string name = 1;
}
message Filter { map<string, string> labels = 1; Order order = 2; }
enum Order { ORDER_UNSPECIFIED = 0; }
message GetRootRequest { string name = 1; }
message ListLeavesRequest {
  string parent = 1 [(google.api.resource_reference).child_type = "u.dev/Leaf"];
  Filter filter = 2;
}
message ListLeavesResponse { repeated Leaf leaves = 1; }
service Roots {
  rpc GetRoot(GetRootRequest) returns (Root) {
    option (google.api.http) = { get: "/v1/{name=roots/*}" };
  }
  rpc ListLeaves(ListLeavesRequest) returns (ListLeavesResponse);
}
"""


def test_the_arguments_of_a_list_on_a_parent_have_names(deriving) -> None:
    names = deriving({"u.v1": BELOW}).names
    assert names.connection_of("u.v1.Leaf") == "LeafConnection"
    assert names.input_of("u.v1.Filter") == "FilterInput"
    assert names.entry_input_of("u.v1.Filter", "labels") == "FilterLabelsEntryInput"
    assert names.type_of("u.v1.Order") == "Order"
    assert "/u.v1.Roots/ListLeaves" not in names.fields


def test_r20_what_is_made_of_a_qualified_type_follows_it(deriving) -> None:
    other = (
        "message Item { string name = 1; } message Ask { string name = 1; }"
        + """
    service Others {
      rpc Find(Ask) returns (Item) { option (google.api.http) = { get: "/o" }; }
    }"""
    )
    names = deriving({"a.v1": package("a.v1"), "o.v1": other}).names
    assert names.types["o.v1.Item"] == "OV1Item"
    assert names.connection_of("a.v1.Item") == "AV1ItemConnection"
    assert names.input_of("a.v1.Item", InputRole.CREATE) == "AV1ItemCreateInput"
    assert names.entry_of("a.v1.Item", "parts") == "AV1ItemPartsEntry"


IAM = """
message Policy { int32 version = 1; }
message SetIamPolicyRequest { string resource = 1; }
service %s {
  rpc SetIamPolicy(SetIamPolicyRequest) returns (Policy) {
    option (google.api.http) = { post: "/%s/{resource=items/*}:setIamPolicy" body: "*" };
  }
}
"""


def test_r20_a_mixin_makes_way_for_the_methods_of_a_contract(deriving) -> None:
    own, mixin = IAM % ("Items", "a"), IAM % ("IAMPolicy", "iam")
    alone = deriving({"google.iam.v1": mixin})
    assert fields(alone) == {"google.iam.v1.IAMPolicy/SetIamPolicy": "setIamPolicy"}
    assert fields(deriving({"a.v1": own, "google.iam.v1": mixin})) == {
        "a.v1.Items/SetIamPolicy": "setIamPolicy",
        "google.iam.v1.IAMPolicy/SetIamPolicy": "googleIamV1SetIamPolicy",
    }


LATER = """
import "google/longrunning/operations_proto.proto";
message Copy { oneof source { string uri = 1; string text = 2; } }
message MakeCopyOperation {}
service Copies {
  rpc MakeCopy(Copy) returns (google.longrunning.Operation) {
    option (google.api.http) = { post: "/PATH/copies" body: "*" };
    option (google.longrunning.operation_info) = {
      response_type: "MakeCopyOperation" metadata_type: "Copy"
    };
  }
  rpc GetMakeCopyOperation(Copy) returns (Copy) {
    option (google.api.http) = { get: "/PATH/makeCopyOperation" };
  }
}
"""


def test_r17_what_is_made_of_a_method_makes_way_for_what_the_contract_names(deriving) -> None:
    derived = deriving({"a.v1": LATER.replace("PATH", "a")})
    method = derived.contracts.method("/a.v1.Copies/MakeCopy")
    assert method
    assert derived.names.type_of("a.v1.MakeCopyOperation") == "MakeCopyOperation"
    assert derived.names.operation_of(method) == "AV1MakeCopyOperation"
    assert derived.names.poll_of(method) == "aV1MakeCopyOperation"
    assert "makeCopyOperation" in fields(derived).values()
    told = " ".join(derived.names.conflicts)
    assert "AV1MakeCopyOperation" in told
    assert "aV1MakeCopyOperation" in told


def test_r20_versions_suffix_what_is_made_of_methods_and_oneofs(deriving) -> None:
    text = LATER.replace("MakeCopyOperation", "Done")
    derived = deriving({f"a.v{n}": text.replace("PATH", f"a{n}") for n in (1, 2)})
    later = [derived.contracts.method(f"/a.v{n}.Copies/MakeCopy") for n in (1, 2)]
    names = derived.names
    types = [names.operation_of(method) for method in later if method]
    assert types == ["MakeCopyOperation", "MakeCopyOperationV2"]
    polls = [names.poll_of(method) for method in later if method]
    assert polls == ["makeCopyOperation", "makeCopyOperationV2"]
    oneofs = [names.oneof_input_of(f"a.v{n}.Copy", "source") for n in (1, 2)]
    assert oneofs == ["CopySourceInput", "CopyV2SourceInput"]
