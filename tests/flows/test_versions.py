"""Two versions of one contract from one process, over the whole mesh."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.flows.processes import Mesh

pytestmark = pytest.mark.slow

PRODUCT = "products/adjustable-wrench"


@pytest.fixture(scope="module")
def client(mesh: Mesh) -> Iterator[httpx.Client]:
    with mesh.client() as client:
        yield client


@pytest.fixture
def review(client: httpx.Client) -> Iterator[dict[str, Any]]:
    """A review that was written by v2."""
    body = {
        "author": {"displayName": "Zoë", "regionCode": "FR"},
        "rating": 4,
        "headline": "Bien",
        "text": "Très bien.",
        "languageCode": "fr",
    }
    answer = client.post(f"/v2/{PRODUCT}/reviews", json=body)
    assert answer.status_code == 200, answer.text
    yield answer.json()
    client.delete(f"/v2/{answer.json()['name']}")


def test_r20_rest_answers_both_versions(client: httpx.Client, review: dict[str, Any]) -> None:
    old = client.get(f"/v1/{review['name']}").json()
    assert (old["author"], old["title"], old["body"]) == ("Zoë", "Bien", "Très bien.")
    assert client.get(f"/v2/{review['name']}").json() == review
    assert old["etag"] == review["etag"]
    change = {"title": "Mieux", "etag": old["etag"]}
    changed = client.patch(f"/v1/{review['name']}", json=change)
    assert changed.status_code == 200, changed.text
    seen = client.get(f"/v2/{review['name']}").json()
    assert (seen["headline"], seen["languageCode"]) == ("Mieux", "fr")
    assert seen["author"] == {"displayName": "Zoë", "regionCode": "FR"}


def test_r20_each_version_filters_in_its_own_words(
    client: httpx.Client, review: dict[str, Any]
) -> None:
    texts = {"v1": 'author = "Zoë"', "v2": 'author.display_name = "Zoë" AND language_code = fr'}
    for version, text in texts.items():
        answer = client.get(f"/{version}/products/-/reviews", params={"filter": text})
        assert [found["name"] for found in answer.json()["reviews"]] == [review["name"]]
    answer = client.get("/v1/products/-/reviews", params={"filter": "language_code = fr"})
    assert answer.status_code == 400
    assert "use author, rating" in answer.json()["detail"]


def test_r20_graphql_joins_both_versions(client: httpx.Client, review: dict[str, Any]) -> None:
    query = """query($name: String!) { product(name: $name) {
      reviews(first: 1) { nodes { author title product { name } } }
      reviewsV2(first: 1) { nodes { id author { displayName } headline product { name } } } } }"""
    answer = client.post("/graphql", json={"query": query, "variables": {"name": PRODUCT}})
    assert answer.status_code == 200, answer.text
    product = answer.json()["data"]["product"]
    (old,), (new,) = product["reviews"]["nodes"], product["reviewsV2"]["nodes"]
    assert (old["author"], old["title"]) == (new["author"]["displayName"], new["headline"])
    assert old["author"] == "Zoë"
    assert old["product"] == new["product"] == {"name": PRODUCT}
    query = "query($id: ID!) { node(id: $id) { __typename ... on ReviewV2 { languageCode } } }"
    answer = client.post("/graphql", json={"query": query, "variables": {"id": new["id"]}})
    assert answer.json()["data"]["node"] == {"__typename": "ReviewV2", "languageCode": "fr"}


def test_the_end_of_v1_is_announced_on_rest(client: httpx.Client, review: dict[str, Any]) -> None:
    answer = client.get(f"/v1/{review['name']}")
    assert answer.headers["deprecation"] == "@1811808000"
    assert answer.headers["sunset"] == "Thu, 01 Jun 2028 00:00:00 GMT"
    assert f'</v2/{review["name"]}>; rel="successor-version"' in answer.headers["link"]
    assert client.get(f"/v2/{review['name']}").headers.keys().isdisjoint({"deprecation", "sunset"})
    assert "deprecation" not in client.get(f"/v1/{PRODUCT}").headers
