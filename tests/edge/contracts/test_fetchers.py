import pytest

ITEM = """
message Item {
  option (google.api.resource) = { type: "f.dev/Item" pattern: "items/{item}" };
  string name = 1;
}
message Other {
  option (google.api.resource) = { type: "f.dev/Other" pattern: "items/{item}/others/{other}" };
  string name = 1;
}
"""
REFERS = "[(google.api.resource_reference).type = 'f.dev/Item']"
REQUIRED = "[(google.api.field_behavior) = REQUIRED]"


def methods(*signatures: tuple[str, str, str]) -> str:
    """A service of methods (name, request fields, answer fields or the name of a message)."""
    messages, rpcs = [], []
    for name, request, answer in signatures:
        output = answer if " " not in answer else f"{name}Response"
        if output is not answer:
            messages.append(f"message {output} {{ {answer} }}")
        messages.append(f"message {name}Request {{ {request} }}")
        rpcs.append(f"rpc {name}({name}Request) returns ({output});")
    return ITEM + "\n".join((*messages, "service Items {", *rpcs, "}"))


@pytest.fixture
def item(deriving):
    def fetchers_of(*signatures: tuple[str, str, str]):
        return deriving({"f.v1": methods(*signatures)}).fetchers["f.v1.Item"]

    return fetchers_of


def test_r2_our_own_resources_have_both(shop) -> None:
    assert len(shop.fetchers) == 8
    for name, fetchers in shop.fetchers.items():
        assert fetchers.batch_get and fetchers.get, name
    product = shop.fetchers["shop.catalog.v1.Product"]
    assert product.batch_get.method.name == "BatchGetProducts"
    assert product.batch_get.names_field.name == "names"
    assert product.batch_get.items_field.name == "products"
    assert (product.get.method.name, product.get.name_field.name) == ("GetProduct", "name")


@pytest.mark.parametrize(
    "request_fields",
    [
        "string name = 1;",
        f"string item = 1 {REFERS};",
        f"string item_id = 1 {REFERS}; string name = 2;",
        f"string name = 1 {REQUIRED}; int32 view = 2;",
        "string name = 1 [(google.api.resource_reference).type = '*'];",
    ],
)
def test_r2_get(item, request_fields: str) -> None:
    found = item(("GetItem", request_fields, "Item"))
    assert found.get and found.get.name_field.number == 1
    assert (found.batch_get, found.why_not, found.joinable) == (None, "", True)


@pytest.mark.parametrize(
    ("name", "request_fields", "answer", "why"),
    [
        ("FindItem", "string name = 1;", "Item", "no method Get or BatchGet returns it"),
        ("GetItem", "string key = 1;", "Item", "in GetItem no field refers to it"),
        ("GetItem", f"string a = 1 {REFERS}; string b = 2 {REFERS};", "Item", "several fields"),
        ("GetItem", f"string name = 1; int32 view = 2 {REQUIRED};", "Item", "also requires view"),
        ("GetItem", "string name = 1 [(google.api.resource_reference).type = 'f.dev/Other'];",
         "Item", "no field"),
        ("GetItem", "repeated string name = 1;", "Item", "no field"),
        ("GetItem", "string name = 1;", "Item item = 1;", "no method Get or BatchGet"),
        ("BatchGetItems", "string names = 1;", "repeated Item items = 1;", "no field"),
        ("BatchGetItems", "repeated string names = 1;",
         "repeated Item items = 1; repeated Item more = 2;", "several lists"),
        ("BatchGetItems", f"repeated string names = 1; string parent = 2 {REQUIRED};",
         "repeated Item items = 1;", "also requires parent"),
    ],
)  # fmt: skip
def test_r2_why_not(item, name: str, request_fields: str, answer: str, why: str) -> None:
    found = item((name, request_fields, answer))
    assert not found.joinable
    assert why in found.why_not


def test_r2_batch_get_beside_other_lists(item) -> None:
    answer = "repeated Item items = 1; repeated string missing = 2;"
    found = item(("BatchGetItems", f"repeated string item_ids = 3 {REFERS};", answer))
    assert found.batch_get and found.batch_get.names_field.name == "item_ids"
    assert found.batch_get.items_field.name == "items"


def test_r2_the_plainest_method_is_taken_in_any_order(item) -> None:
    plain = ("GetItem", "string name = 1;", "Item")
    other = ("GetItemByTitle", "string name = 1;", "Item")
    for order in ((plain, other), (other, plain)):
        assert item(*order).get.method.name == "GetItem"


def test_r2_streams_are_no_fetchers(deriving) -> None:
    body = (
        ITEM
        + """
    message GetItemRequest { string name = 1; }
    service Items { rpc GetItem(GetItemRequest) returns (stream Item); }"""
    )
    assert not deriving({"f.v1": body}).fetchers["f.v1.Item"].joinable


def test_r2_a_bare_id_must_be_enough_for_a_name(deriving) -> None:
    body = (
        ITEM
        + """
    message GetOtherRequest {
      string other_id = 1 [(google.api.resource_reference).type = "f.dev/Other"];
    }
    service Items { rpc GetOther(GetOtherRequest) returns (Other); }"""
    )
    found = deriving({"f.v1": body}).fetchers["f.v1.Other"]
    assert found.why_not == "GetOther takes other_id, which is not to be had from its key"
