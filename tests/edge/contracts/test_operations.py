import pytest

from edge.contracts.operations import InputRole, OperationKind

BODY = """
message Item {
  option (google.api.resource) = { type: "o.dev/Item" pattern: "items/{item}" };
  string name = 1;
}
message Request { REQUEST }
message Response { RESPONSE }
service Items { rpc NAME(STREAM Request) returns (ANSWER) { OPTIONS } }
"""
GET = "option (google.api.http) = { get: '/v1/items' };"
POST = "option (google.api.http) = { post: '/v1/items' body: '*' };"
PATCH = "option (google.api.http) = { patch: '/v1/{item.name=items/*}' body: 'item' };"
READS = "option idempotency_level = NO_SIDE_EFFECTS;"
IDEMPOTENT = "option idempotency_level = IDEMPOTENT;"


@pytest.fixture
def operation(deriving):
    def of(options="", name="Do", request="", response="", answer="Response", stream=""):
        body = BODY.replace("REQUEST", request).replace("RESPONSE", response)
        body = body.replace("NAME", name).replace("ANSWER", answer).replace("STREAM", stream)
        derived = deriving({"o.v1": body.replace("OPTIONS", options)})
        return derived.operations[f"/o.v1.Items/{name}"]

    return of


@pytest.mark.parametrize(
    ("options", "answer", "stream", "kind"),
    [
        (GET, "Response", "", OperationKind.QUERY),
        (POST, "Response", "", OperationKind.MUTATION),
        (POST + READS, "Response", "", OperationKind.QUERY),
        (POST + IDEMPOTENT, "Response", "", OperationKind.MUTATION),
        (GET, "stream Response", "", OperationKind.SUBSCRIPTION),
        (POST, "stream Response", "", OperationKind.SUBSCRIPTION),
        ("", "Response", "", OperationKind.INTERNAL),
        (READS, "stream Response", "", OperationKind.INTERNAL),
        (POST, "Response", "stream", OperationKind.GRPC_ONLY),
        (POST, "stream Response", "stream", OperationKind.GRPC_ONLY),
    ],
)
def test_r3_kinds(operation, options, answer, stream, kind) -> None:
    found = operation(options, answer=answer, stream=stream)
    assert found.kind is kind
    assert found.exposed == (kind.value in ("query", "mutation", "subscription"))


PAGED = "int32 page_size = 1; string page_token = 2;"


@pytest.mark.parametrize(
    ("request_fields", "response", "items", "total"),
    [
        (PAGED, "repeated Item items = 1; string next_page_token = 2;", "items", None),
        (PAGED, "repeated Item items = 1; string next_page_token = 2; int32 total_size = 3;",
         "items", "total_size"),
        (PAGED, "repeated Item a = 1; repeated Item b = 3; string next_page_token = 2;", "a", None),
        (PAGED, "repeated string gone = 1; repeated Item b = 3; string next_page_token = 2;", "b",
         None),
        (PAGED, "repeated Item items = 1;", None, None),
        (PAGED, "repeated string items = 1; string next_page_token = 2;", None, None),
        (PAGED, "map<string, Item> items = 1; string next_page_token = 2;", None, None),
        ("string page_token = 2;", "repeated Item items = 1; string next_page_token = 2;", None,
         None),
    ],
)  # fmt: skip
def test_r9_pages(operation, request_fields, response, items, total) -> None:
    page = operation(GET, request=request_fields, response=response).page
    assert (page and page.items_field.name) == items
    assert (page and page.total_field and page.total_field.name) == total


MASK = "google.protobuf.FieldMask update_mask = 2;"


@pytest.mark.parametrize(
    ("options", "request_fields", "mask"),
    [
        (PATCH, f"Item item = 1; {MASK}", "update_mask"),
        (PATCH, f"Item item = 1; {MASK} google.protobuf.FieldMask read_mask = 3;", "update_mask"),
        (PATCH, f"Item item = 1; {MASK} google.protobuf.FieldMask other = 3;", None),
        (PATCH, "Item item = 1;", None),
        (POST, f"Item item = 1; {MASK}", None),
        (PATCH.replace("'item'", "'*'"), f"Item item = 1; {MASK}", "update_mask"),
    ],
)
def test_r11_update_masks(operation, options, request_fields, mask) -> None:
    found = operation(options, name="UpdateItem", request=request_fields, answer="Item")
    assert (found.update_mask and found.update_mask.mask_field.name) == mask
    assert found.role is InputRole.UPDATE
    assert found.resource_field.name == "item"
    assert found.read_mask_field is None or found.read_mask_field.name == "read_mask"


@pytest.mark.parametrize(
    ("options", "request_fields", "retryable"),
    [
        (GET, "", True),
        (POST + READS, "", True),
        (POST + IDEMPOTENT, "", True),
        (POST, "string request_id = 1;", True),
        (POST, "int32 request_id = 1;", False),
        (POST, "", False),
    ],
)
def test_r13_what_may_be_repeated(operation, options, request_fields, retryable) -> None:
    assert operation(options, request=request_fields).retryable is retryable


def test_our_own_operations(shop) -> None:
    by_name = {o.method.name: o for o in shop.operations.values()}
    create, update = by_name["CreateReview"], by_name["UpdateReview"]
    assert (create.kind, create.role) == (OperationKind.MUTATION, InputRole.CREATE)
    assert (create.resource_field.name, create.request_id_field.name) == ("review", "request_id")
    assert (update.role, update.update_mask.resource_field.name) == (InputRole.UPDATE, "review")
    assert by_name["BatchListReviews"].kind is OperationKind.INTERNAL
    assert by_name["WatchStock"].kind is OperationKind.SUBSCRIPTION
    assert by_name["SearchProducts"].page.items_field.name == "products"
    assert by_name["ReserveStock"].role is InputRole.PLAIN
    assert all(operation.retryable for operation in by_name.values())
