"""A caller that answers from functions, and the shop behind it."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationType
from strawberry import Schema

from cli.generate import compile_contracts
from edge.call import RequestContext
from edge.codec import Codec
from edge.contracts.derived import Derived, derive
from edge.contracts.load import load_contracts
from edge.contracts.model import Method
from edge.graphql.cost import find_prices
from edge.graphql.engine import Engine
from edge.graphql.freshness import Freshness, calls_of
from edge.graphql.guard import Bounds, Documents
from edge.graphql.http.persisted import Automatic
from edge.graphql.http.request import Asked
from edge.graphql.plan import Plans
from edge.graphql.schema import build_schema
from edge.loading.execution import Execution
from edge.loading.reading import Reading
from mesh.deadline import Deadline
from mesh.errors import InvalidArgument, MeshError, NotFound, Unimplemented
from tests.edge.graphql.told import told

ROOT = Path(__file__).parents[3]
POLICY = Path("selvedge/policy/v1/policy.proto")
Value = dict[str, Any]
Handlers = Mapping[str, Callable[[Value], Any]]


class FakeCaller:
    """Answers each method with a function of its name, from a JSON value to a JSON value.

    `failures` raise instead; `calls` holds the name and the request of every call, `waited` the
    seconds of every pause between calls.
    """

    def __init__(self, codec: Codec, handlers: Handlers) -> None:
        self.codec = codec
        self.handlers = dict(handlers)
        self.failures: dict[str, MeshError] = {}
        self.calls: list[tuple[str, Value]] = []
        self.cancelled: list[str] = []
        self.waited: list[float] = []

    @property
    def counts(self) -> Counter[str]:
        return Counter(name for name, _ in self.calls)

    def serves(self, service: str) -> bool:
        return True

    async def unary(self, method: Method, request: bytes, context: RequestContext) -> bytes:
        answer = self._handler(method)(self._note(method, request))
        return self.codec.from_value(method.output.full_name, answer)

    async def stream(
        self, method: Method, request: bytes, context: RequestContext
    ) -> AsyncIterator[bytes]:
        try:
            async for answer in self._handler(method)(self._note(method, request)):
                yield self.codec.from_value(method.output.full_name, answer)
        except GeneratorExit:
            self.cancelled.append(method.name)
            raise

    async def pause(self, seconds: float) -> None:
        self.waited.append(seconds)

    def _note(self, method: Method, request: bytes) -> Value:
        value: Value = self.codec.to_value(method.input.full_name, request)
        self.calls.append((method.name, value))
        if method.name in self.failures:
            raise self.failures[method.name]
        return value

    def _handler(self, method: Method) -> Callable[[Value], Any]:
        if method.name not in self.handlers:
            raise Unimplemented(f"{method.name} is not here")
        return self.handlers[method.name]


@cache
def reading_of(derived: Derived) -> Reading:
    return Reading(derived.contracts)


@cache
def schema_of(derived: Derived) -> Schema:
    return build_schema(derived)


@cache
def engine_of(derived: Derived, production: bool, planned: bool = True) -> Engine:
    schema = schema_of(derived)
    plans = Plans(schema, derived) if planned else None
    core = schema._schema
    documents = Documents(Bounds(), find_prices(derived), core, production=production)
    fresh = Freshness(core, calls_of(derived))
    return Engine(schema, documents, Automatic(2**20), fresh, plans, suggests=not production)


@cache
def codec_of(derived: Derived) -> Codec:
    return Codec(derived.contracts)


class Edge:
    """A schema, what it was derived from, and the caller behind it."""

    def __init__(self, derived: Derived, handlers: Handlers, *, production: bool = False) -> None:
        self.derived = derived
        self.codec = codec_of(derived)
        self.caller = FakeCaller(self.codec, handlers)
        self.twin = self.caller
        self.schema = schema_of(derived)
        self.engine = engine_of(derived, production)
        self.unplanned = engine_of(derived, production, planned=False)

    def open(self, type_: object = None) -> Execution:
        return self._open(self.caller)

    async def ask(self, query: str, variables: Value | None = None) -> tuple[Any, list[Value]]:
        """Returns the data and the errors of one document.

        What reads is asked of graphql-core alone too, of the `twin` of the caller; it must say the
        same.
        """
        asked = Asked(query, variables)
        if self.engine.type_of(asked) is OperationType.QUERY:
            self.twin = self._unnoticed()
            again = await self.unplanned.execute(asked, lambda _: self._open(self.twin))
            answer = await self.engine.execute(asked, self.open)
            assert told(again) == told(answer)
        else:
            answer = await self.engine.execute(asked, self.open)
        said = json.loads(answer.body)
        return said.get("data"), said.get("errors", [])

    async def ask_once(self, query: str) -> list[Value]:
        """Returns the errors of one document, asked no more than once."""
        answer = await self.engine.execute(Asked(query, None), self.open)
        errors: list[Value] = json.loads(answer.body)["errors"]
        return errors

    def _open(self, caller: FakeCaller) -> Execution:
        request = RequestContext("r", Deadline.after(5))
        return Execution(self.codec, reading_of(self.derived), caller, request)

    def _unnoticed(self) -> FakeCaller:
        twin = FakeCaller(self.codec, self.caller.handlers)
        twin.failures = self.caller.failures
        return twin

    async def data(self, query: str, variables: Value | None = None) -> Any:
        """Returns the data of a document that has no errors."""
        data, errors = await self.ask(query, variables)
        assert errors == []
        return data


class Shop:
    """Products, reviews and stocks in dictionaries; pages as AIP-158 has them."""

    def __init__(self, products: int = 20) -> None:
        self.products = {f"products/p{i}": self._product(i) for i in range(products)}
        self.categories = {
            f"categories/c{i}": {"name": f"categories/c{i}", "displayName": f"C{i}"}
            for i in range(3)
        }
        self.reviews = {name: [self._review(name, i) for i in range(5)] for name in self.products}
        self.stocks = {
            name: [self._stock(name, place) for place in ("oslo", "rome")] for name in self.products
        }

    def handlers(self) -> Handlers:
        names = (n for n in dir(self) if re.match("(Get|List|BatchGet|BatchList|Create|Up|De)", n))
        return {name: getattr(self, name) for name in names} | {
            "SearchProducts": lambda request: self.ListProducts(request)
        }

    def GetProduct(self, request: Value) -> Value:  # named as the method
        return self._one(self.products, request)

    def ListProducts(self, request: Value) -> Value:
        items, token = _page(list(self.products.values()), request)
        return {"products": items, "nextPageToken": token}

    def BatchGetProducts(self, request: Value) -> Value:
        return {"products": [self.products[n] for n in request["names"] if n in self.products]}

    def BatchGetCategories(self, request: Value) -> Value:
        found = [self.categories[n] for n in request["names"] if n in self.categories]
        return {"categories": found[::-1]}

    def ListReviews(self, request: Value) -> Value:
        items, token = _page(self.reviews.get(request["parent"], []), request)
        return {"reviews": items, "nextPageToken": token, "totalSize": 5}

    def ListStocks(self, request: Value) -> Value:
        items, token = _page(self.stocks.get(request["parent"], []), request)
        return {"stocks": items, "nextPageToken": token, "totalSize": 2}

    def BatchListReviews(self, request: Value) -> Value:
        return {
            "entries": [
                self._entry("reviews", self.ListReviews, p, request) for p in request["products"]
            ]
        }

    def BatchListStocks(self, request: Value) -> Value:
        return {
            "entries": [
                self._entry("stocks", self.ListStocks, p, request) for p in request["products"]
            ]
        }

    def CreateProduct(self, request: Value) -> Value:
        return {**request["product"], "name": f"products/{request['productId'] or 'new'}"}

    def UpdateProduct(self, request: Value) -> Value:
        wanted = request["product"]
        changed = {path: wanted[path] for path in request["updateMask"].split(",")}
        return {**self._one(self.products, wanted), **changed}

    def DeleteProduct(self, request: Value) -> Value:
        self.products.pop(self._one(self.products, request)["name"])
        return {}

    def _entry(self, items: str, list_: Any, product: str, request: Value) -> Value:
        return {**list_({"parent": product, **request, "pageToken": ""}), "product": product}

    def _one(self, rows: Mapping[str, Value], request: Value) -> Value:
        if request["name"] not in rows:
            raise NotFound(f"no {request['name']}", reason="NO_SUCH_THING", remote=True)
        return rows[request["name"]]

    def _product(self, i: int) -> Value:
        return {
            "name": f"products/p{i}",
            "title": f"Product {i}",
            "category": f"categories/c{i % 3}",
            "prices": [{"currencyCode": "EUR", "units": str(i), "nanos": 500}],
            "attributes": {"colour": "oak"},
            "relatedProducts": [f"products/p{i + 1}", "products/gone"],
            "state": "STATE_ACTIVE",
            "createTime": "2030-01-31T12:00:00Z",
        }

    def _review(self, product: str, i: int) -> Value:
        name = f"{product}/reviews/r{i}"
        return {"name": name, "product": product, "author": f"A{i}", "rating": 1 + i % 5}

    def _stock(self, product: str, place: str) -> Value:
        name = f"{product}/stocks/{place}"
        return {"name": name, "product": product, "location": place, "available": 7}


def _page(rows: list[Value], request: Value) -> tuple[list[Value], str]:
    token = request.get("pageToken", "")
    if token and not token.startswith("t"):
        raise InvalidArgument("page_token cannot be read")
    start = int(token[1:]) if token else 0
    end = start + min(request.get("pageSize") or 20, 100)
    return rows[start:end], f"t{end}" if end < len(rows) else ""


@pytest.fixture(scope="session")
def shop_contracts() -> Derived:
    return derive(load_contracts(ROOT / "gen" / "contracts.binpb"))


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def edge(shop: Shop, shop_contracts: Derived) -> Edge:
    return Edge(shop_contracts, shop.handlers())


@pytest.fixture
def production(shop: Shop, shop_contracts: Derived) -> Edge:
    return Edge(shop_contracts, shop.handlers(), production=True)


Compile = Callable[..., Edge]


@pytest.fixture(scope="session")
def derived_from(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Derived]:
    """Returns what compiles the text of a contract, once."""

    @cache
    def compile_(text: str) -> Derived:
        folder = tmp_path_factory.mktemp("odd")
        (folder / "odd.proto").write_text(HEAD + text)
        if POLICY.as_posix() in text:
            (folder / POLICY).parent.mkdir(parents=True)
            (folder / POLICY).write_text((ROOT / "proto" / POLICY).read_text())
        compile_contracts(folder, folder / "odd.binpb")
        return derive(load_contracts(folder / "odd.binpb"))

    return compile_


@pytest.fixture
def compiled(derived_from: Callable[[str], Derived]) -> Compile:
    """Returns an edge for contracts of the test's own, written as text."""

    def edge(text: str, **handlers: Callable[[Value], Any]) -> Edge:
        return Edge(derived_from(text), handlers)

    return edge


HEAD = """
syntax = "proto3";
package odd.v1;
import "google/api/annotations.proto";
import "google/api/field_behavior.proto";
import "google/api/resource.proto";
import "google/protobuf/any.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
"""
