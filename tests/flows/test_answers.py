"""What goes around an answer, as clients of a running edge see it."""

import gzip
import json
import uuid
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from tests.flows.processes import Mesh

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(mesh: Mesh) -> Iterator[httpx.Client]:
    """One for all: finding the edge starts a process."""
    with mesh.client() as client:
        yield client


@pytest.fixture
def product(client: httpx.Client) -> Iterator[dict[str, Any]]:
    body = {"title": "Test chair", "category": "categories/lighting"}
    answer = client.post("/v1/products", params={"productId": f"t-{uuid.uuid4()}"}, json=body)
    assert answer.status_code == 200, answer.text
    yield answer.json()
    client.delete(f"/v1/{answer.json()['name']}")


def test_r12_a_read_that_did_not_change_is_304(
    client: httpx.Client, product: dict[str, Any]
) -> None:
    path = f"/v1/{product['name']}"
    first = client.get(path)
    assert first.headers["etag"] == product["etag"]
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    changed = client.patch(path, json={"title": "Better"}, headers={"if-match": product["etag"]})
    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] == changed.json()["etag"] != product["etag"]
    later = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (later.status_code, later.json()["title"]) == (200, "Better")


def test_r12_a_stale_write_is_412_and_changes_nothing(
    client: httpx.Client, product: dict[str, Any]
) -> None:
    path = f"/v1/{product['name']}"
    stale = {"if-match": '"0-0"'}
    for answer in (
        client.patch(path, json={"title": "Better"}, headers=stale),
        client.delete(path, headers=stale),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (412, "ETAG_MISMATCH")
    assert client.get(path).json() == product
    assert client.delete(path, headers={"if-match": product["etag"]}).status_code == 200


def test_r13_one_key_makes_one_product(client: httpx.Client) -> None:
    key = {"idempotency-key": f'"order {uuid.uuid4()}"'}
    body = {"title": "Once", "category": "categories/lighting"}
    answers = [client.post("/v1/products", json=body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
    assert answers[0].json() == answers[1].json()
    client.delete(f"/v1/{answers[0].json()['name']}")


def test_r10_a_page_of_titles_and_the_way_to_the_next(client: httpx.Client) -> None:
    url: str | None = "/v1/products?page_size=100&fields=products.title,nextPageToken"
    seen = 0
    while url:
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        products = answer.json()["products"]
        assert {tuple(product) for product in products} == {("title",)}
        seen += len(products)
        following = answer.links.get("next")
        url = following and urljoin(str(answer.url), following["url"])
    assert seen >= 300


def test_head_has_the_headers_of_get(client: httpx.Client) -> None:
    host = client.base_url.netloc.decode()
    for coding in ("identity", "gzip"):
        told = []
        connection = HTTPConnection(host)
        for verb in ("GET", "HEAD"):
            connection.request(
                verb, "/v1/products?page_size=20", headers={"Accept-Encoding": coding}
            )
            answer = connection.getresponse()
            body = answer.read()
            told.append({k: v for k, v in answer.getheaders() if k in ("content-length", "vary")})
            assert bool(body) is (verb == "GET")
        connection.close()
        assert told[0] == told[1]
        assert int(told[0]["content-length"]) > 100


def test_a_long_answer_is_compressed(client: httpx.Client) -> None:
    sizes = {}
    for coding in ("identity", "gzip", "br"):
        headers = {"accept-encoding": coding}
        with client.stream("GET", "/v1/products?page_size=50", headers=headers) as answer:
            sizes[coding] = int(answer.headers["content-length"])
            raw = b"".join(answer.iter_raw())
        assert answer.headers.get("content-encoding", "identity") == coding
        if coding == "gzip":
            assert len(json.loads(gzip.decompress(raw))["products"]) == 50
    assert max(sizes["gzip"], sizes["br"]) < sizes["identity"] / 2


def test_r21_a_watch_is_a_stream_of_events(client: httpx.Client, product: dict[str, Any]) -> None:
    path = f"/v1/{product['name']}/stocks"
    made = client.post(path, params={"stock_id": "here"}, json={"location": "Here", "onHand": 1})
    assert made.status_code == 200, made.text
    seen: list[int] = []
    headers = {"accept": "text/event-stream"}
    with client.stream("GET", f"{path}:watch", headers=headers, timeout=10) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        for line in answer.iter_lines():
            if not line.startswith("data: "):
                continue
            seen.append(json.loads(line.removeprefix("data: "))["onHand"])
            if len(seen) == 3:
                break
            change = {"onHand": seen[-1] + 1}
            assert client.patch(f"/v1/{made.json()['name']}", json=change).status_code == 200
    assert seen == [1, 2, 3]
    assert client.delete(f"/v1/{made.json()['name']}").status_code == 200


def test_r14_an_answer_that_nobody_can_take_is_406(client: httpx.Client) -> None:
    answer = client.get("/v1/products", headers={"accept": "text/html"})
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"


def test_in_development_an_answer_says_how_long_it_took(client: httpx.Client) -> None:
    told = client.get("/v1/products?page_size=1").headers["server-timing"]
    assert "total;dur=" in told
    assert "upstream;dur=" in told
