"""What production tells strangers: the checks of graphql-cop, and the questions of clairvoyance.

Neither can be installed beside the edge (one is not packaged, the other pins old libraries), so
their checks are made here; each finds what it looks for in development.
"""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from edge.app import create_app
from edge.config import EdgeSettings
from tests.edge.graphql.serving import client_of

TYPENAME = "query cop { __typename }"
DEEP = "query cop { __schema { types { " + "fields { type { " * 4 + "name" + " }" * 11

Check = Callable[[httpx.AsyncClient], Any]


def post(query: str) -> Check:
    body = {"query": query, "operationName": "cop"}
    return lambda client: client.post("/graphql", json=body)


def data_of(answer: httpx.Response) -> dict[str, Any]:
    said = answer.json()
    return (said.get("data") if isinstance(said, dict) else None) or {}


def errors_of(answer: httpx.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.json().get("errors", [])
    return found


CHECKS: dict[str, tuple[Check, Callable[[httpx.Response], object]]] = {
    "alias overloading": (
        post("query cop {" + " ".join(f"alias{i}: __typename" for i in range(101)) + "}"),
        lambda answer: data_of(answer).get("alias100"),
    ),
    "batches": (
        lambda client: client.post("/graphql", json=[{"query": TYPENAME}] * 10),
        lambda answer: isinstance(answer.json(), list),
    ),
    "circular introspection": (post(DEEP), lambda answer: data_of(answer).get("__schema")),
    "directive overloading": (
        post("query cop { __typename " + "@aa" * 10 + " }"),
        lambda answer: len(errors_of(answer)) == 10,
    ),
    "introspection": (
        post("query cop { __schema { types { name fields { name } } } }"),
        lambda answer: data_of(answer).get("__schema"),
    ),
    "suggestions": (
        post("query cop { __schema { directive } }"),
        lambda answer: "Did you mean" in errors_of(answer)[0]["message"],
    ),
    "mutation by GET": (
        lambda client: client.get("/graphql", params={"query": "mutation cop {__typename}"}),
        data_of,
    ),
    "query by GET": (
        lambda client: client.get("/graphql", params={"query": "query cop {__typename}"}),
        data_of,
    ),
    "form by POST": (
        lambda client: client.post("/graphql", data={"query": TYPENAME}),
        data_of,
    ),
    "page": (
        lambda client: client.get("/graphql", headers={"accept": "text/html"}),
        lambda answer: "graphiql" in answer.text.lower(),
    ),
    "tracing": (post(TYPENAME), lambda answer: "tracing" in answer.text),
    "unhandled errors": (
        post("qwerty cop { abc }"),
        lambda answer: "exception" in answer.text.lower() or answer.status_code >= 500,
    ),
}
IN_DEVELOPMENT = {"introspection", "suggestions", "query by GET", "page"}


@pytest.mark.parametrize("name", CHECKS)
async def test_bar_41_graphql_cop_finds_nothing_in_production(edge, name):
    check, finds = CHECKS[name]
    async with client_of(edge, profile="production") as client:
        assert not finds(await check(client))
    async with client_of(edge) as client:
        assert bool(finds(await check(client))) is (name in IN_DEVELOPMENT)


WORDS = ["product", "products", "reviews", "title", "name", "node", "id", "user", "nothing", "x"]
QUESTIONS = [
    "query { WORD }",
    "query { WORD { lol } }",
    "query { WORD(WORD: 7) { lol } }",
    "mutation { WORD }",
    "subscription { WORD }",
    "query { products(WORD: 7) { nodes { title } } }",
    'query { product(name: "n") { WORD lol } }',
    "query { ... on WORD { lol } }",
    "query($a: WORD) { lol }",
    "query { products(first: WORD) { nodes { title } } }",
]


def heard(answer: httpx.Response) -> list[dict[str, Any]]:
    """What an answer tells, but for the id of its trace."""
    for error in errors_of(answer):
        error["extensions"].pop("traceId")
    return errors_of(answer)


@pytest.mark.parametrize("question", QUESTIONS)
async def test_bar_41_a_refusal_is_the_same_whatever_name_is_guessed(edge, question):
    async def refusals(client: httpx.AsyncClient) -> set[str]:
        asked = [{"query": question.replace("WORD", word)} for word in WORDS]
        return {str(heard(await client.post("/graphql", json=body))) for body in asked}

    async with client_of(edge, profile="production") as client:
        (only,) = await refusals(client)
        assert "the document does not fit the schema" in only
        assert "locations" not in only
    async with client_of(edge) as client:
        assert len(await refusals(client)) > 1
    assert edge.caller.calls == []


async def test_bar_41_what_the_edge_is_made_of_is_in_no_header(probe, caller, ask):
    app = create_app(probe, caller, EdgeSettings(profile="production"))
    for method, path in (("POST", "/graphql"), ("GET", "/graphql"), ("GET", "/v1/nothing")):
        answer = await ask(app, method, path, json={"query": TYPENAME})
        assert not {"server", "x-powered-by", "via"} & set(answer.headers)
        assert "version" not in " ".join(answer.headers).lower()
