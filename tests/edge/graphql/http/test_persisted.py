"""Documents by hash: automatic and trusted ones."""

import json
from hashlib import sha256

import pytest

from edge.graphql.http.persisted import ENTRY_BYTES, Automatic, PersistedQueryNotFound
from edge.graphql.http.request import Asked
from mesh.errors import InvalidArgument
from mesh.startup import StartupError
from tests.edge.graphql.serving import DATA, DELETE, QUERY, built, client_of, reason

OTHER = "{ __typename }"


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def by_hash(text: str) -> dict[str, object]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)}}


def named(text: str) -> Asked:
    return Asked("", sha256=hash_of(text))


def kept(operations: Automatic, text: str) -> bool:
    try:
        return operations.text_of(named(text)) == text
    except PersistedQueryNotFound:
        return False


@pytest.fixture
async def client(edge):
    built.cache_clear()  # no test finds what another one sent
    async with client_of(edge) as client:
        yield client


async def test_a_document_is_sent_once_and_named_afterwards(client):
    refused = await client.post("/graphql", json={"extensions": by_hash(QUERY)})
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["message"]) == (200, "PersistedQueryNotFound")
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    body = {"query": QUERY, "extensions": by_hash(QUERY)}
    assert (await client.post("/graphql", json=body)).json()["data"] == DATA
    answer = await client.post("/graphql", json={"extensions": by_hash(QUERY)})
    assert answer.json()["data"] == DATA


async def test_get_names_documents_too(client):
    params = {"extensions": json.dumps(by_hash(QUERY))}
    refused = await client.get("/graphql", params=params)
    assert refused.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert refused.headers["cache-control"] == "no-store"
    answer = await client.get("/graphql", params={**params, "query": QUERY})
    assert answer.json()["data"] == DATA
    assert (await client.get("/graphql", params=params)).json()["data"] == DATA


async def test_bar_42_get_does_not_change_by_name_what_it_may_not_by_text(client, edge):
    body = {"query": DELETE.replace("p1", "p2"), "extensions": by_hash(DELETE.replace("p1", "p2"))}
    await client.post("/graphql", json=body)
    edge.caller.calls.clear()
    params = {"extensions": json.dumps(body["extensions"])}
    answer = await client.get("/graphql", params=params)
    assert (answer.status_code, edge.caller.calls) == (405, [])


@pytest.mark.parametrize(
    "said",
    [
        {"version": 2, "sha256Hash": hash_of(QUERY)},
        {"version": 1, "sha256Hash": "abc"},
        {"version": 1, "sha256Hash": 5},
        {"version": 1},
        {"version": 1, "sha256Hash": hash_of(OTHER)},
    ],
)
async def test_a_hash_that_is_not_that_of_the_document_is_refused(client, said):
    body = {"query": QUERY, "extensions": {"persistedQuery": said}}
    assert reason(await client.post("/graphql", json=body)) == "PERSISTED_QUERY"
    missing = await client.post("/graphql", json={"extensions": by_hash(QUERY)})
    assert missing.json()["errors"][0]["message"] == "PersistedQueryNotFound"


async def test_what_does_not_run_is_not_kept(client):
    for text in ("{", "{ nothing }", "{ a" + "{ a" * 9 + "}" * 10):
        await client.post("/graphql", json={"query": text, "extensions": by_hash(text)})
        answer = await client.post("/graphql", json={"extensions": by_hash(text)})
        assert answer.json()["errors"][0]["message"] == "PersistedQueryNotFound"


def test_documents_used_last_are_kept_up_to_a_number_of_bytes():
    texts = ["{ a }", "{ b }", "{ c }"]
    operations = Automatic(2 * (5 + ENTRY_BYTES))
    for text in texts[:2]:
        operations.keep(Asked(text, sha256=hash_of(text)))
    assert kept(operations, texts[0])
    operations.keep(Asked(texts[2], sha256=hash_of(texts[2])))
    assert [kept(operations, text) for text in texts] == [True, False, True]
    long = "{ " + "a " * 1000 + "}"
    operations.keep(Asked(long, sha256=hash_of(long)))
    assert not kept(operations, long)


def test_without_a_manifest_there_are_no_documents_by_id():
    with pytest.raises(InvalidArgument) as caught:
        Automatic(1000).text_of(Asked("", document_id="x"))
    assert caught.value.reason == "DOCUMENT_ID"


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    path = tmp_path_factory.mktemp("trusted") / "operations.json"
    path.write_text(json.dumps({"first": QUERY, hash_of(DELETE): DELETE}))
    return path


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": "first"},
        {"extensions": by_hash(QUERY)},
        {"query": QUERY},
        {"query": QUERY, "documentId": "first"},
        {"query": QUERY, "extensions": by_hash(QUERY)},
    ],
)
async def test_a_trusted_operation_runs_however_it_is_named(edge, manifest, body):
    async with client_of(edge, graphql_operations=manifest) as client:
        assert (await client.post("/graphql", json=body)).json()["data"] == DATA


@pytest.mark.parametrize(
    "body",
    [
        {"query": OTHER},
        {"query": QUERY + " "},
        {"query": OTHER, "documentId": "first"},
        {"query": OTHER, "extensions": by_hash(OTHER)},
        {"extensions": by_hash(OTHER)},
        {"documentId": "second"},
        {"query": "{ __schema { types { name } } }"},
        {"query": "{"},
    ],
)
async def test_no_other_operation_runs_beside_trusted_ones(edge, manifest, body):
    async with client_of(edge, graphql_operations=manifest) as client:
        answer = await client.post("/graphql", json=body)
        assert reason(answer) == "OPERATION_NOT_TRUSTED"
        assert answer.json()["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"


async def test_an_empty_manifest_lets_nothing_run(edge, tmp_path):
    path = tmp_path / "operations.json"
    path.write_text("{}")
    async with client_of(edge, graphql_operations=path) as client:
        answer = await client.post("/graphql", json={"query": OTHER})
        assert reason(answer) == "OPERATION_NOT_TRUSTED"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "is no object"),
        ('{"a": 5}', "is no object"),
        ('{"a": "{"}', "'a' cannot run: Syntax Error"),
        ('{"a": "{ nothing }"}', "'a' cannot run: Cannot query field 'nothing'"),
        (json.dumps({"a": "{ a" + "{ a" * 9 + "}" * 10}), "'a' cannot run: the document is"),
    ],
)
def test_a_bad_manifest_stops_the_start(edge, tmp_path, text, said):
    path = tmp_path / "operations.json"
    path.write_text(text)
    with pytest.raises(StartupError, match=said):
        client_of(edge, graphql_operations=path)


def test_a_manifest_that_is_not_there_stops_the_start(edge, tmp_path):
    with pytest.raises(StartupError, match="cannot be read"):
        client_of(edge, graphql_operations=tmp_path / "none.json")


async def test_in_production_get_names_its_document_by_hash(edge):
    async with client_of(edge, profile="production") as client:
        params = {"query": QUERY}
        refused = await client.get("/graphql", params=params)
        assert (refused.status_code, reason(refused)) == (400, "GET_BY_HASH")
        answer = await client.get(
            "/graphql", params={**params, "extensions": json.dumps(by_hash(QUERY))}
        )
        assert answer.json()["data"] == DATA
    async with client_of(edge, profile="production", graphql_get_by_hash=False) as client:
        assert (await client.get("/graphql", params=params)).json()["data"] == DATA
