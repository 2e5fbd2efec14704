"""The application: its schema, its page, and what is below its path."""

import asyncio

import httpx
import pytest

from edge.config import EdgeSettings
from edge.graphql.handler import GraphQLApp
from edge.loading.reading import Reading
from tests.edge.graphql.serving import DATA, QUERY, client_of


@pytest.fixture
async def client(edge):
    async with client_of(edge) as client:
        yield client


async def test_a_browser_gets_graphiql_from_local_files(client):
    page = await client.get("/graphql", params={"query": QUERY}, headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "//" not in page.text.replace("</", ""), "nothing comes from elsewhere"
    assets = [part.split('"')[0] for part in page.text.split('="/graphql/assets/')[1:]]
    assert len(assets) == 5
    for name in assets:
        answer = await client.get(f"/graphql/assets/{name}")
        assert answer.status_code == 200
        assert len(answer.content) > 1000
        kinds = {"js": "text/javascript", "css": "text/css"}
        assert answer.headers["content-type"].startswith(kinds[name.rpartition(".")[2]])


async def test_the_page_is_where_the_application_is(client):
    page = await client.get("/graphql/partner", headers={"accept": "text/html"})
    assert '="/graphql/partner/assets/' in page.text
    assert (await client.get("/graphql/partner/assets/graphiql.min.js")).status_code == 200


async def test_no_other_file_is_served(client):
    for name in ("views.py", "..%2fviews.py", "", "x/graphiql.min.js/.."):
        answer = await client.get(f"/graphql/assets/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_files_are_for_reading(client):
    path = "/graphql/assets/graphiql.min.js"
    refused = await client.post(path, json={"query": QUERY})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert (await client.head(path)).status_code == 200
    assert (await client.head("/graphql", headers={"accept": "text/html"})).status_code == 200


async def test_production_has_no_page(edge):
    async with client_of(edge, profile="production") as client:
        answer = await client.get("/graphql", headers={"accept": "text/html"})
        assert answer.status_code == 400
        assert (await client.get("/graphql/assets/graphiql.min.js")).status_code == 404
        answer = await client.post("/graphql", json={"query": QUERY})
        assert answer.json()["data"] == DATA


async def test_a_large_schema_is_built_at_its_first_use(edge):
    reading = Reading(edge.derived.contracts)
    app = GraphQLApp(edge.codec, reading, edge.caller, EdgeSettings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://edge") as c:
        answers = await asyncio.gather(*(c.post("/graphql", json={"query": QUERY}) for _ in "12"))
    assert [answer.json()["data"] for answer in answers] == [DATA, DATA]
