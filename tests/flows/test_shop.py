"""What the README promises, over four processes."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.flows.processes import Mesh, wait_until

pytestmark = pytest.mark.slow

QUERY = """{ products(first: 2) { nodes { title
  reviews(first: 3) { nodes { author rating } } stocks(first: 5) { nodes { location available } }
} } }"""


def graphql(client: httpx.Client, query: str, **variables: Any) -> dict[str, Any]:
    answer = client.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
def product(client: httpx.Client) -> Iterator[dict[str, Any]]:
    body = {"title": "Test lamp", "category": "categories/lighting"}
    answer = client.post("/v1/products", params={"productId": f"t-{uuid.uuid4()}"}, json=body)
    assert answer.status_code == 200, answer.text
    yield answer.json()
    client.delete(f"/v1/{answer.json()['name']}")


def test_ps_lists_every_instance(mesh: Mesh) -> None:
    rows = mesh.ps()
    assert {row["service"] for row in rows} == {"catalog", "inventory", "reviews", "edge"}
    assert all(row["ready"] for row in rows)
    assert all(set(row) >= {"service", "instance", "pid", "address", "ready"} for row in rows)


def test_a_page_of_products(client: httpx.Client) -> None:
    answer = client.get("/v1/products?page_size=2")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    first = answer.json()
    assert len(first["products"]) == 2
    assert first["totalSize"] >= 300
    token = first["nextPageToken"]
    second = client.get("/v1/products", params={"pageSize": 2, "pageToken": token}).json()
    assert {p["name"] for p in first["products"]}.isdisjoint(p["name"] for p in second["products"])


def test_a_patch_with_its_etag_then_with_a_stale_one(
    client: httpx.Client, product: dict[str, Any]
) -> None:
    change = {"title": "Better lamp", "etag": product["etag"]}
    answer = client.patch(f"/v1/{product['name']}", json=change)
    assert answer.status_code == 200, answer.text
    assert answer.json()["title"] == "Better lamp"
    assert answer.json()["category"] == "categories/lighting"
    again = client.patch(f"/v1/{product['name']}", json=change)
    assert again.status_code == 409
    assert again.json()["code"] == "ABORTED"


def test_put_replaces_the_whole(client: httpx.Client, product: dict[str, Any]) -> None:
    path = f"/v1/{product['name']}"
    assert client.patch(path, json={"brand": "Acme"}).json()["brand"] == "Acme"
    answer = client.put(path, json={"title": "New", "category": "categories/lighting"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["title"], answer.json()["brand"]) == ("New", "")


def test_r14_404_and_400_are_problems(client: httpx.Client) -> None:
    missing = client.get("/v1/products/nope")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"
    problem = missing.json()
    assert (problem["status"], problem["code"]) == (404, "NOT_FOUND")
    assert len(problem["traceId"]) == 32
    bad = client.post("/v1/products", json={"title": "x", "weightGrams": -1})
    assert bad.status_code == 400
    fields = json.dumps(bad.json()["details"])
    assert "product.weight_grams" in fields


def test_the_join_over_four_processes(client: httpx.Client) -> None:
    body = graphql(client, QUERY)
    assert "errors" not in body
    nodes = body["data"]["products"]["nodes"]
    assert len(nodes) == 2
    for node in nodes:
        assert node["title"]
        assert all(1 <= review["rating"] <= 5 for review in node["reviews"]["nodes"])
        assert node["stocks"]["nodes"]


def test_a_forward_join_and_node(client: httpx.Client) -> None:
    query = "{ products(first: 1) { nodes { id name category { id displayName } } } }"
    node = graphql(client, query)["data"]["products"]["nodes"][0]
    assert node["category"]["displayName"]
    found = graphql(client, "query($id: ID!) { node(id: $id) { id __typename } }", id=node["id"])
    assert found["data"]["node"] == {"id": node["id"], "__typename": "Product"}


def test_a_review_of_no_product_is_refused(client: httpx.Client) -> None:
    review = {"author": "Ada", "rating": 5}
    answer = client.post("/v1/products/nope/reviews", json=review)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_stock_is_reserved_and_given_back(client: httpx.Client) -> None:
    stock = next(
        stock
        for stock in client.get("/v1/products/-/stocks?filter=on_hand>5").json()["stocks"]
        if client.get(f"/v1/{stock['product']}").json()["state"] == "STATE_ACTIVE"
    )
    reserve = {"quantity": 1, "requestId": str(uuid.uuid4())}
    path = f"/v1/{stock['product']}:reserve"
    first = client.post(path, json=reserve)
    assert first.status_code == 200, first.text
    assert client.post(path, json=reserve).json()["name"] == first.json()["name"]
    released = client.post(f"/v1/{first.json()['name']}:release", json={})
    assert released.json()["state"] == "STATE_RELEASED"


def test_one_trace_from_the_edge_to_two_databases(
    mesh: Mesh, client: httpx.Client, product: dict[str, Any]
) -> None:
    trace = uuid.uuid4().hex
    answer = client.post(
        f"/v1/{product['name']}/reviews",
        json={"author": "Ada", "rating": 5},
        headers={"traceparent": f"00-{trace}-{'1' * 16}-01"},
    )
    assert answer.status_code == 200, answer.text

    def spans(service: str) -> list[str]:
        lines = (mesh.data / "traces" / f"{service}.jsonl").read_text().splitlines()
        return [s["name"] for s in map(json.loads, lines) if trace in s["context"]["trace_id"]]

    wait_until(lambda: all(spans(service) for service in ("edge", "reviews", "catalog")), 5)
    assert "shop.reviews.v1.ReviewsService/CreateReview" in spans("edge")
    assert "shop.catalog.v1.CatalogService/GetProduct" in spans("reviews")
    assert "shop.catalog.v1.CatalogService/GetProduct" in spans("catalog")
    assert any("INSERT" in name for name in spans("reviews"))
    assert any("SELECT" in name for name in spans("catalog"))
    client.delete(f"/v1/{answer.json()['name']}")


def test_call_from_the_command_line(mesh: Mesh) -> None:
    done = mesh.command("call", "shop.catalog.v1.CatalogService/ListProducts", '{"pageSize": 1}')
    assert done.returncode == 0, done.stderr
    name = json.loads(done.stdout)["products"][0]["name"]
    address = next(row["address"] for row in mesh.ps() if row["service"] == "catalog")
    request = json.dumps({"name": name})
    method = "shop.catalog.v1.CatalogService/GetProduct"
    by_reflection = mesh.command("call", method, request, "--address", address)
    assert json.loads(by_reflection.stdout)["name"] == name, by_reflection.stderr
    refused = mesh.command("call", method, '{"name": "products/nope"}')
    assert refused.returncode == 1
    assert refused.stderr.startswith("NOT_FOUND: ")
