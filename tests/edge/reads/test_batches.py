"""Which reads may join which batch, from the contracts alone (R2, R5, R6)."""

import shutil
from pathlib import Path

import pytest

from cli.generate import compile_contracts
from edge.contracts.load import load_contracts
from edge.reads.batches import Way, ways
from shop.catalog.v1 import catalog_pb2 as catalog
from shop.inventory.v1 import inventory_pb2 as inventory
from shop.reviews.v1 import reviews_pb2 as reviews

ROOT = Path(__file__).parents[3]
SHOP = "/shop.{}.v1.{}Service/{}"
FILE = """\
syntax = "proto3";
package f.v1;
import "google/api/resource.proto";
import "selvedge/policy/v1/policy.proto";
message Item {{
  option (google.api.resource) = {{ type: "f.dev/Item" pattern: "items/{{item}}" }};
  string name = 1;
}}
message GetItemRequest {{ string name = 3; {get} }}
message BatchGetItemsRequest {{ repeated string {names} = 4
  [(google.api.resource_reference).type = "f.dev/Item"]; }}
message BatchGetItemsResponse {{ repeated Item items = 5; {answer} }}
service Items {{
  rpc GetItem(GetItemRequest) returns (Item) {{
    option idempotency_level = {level};
    {policy}
  }}
  {between}
  rpc BatchGetItems(BatchGetItemsRequest) returns (BatchGetItemsResponse) {{
    option idempotency_level = NO_SIDE_EFFECTS;
  }}
}}
"""
PLAIN = {
    "get": "",
    "names": "names",
    "answer": "",
    "level": "NO_SIDE_EFFECTS",
    "policy": "",
    "between": "",
}
OTHER_SERVICE = "} service Others {"


@pytest.fixture
def joins(tmp_path: Path):
    def compiled(**parts: str) -> tuple[bool, bool]:
        """Says whether GetItem and BatchGetItems join the batch."""
        shutil.copytree(ROOT / "proto" / "selvedge", tmp_path / "proto" / "selvedge")
        (tmp_path / "proto" / "f.proto").write_text(FILE.format(**PLAIN | parts))
        compile_contracts(tmp_path / "proto", tmp_path / "image.binpb")
        found = ways(load_contracts(tmp_path / "image.binpb"))
        by_name = {path.rpartition("/")[2]: way for path, way in found.items()}
        none = Way()
        return tuple(
            by_name.get(name, none).batch is not None for name in ("GetItem", "BatchGetItems")
        )

    return compiled


def test_r6_a_get_and_its_batch_join(joins):
    assert joins() == (True, True)


@pytest.mark.parametrize(
    "parts",
    [
        {"policy": 'option (selvedge.policy.v1.policy) = {scopes: "items.read"};'},
        {"policy": "option (selvedge.policy.v1.policy) = {public: true};"},
        {"between": OTHER_SERVICE},
        {"get": "string view = 9;"},
        {"level": "IDEMPOTENT"},
    ],
    ids=["scopes", "public", "service", "view", "no read"],
)
def test_r6_a_get_that_the_batch_is_not_the_same_as_stays_alone(joins, parts):
    assert joins(**parts) == (False, True)


def test_r6_a_batch_that_answers_more_than_items_takes_gets_alone(joins):
    assert joins(answer="repeated string missing = 6;") == (True, False)


def test_r6_keys_that_are_written_in_two_ways_join_nothing(joins):
    assert joins(names="item_ids") == (False, False)


def test_r6_every_resource_of_the_shop_joins(shop):
    found = ways(shop)
    singles = {path for path, way in found.items() if way.batch and way.single}
    gets = {m.path for m in shop.methods if m.name.startswith("Get")}
    assert singles == gets
    many = {path.rpartition("/")[2] for path, way in found.items() if way.batch and not way.single}
    assert {"BatchGetProducts", "BatchListReviews", "BatchListStocks"} <= many
    assert not any("Create" in path or "Watch" in path for path in found)


def test_r6_what_a_request_wants(shop):
    found = ways(shop)
    get = found[SHOP.format("catalog", "Catalog", "GetProduct")]
    assert get.wanted(b"") is None
    long = catalog.GetProductRequest(name="x" * 200).SerializeToString()
    assert get.wanted(long) == ((b"x" * 200,), b"", True)
    assert get.wanted(long * 2) is None
    many = found[SHOP.format("reviews", "Reviews", "BatchGetReviews")]
    request = reviews.BatchGetReviewsRequest(names=["a", "b"], parent="products/p")
    wanted = many.wanted(request.SerializeToString())
    assert wanted.keys == (b"a", b"b")
    assert reviews.BatchGetReviewsRequest.FromString(wanted.rest).parent == "products/p"
    again = many.batch.request(wanted.keys, wanted.rest)
    assert reviews.BatchGetReviewsRequest.FromString(again) == request


def test_r5_the_entries_of_a_batch_list_are_told_apart_by_parent(shop):
    batch = ways(shop)[SHOP.format("inventory", "Inventory", "BatchListStocks")].batch
    answer = inventory.BatchListStocksResponse()
    for product in ("products/a", "products/b"):
        answer.entries.add(product=product, total_size=1)
    found = batch.found(answer.SerializeToString())
    assert list(found) == [b"products/a", b"products/b"]
    rebuilt = batch.answer([found[b"products/b"][0], found[b"products/a"][0]])
    entries = inventory.BatchListStocksResponse.FromString(rebuilt).entries
    assert [entry.product for entry in entries] == ["products/b", "products/a"]
