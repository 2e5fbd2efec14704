"""What is asked: for each case the same requests, in the words of each edge."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from bench import rivals
from bench.load import Request
from bench.rivals import Rival

REQUESTS = 4000
"""How many different requests a case has; whoever needs more begins again."""

PAGES = 100
"""From how many positions a page of products may begin."""

ONE = "query($name: String!) { product(name: $name) { name title brand description } }"
JOIN = (
    "query($filter: String, $after: String) { products(first: 20, filter: $filter, after: $after)"
    " { nodes { name title reviews(first: 3) { nodes { author rating title } } } } }"
)
_ALIAS = "%s: product(name: $%s) { title reviews(first: 3) { nodes { author rating } } }"
THREE = "query($a: String!, $b: String!, $c: String!) {{ {} }}".format(
    " ".join(_ALIAS % (name, name) for name in "abc")
)


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of request and who is asked. `spoken` holds other words for some rivals."""

    key: str
    title: str
    requests: Sequence[Request]
    rivals: Sequence[Rival]
    spoken: Mapping[str, Sequence[Request]]

    def requests_for(self, rival: Rival) -> Sequence[Request]:
        """Returns the requests in the words of one edge."""
        return self.spoken.get(rival.name, self.requests)


def cases(names: Sequence[str], *, positions: bool) -> list[Case]:
    """Returns all cases over the products of those names, the same on every run.

    `positions`: page tokens are positions (the light backend); else every page is the first one.
    Each page is asked for with another filter, so that no two requests in flight are the same.
    """
    chosen = random.Random(7)
    gets = [chosen.choice(names) for _ in range(REQUESTS)]
    pages = [_page(number, chosen, positions=positions) for number in range(REQUESTS)]
    same = [{"page_size": "20"}]
    return [
        _rest("get", "REST get, random id", "GetProduct", [{"name": name} for name in gets]),
        _rest("list", "REST list of 20, pages that differ", "ListProducts", pages),
        _rest("same", "REST list of 20, one page again and again", "ListProducts", same),
        _graphql("one", "GraphQL one product, random id", ONE, [{"name": name} for name in gets]),
        _graphql("join", "GraphQL 20 products × 3 reviews", JOIN, [_variables(p) for p in pages]),
        _graphql(
            "three",
            "GraphQL three aliased products with reviews",
            THREE,
            [dict(zip("abc", chosen.sample(names, 3), strict=True)) for _ in range(REQUESTS)],
        ),
        _documents(gets),
    ]


def _page(number: int, chosen: random.Random, *, positions: bool) -> dict[str, str]:
    page = {"page_size": "20", "filter": f"weight_grams < {1_000_000 + number}"}
    if positions:
        page["page_token"] = str(chosen.randrange(PAGES) * 20)
    return page


def _variables(page: Mapping[str, str]) -> dict[str, str]:
    return {"filter": page["filter"]}


def _rest(key: str, title: str, method: str, asked: Sequence[Mapping[str, str]]) -> Case:
    paths = [f"/v1/{words['name']}" if "name" in words else _list(words) for words in asked]
    connect = f"/shop.catalog.v1.CatalogService/{method}"
    return Case(
        key,
        title,
        [Request.get(path) for path in paths],
        rivals.REST,
        {rivals.CONNECT.name: [Request.post(connect, _message(words)) for words in asked]},
    )


def _list(words: Mapping[str, str]) -> str:
    return f"/v1/products?{urlencode(words)}"


def _message(words: Mapping[str, str]) -> str:
    camel = {"page_size": "pageSize", "page_token": "pageToken"}
    message: dict[str, object] = {camel.get(name, name): word for name, word in words.items()}
    if "pageSize" in message:
        message["pageSize"] = 20
    return json.dumps(message)


def _graphql(key: str, title: str, query: str, variables: Sequence[Mapping[str, str]]) -> Case:
    bodies = [json.dumps({"query": query, "variables": values}) for values in variables]
    requests = [Request.post("/graphql", body) for body in bodies]
    return Case(key, title, requests, rivals.GRAPHQL, {})


def _documents(names: Sequence[str]) -> Case:
    """Returns one product by a document that nobody has seen before: all of it is cold."""
    queries = [
        f'{{ p{number}: product(name: "{name}") {{ name title brand description }} }}'
        for number, name in enumerate(names)
    ]
    requests = [Request.post("/graphql", json.dumps({"query": query})) for query in queries]
    title = "GraphQL one product, each document a new one"
    return Case("cold", title, requests, rivals.GRAPHQL, {})
