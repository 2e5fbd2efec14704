"""GraphQL over foreign contracts: the schema holds, and every root field answers."""

import json
from collections.abc import Container, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import websockets
from google.protobuf import json_format
from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    build_client_schema,
    get_introspection_query,
    get_named_type,
    validate_schema,
)

from tests.contracts.conftest import Foreign
from tests.contracts.documents import choices, differences, document, selection
from tests.contracts.known import KNOWN
from tests.contracts.upstream import GET_OPERATION, STREAMED, Call

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def schema(edges: list[httpx.AsyncClient]) -> GraphQLSchema:
    """The schema as a client sees it."""
    asked = get_introspection_query(input_value_deprecation=True, one_of=True)
    return build_client_schema((await _ask(edges[0], asked))["data"])


async def test_the_schema_validates(schema: GraphQLSchema) -> None:
    assert validate_schema(schema) == []


async def test_r8_every_root_field_answers_what_the_upstream_said(
    foreign: Foreign, client: httpx.AsyncClient, schema: GraphQLSchema
) -> None:
    for operation, name, field in _roots(schema):
        text = document(operation, name, field)
        with foreign.upstream.recorded(finite=True) as calls:
            answer = await _ask(client, text)
        assert "errors" not in answer, f"{text}: {answer['errors']}"
        assert answer["data"][name] is not None, text
        expected = _json(foreign, calls[0])[0]
        assert list(differences(answer["data"][name], expected)) == [], text


async def test_r16_what_is_chosen_of_a_oneof_is_what_the_upstream_is_asked(
    foreign: Foreign, client: httpx.AsyncClient, schema: GraphQLSchema
) -> None:
    for operation, name, field in _roots(schema):
        for place, member, text in choices(operation, name, field):
            with foreign.upstream.recorded(finite=True) as calls:
                answer = await _ask(client, text)
            assert "errors" not in answer, f"{text}: {answer['errors']}"
            asked = _inside(calls[0].request, place)
            fields = {f.json_name: f for f in asked.DESCRIPTOR.fields}
            oneof = fields[member].containing_oneof
            assert asked.WhichOneof(oneof.name) == fields[member].name, text


async def test_services_without_an_upstream_fail_alone(
    foreign: Foreign, sparing: httpx.AsyncClient, schema: GraphQLSchema
) -> None:
    served = f"/{foreign.types.services[-1]}/"
    for operation, name, field in _roots(schema):
        with foreign.upstream.recorded(finite=True) as calls:
            answer = await _ask(sparing, document(operation, name, field))
        assert all(call.path.startswith(served) for call in calls)
        errors = answer.get("errors", [])
        assert {error["extensions"]["code"] for error in errors} <= {"UNAVAILABLE"}
        assert all(error["path"][0] == name for error in errors)
        assert bool(calls) == (answer["data"][name] is not None)


async def test_r4_r5_joins_make_the_calls_that_they_must(
    foreign: Foreign, client: httpx.AsyncClient
) -> None:
    for known in KNOWN.get(foreign.name, ()):
        with foreign.upstream.recorded(finite=True) as calls:
            answer = await _ask(client, known.text)
        assert "errors" not in answer, f"{known.text}: {answer['errors']}"
        assert sorted(call.path.rpartition("/")[2] for call in calls) == sorted(known.calls)
        for place, other in known.equal:
            assert _at(answer["data"], place) == _at(answer["data"], other), known.text


async def test_r3_server_streaming_methods_are_subscriptions(
    foreign: Foreign, client: httpx.AsyncClient, schema: GraphQLSchema
) -> None:
    roots = schema.subscription_type.fields if schema.subscription_type else {}
    streaming = [m for m in foreign.types.methods.values() if m.server_streaming]
    methods = {name: field for name, field in roots.items() if name not in _polls(schema)}
    assert len(methods) == len([m for m in streaming if not m.client_streaming])
    for name, field in methods.items():
        with foreign.upstream.recorded(finite=True) as calls:
            told = await _subscribe(client, document("subscription", name, field))
        expected = _json(foreign, calls[0])
        assert len(told) == STREAMED
        for data, message in zip(told, expected, strict=True):
            assert list(differences(data[name], message)) == []


async def test_r17_what_was_started_is_read_again_and_followed(
    foreign: Foreign, client: httpx.AsyncClient, schema: GraphQLSchema
) -> None:
    polls = {get_named_type(field.type): name for name, field in _polls(schema).items()}
    starting = list(_starting(schema, polls))
    assert len(starting) == len(polls)
    for name, field in starting:
        poll = polls[get_named_type(field.type)]
        with foreign.upstream.recorded(finite=True) as calls:
            started = (await _ask(client, document("mutation", name, field)))["data"][name]
            asked = f'{poll}(name: "{started["name"]}") {selection(get_named_type(field.type))}'
            read = await _ask(client, f"{{ {asked} }}")
            followed = await _subscribe(client, f"subscription {{ {asked} }}")
        assert read == {"data": {poll: started}, "extensions": read["extensions"]}
        assert followed == [{poll: started}]
        assert started["done"] is True
        assert started.get("response", started.get("error")) is not None
        assert [call.path for call in calls].count(GET_OPERATION) == 2


async def _ask(client: httpx.AsyncClient, text: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.post("/graphql", json={"query": text})).json()
    return answer


async def _subscribe(client: httpx.AsyncClient, text: str) -> list[dict[str, Any]]:
    """What a subscription tells, until it completes (protocol graphql-transport-ws)."""
    url = str(client.base_url.join("/graphql")).replace("http", "ws", 1)
    told = []
    async with websockets.connect(url, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        payload = {"query": text}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        while (message := json.loads(await socket.recv()))["type"] != "complete":
            assert message["type"] == "next", message
            assert "errors" not in message["payload"], message
            told.append(message["payload"]["data"])
    return told


def _roots(schema: GraphQLSchema) -> Iterator[tuple[str, str, GraphQLField]]:
    for operation, root in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        for name, field in root.fields.items() if root else ():
            if name != "node" and name not in _polls(schema):
                yield operation, name, field


def _polls(schema: GraphQLSchema) -> dict[str, GraphQLField]:
    """The root fields that read and follow operations, of queries and subscriptions alike."""
    followed = schema.subscription_type.fields if schema.subscription_type else {}
    return {n: field for n, field in schema.query_type.fields.items() if n in followed}


def _starting(
    schema: GraphQLSchema, polls: Container[GraphQLNamedType]
) -> Iterator[tuple[str, GraphQLField]]:
    for name, field in schema.mutation_type.fields.items() if schema.mutation_type else ():
        if get_named_type(field.type) in polls:
            yield name, field


def _json(foreign: Foreign, call: Call) -> list[Any]:
    return [
        json_format.MessageToDict(
            answer,
            always_print_fields_with_no_presence=True,
            descriptor_pool=foreign.types.pool,
        )
        for answer in call.answers
    ]


def _inside(message: Any, place: tuple[str, ...]) -> Any:
    """The message inside a request that the JSON names lead to, the first of a list."""
    for name in place:
        field = next(f for f in message.DESCRIPTOR.fields if f.json_name == name)
        value = getattr(message, field.name)
        message = value[0] if field.is_repeated else value
    return message


def _at(data: Any, place: str) -> Any:
    """What is at a dotted place of an answer; a resource name is itself."""
    if "/" in place:
        return place
    for name in place.split("."):
        data = data[name]
    return data
