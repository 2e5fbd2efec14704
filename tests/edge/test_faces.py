from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.generate import compile_contracts
from edge.app import Edge, create_app
from edge.codec import Codec
from edge.config import EdgeSettings
from edge.contracts.load import load_contracts
from edge.contracts.model import ContractError, Contracts
from edge.faces import make_faces

DESK = """\
syntax = "proto3";
package desk.v1;
import "google/api/annotations.proto";
import "google/api/visibility.proto";
service Desk {
  rpc GetTicket(GetTicketRequest) returns (Ticket) {
    option (google.api.http) = {get: "/v1/tickets/{name}"};
  }
  rpc MakeTicket(Ticket) returns (Ticket) {
    option (google.api.http) = {post: "/v1/tickets" body: "*"};
  }
  rpc CloseTicket(GetTicketRequest) returns (Ticket) {
    option (google.api.method_visibility).restriction = "PARTNER";
    option (google.api.http) = {post: "/v1/tickets/{name}:close"};
  }
}
message GetTicketRequest {
  string name = 1%(name)s;
  string as_of = 2 [(google.api.field_visibility).restriction = "PARTNER"];
}
message Ticket {
  enum Level {
    LEVEL_UNSPECIFIED = 0;
    LEVEL_BAD = 1 [(google.api.value_visibility).restriction = "PARTNER"];
  }
  string title = 1;
  string notes = 2 [(google.api.field_visibility).restriction = "PARTNER"];
  Level level = 3;
}
"""
AUDIENCES = {"partner": frozenset({"PARTNER"}), "press": frozenset({"PRESS"})}
Ask = Callable[..., Any]


def compiled(folder: Path, name: str = "") -> Contracts:
    (folder / "proto").mkdir()
    (folder / "proto" / "desk.proto").write_text(DESK % {"name": name})
    compile_contracts(folder / "proto", folder / "image.binpb")
    return load_contracts(folder / "image.binpb")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    return compiled(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def asking(desk: Contracts, caller: Any, ask: Ask) -> Ask:
    ticket = b'{"title":"t","notes":"n","level":"LEVEL_BAD"}'
    caller.answers["GetTicket"] = Codec(desk).from_json("desk.v1.Ticket", ticket)
    app = create_app(desk, caller, EdgeSettings(audience_labels=AUDIENCES))

    async def asked(method: str, target: str, **options: object) -> httpx.Response:
        answer: httpx.Response = await ask(app, method, target, **options)
        return answer

    return asked


async def query(asking: Ask, path: str, text: str) -> Any:
    return (await asking("POST", path, json={"query": text})).json()


async def first_of_socket(app: Edge, path: str) -> str:
    """What a socket at a path is told first; its client leaves at once."""
    coming = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(coming)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [], "subprotocols": ["graphql-transport-ws"],
    }  # fmt: skip
    await app(scope, receive, send)
    return str(sent[0]["type"])


async def test_r15_rest_is_public(asking: Ask, caller: Any) -> None:
    answer = await asking("GET", "/v1/tickets/1")
    assert answer.json() == {"title": "t", "level": 1}
    for target, body in (("/v1/tickets", {"notes": "n"}), ("/v1/tickets", {"level": "LEVEL_BAD"})):
        assert (await asking("POST", target, json=body)).status_code == 400
    assert (await asking("GET", "/v1/tickets/1?as_of=x")).status_code == 400
    assert (await asking("POST", "/v1/tickets/1:close")).status_code in (404, 405)
    assert len(caller.asked) == 1


async def test_r15_each_audience_has_its_graphql(asking: Ask) -> None:
    text = '{ ticket(name: "1") { title level %s } }'
    public = await query(asking, "/graphql", text % "")
    assert public["data"] == {"ticket": {"title": "t", "level": None}}
    assert "notes" in str((await query(asking, "/graphql", text % "notes"))["errors"])
    partner = await query(asking, "/graphql/partner", text % "notes")
    assert partner["data"] == {"ticket": {"title": "t", "level": "BAD", "notes": "n"}}
    press = await query(asking, "/graphql/press", text % "notes")
    assert "notes" in str(press["errors"])


async def test_r15_each_audience_has_its_document(asking: Ask) -> None:
    public = (await asking("GET", "/openapi.json")).json()
    partner = (await asking("GET", "/openapi/partner.json")).json()
    assert set(partner["paths"]) - set(public["paths"]) == {"/v1/tickets/{name}:close"}
    schemas = [each["components"]["schemas"]["desk.v1.Ticket"] for each in (public, partner)]
    assert [list(schema["properties"]) for schema in schemas] == [
        ["title", "level"], ["title", "notes", "level"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/graphql/nobody", "/graphql/public", "/openapi/nobody.json", "/openapi/public.json"]
)
async def test_r15_an_unknown_audience_is_not_found(asking: Ask, path: str) -> None:
    assert (await asking("GET", path)).status_code == 404


async def test_r15_each_audience_has_its_page(asking: Ask) -> None:
    page = await asking("GET", "/graphql/partner", headers={"accept": "text/html"})
    assert "/graphql/partner/assets/graphiql.min.js" in page.text
    for name, status in (("graphiql.min.js", 200), ("nothing.js", 404)):
        assert (await asking("GET", f"/graphql/partner/assets/{name}")).status_code == status


async def test_r15_sockets_are_those_of_audiences(desk: Contracts, caller: Any) -> None:
    app = create_app(desk, caller, EdgeSettings(audience_labels=AUDIENCES))
    for path in ("/graphql", "/graphql/partner"):
        assert await first_of_socket(app, path) == "websocket.accept"
    for path in ("/graphql/nobody", "/livez", "/v1/tickets/1"):
        assert await first_of_socket(app, path) == "websocket.close"


def test_r15_audiences_that_see_the_same_share_a_face(desk: Contracts, caller: Any) -> None:
    faces = make_faces(desk, caller, EdgeSettings(audience_labels=AUDIENCES))
    assert [(name, face.audience) for name, face in faces.items()] == [
        ("public", "public"), ("partner", "partner"), ("press", "press"),
    ]  # fmt: skip
    assert faces["press"].rest is faces["public"].rest
    assert faces["partner"].contracts is desk


def test_r15_contracts_without_labels_are_read_once(probe: Contracts, caller: Any) -> None:
    faces = make_faces(probe, caller, EdgeSettings())
    assert [face.contracts is probe for face in faces.values()] == [True]


def test_r15_a_binding_by_a_hidden_field_stops_the_start(tmp_path: Path, caller: Any) -> None:
    label = ' [(google.api.field_visibility).restriction = "PARTNER"]'
    with pytest.raises(ContractError, match=r"as public sees them: .*GetTicket.*name"):
        create_app(compiled(tmp_path, label), caller, EdgeSettings())
