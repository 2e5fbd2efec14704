"""R17 through real processes: an operation is started, read again and followed over a socket.

Two servers have each their own operations, by the same names; neither is named as an upstream of
google.longrunning.Operations.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import grpc
import httpx
import pytest
import pytest_asyncio
import websockets
from google.protobuf import json_format
from google.protobuf.message import Message

from cli.generate import compile_contracts
from edge.contracts.load import load_contracts
from edge.messages import Messages
from tests.edge.edge_process import edge_process

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

CONTRACT = """
syntax = "proto3";
package odd.v1;
import "google/api/annotations.proto";
import "google/longrunning/operations_proto.proto";
message Copy { string title = 1; }
message Progress { int32 percent = 1; }
message CopyRequest { string title = 1; }
"""
SERVICE = """
service %ss {
  rpc Copy%s(CopyRequest) returns (google.longrunning.Operation) {
    option (google.api.http) = {post: "/v1/%ss:copy" body: "*"};
    option (google.longrunning.operation_info) = {
      response_type: "Copy" metadata_type: "Progress"
    };
  }
}
"""
OPERATION = "google.longrunning.Operation"


@dataclass
class Copier:
    """A server that copies in three steps; a title of "broken" ends in an error."""

    messages: Messages
    kind: str
    titles: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=dict)

    async def start(self) -> str:
        self._server = grpc.aio.server()
        self._server.add_generic_rpc_handlers([_Handler(self)])
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return f"127.0.0.1:{port}"

    async def stop(self) -> None:
        await self._server.stop(None)

    async def copy(self, data: bytes, context: object) -> bytes:
        request: Any = self.messages.read("odd.v1.CopyRequest", data)
        name = f"operations/{len(self.titles)}"
        self.titles[name] = request.title
        return self.operation(name, 0).SerializeToString()

    async def get(self, data: bytes, context: Any) -> bytes:
        request: Any = self.messages.read("google.longrunning.GetOperationRequest", data)
        self.asked.append(request.name)
        if request.name not in self.titles:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"no {request.name}")
        step = self.steps[request.name] = self.steps.get(request.name, -1) + 1
        return self.operation(request.name, step // 2).SerializeToString()

    def operation(self, name: str, step: int) -> Message:
        title, made = self.titles[name], self.messages.read(OPERATION, b"")
        value: dict[str, Any] = {"name": name, "metadata": _any("Progress", percent=50 * step)}
        if step >= 2 and title == "broken":
            value |= {"done": True, "error": {"code": 13, "message": "the copier is broken"}}
        elif step >= 2 and title != "endless":
            value |= {"done": True, "response": _any("Copy", title=f"{self.kind}: {title}")}
        return json_format.ParseDict(value, made, descriptor_pool=self.messages.pool)


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, copier: Copier) -> None:
        self._copier = copier

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        asks = details.method == "/google.longrunning.Operations/GetOperation"
        return grpc.unary_unary_rpc_method_handler(self._copier.get if asks else self._copier.copy)


def _any(type_: str, **fields: object) -> dict[str, object]:
    return {"@type": f"type.googleapis.com/odd.v1.{type_}", **fields}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long_running")
    services = "".join(SERVICE % (kind, kind, kind.lower()) for kind in ("Book", "Film"))
    (folder / "odd.proto").write_text(CONTRACT + services)
    compile_contracts(folder, folder / "odd.binpb")
    messages = Messages(load_contracts(folder / "odd.binpb"))
    copiers = [Copier(messages, kind) for kind in ("Book", "Film")]
    pairs = [f"odd.v1.{copier.kind}s={await copier.start()}" for copier in copiers]
    with edge_process(folder / "odd.binpb", *pairs, operation_poll_seconds="0.01") as edge:
        async with httpx.AsyncClient(base_url=edge.url, timeout=10) as client:
            yield client, copiers, edge.process.terminate
    for copier in copiers:
        await copier.stop()


async def _ask(client: httpx.AsyncClient, text: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.post("/graphql", json={"query": text})).json()
    return answer


async def _started(client: httpx.AsyncClient, kind: str, title: str) -> str:
    text = f'mutation {{ copy{kind}(title: "{title}") {{ name done }} }}'
    started = (await _ask(client, text))["data"][f"copy{kind}"]
    assert started["done"] is False
    name: str = started["name"]
    return name


async def _followed(client: httpx.AsyncClient, kind: str, name: str) -> list[dict[str, Any]]:
    """What a subscription says, until it completes (graphql-transport-ws)."""
    field = f"copy{kind}Operation"
    text = f"""subscription {{ {field}(name: "{name}") {{
        done error {{ code message }} metadata {{ percent }} response {{ title }} }} }}"""
    url = str(client.base_url.join("/graphql")).replace("http", "ws", 1)
    told = []
    async with websockets.connect(url, subprotocols=["graphql-transport-ws"]) as socket:
        await socket.send('{"type": "connection_init"}')
        await socket.recv()
        message = {"type": "subscribe", "id": "1", "payload": {"query": text}}
        await socket.send(json.dumps(message))
        while (got := json.loads(await socket.recv()))["type"] != "complete":
            assert "errors" not in got["payload"], got
            told.append(got["payload"]["data"][field])
    return told


async def test_r17_each_server_is_asked_for_its_own_operations(running):
    client, (books, films), _ = running
    name = await _started(client, "Book", "Emma")
    assert await _started(client, "Film", "Metropolis") == name
    asked = f'{{ copyFilmOperation(name: "{name}") {{ name done metadata {{ percent }} }} }}'
    answer = await _ask(client, asked)
    assert answer["data"]["copyFilmOperation"] == {
        "name": name,
        "done": False,
        "metadata": {"percent": 0},
    }
    assert (books.asked, films.asked) == ([], [name])


async def test_r17_an_operation_is_followed_until_it_is_done(running):
    client, *_ = running
    name = await _started(client, "Book", "Persuasion")
    told = await _followed(client, "Book", name)
    assert [(one["metadata"]["percent"], one["done"]) for one in told] == [
        (0, False),
        (50, False),
        (100, True),
    ]
    assert told[-1]["response"] == {"title": "Book: Persuasion"}


async def test_r17_one_that_fails_ends_in_its_error(running):
    client, *_ = running
    told = await _followed(client, "Film", await _started(client, "Film", "broken"))
    assert told[-1]["error"] == {"code": 13, "message": "the copier is broken"}
    assert (told[-1]["done"], told[-1]["response"]) == (True, None)


async def test_r17_an_unknown_name_is_its_owners_word(running):
    client, *_ = running
    answer = await _ask(client, '{ copyBookOperation(name: "operations/none") { done } }')
    assert answer["data"] == {"copyBookOperation": None}
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["message"]) == ("NOT_FOUND", "no operations/none")


async def test_r17_following_ends_in_words_when_the_edge_ends(running):
    client, _, stop = running
    name = await _started(client, "Book", "endless")
    text = f'subscription {{ copyBookOperation(name: "{name}") {{ metadata {{ percent }} }} }}'
    headers = {"accept": "text/event-stream"}
    request = client.stream("POST", "/graphql", json={"query": text}, headers=headers)
    told = []
    async with request as response:
        async for line in response.aiter_lines():
            told.append(line)
            if '"percent":50' in line:
                stop()
    assert any('"reason":"DRAINING"' in line for line in told)
    assert "event: complete" in told
