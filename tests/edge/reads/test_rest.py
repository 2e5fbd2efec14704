"""What a client of REST sees of kept answers (R22, RFC 9111, RFC 5861)."""

import shutil
from pathlib import Path

import httpx
import pytest

from cli.generate import compile_contracts
from edge.app import create_app
from edge.call import RequestContext
from edge.config import EdgeSettings
from edge.contracts.load import load_contracts
from edge.contracts.model import Method
from mesh.errors import Unavailable

ROOT = Path(__file__).parents[3]
FILE = """\
syntax = "proto3";
package f.v1;
import "google/api/annotations.proto";
import "selvedge/policy/v1/policy.proto";
message GetItemRequest { string name = 1; }
message Item { string name = 1; }
service Items {
  rpc GetItem(GetItemRequest) returns (Item) {
    option (google.api.http) = {get: "/v1/{name=items/*}"};
    option (selvedge.policy.v1.policy) = {
      public: true
      cache_max_age: {seconds: 3600}
      stale_if_error: {seconds: 3600}
    };
  }
}
"""


class Items:
    """Answers with what it was asked, unless it is down."""

    def __init__(self) -> None:
        self.calls = 0
        self.down = False

    def serves(self, service: str) -> bool:
        return True

    async def unary(self, method: Method, request: bytes, context: RequestContext) -> bytes:
        self.calls += 1
        if self.down:
            raise Unavailable("nobody is there")
        return request


@pytest.fixture
def items() -> Items:
    return Items()


@pytest.fixture
async def client(tmp_path: Path, items: Items) -> httpx.AsyncClient:
    shutil.copytree(ROOT / "proto" / "selvedge", tmp_path / "proto" / "selvedge")
    (tmp_path / "proto" / "f.proto").write_text(FILE)
    compile_contracts(tmp_path / "proto", tmp_path / "image.binpb")
    app = create_app(load_contracts(tmp_path / "image.binpb"), items, EdgeSettings())  # type: ignore[arg-type]  # it streams nothing
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://edge")


async def test_r22_a_kept_answer_says_its_age(client, items):
    first, second = await client.get("/v1/items/a"), await client.get("/v1/items/a")
    assert (items.calls, first.json(), second.json()) == (1, {"name": "items/a"}, first.json())
    assert first.headers["cache-control"] == "public, max-age=3600, stale-if-error=3600"
    assert "age" not in first.headers
    assert int(second.headers["age"]) >= 1  # a second that has begun counts


async def test_r22_a_client_may_ask_for_a_new_answer(client, items):
    await client.get("/v1/items/a")
    await client.get("/v1/items/a", headers={"cache-control": "no-cache"})
    assert items.calls == 2


async def test_r22_authorization_makes_an_answer_ones_own(client, items):
    for who in ("ann", "bob", "ann"):
        answer = await client.get("/v1/items/a", headers={"authorization": f"Bearer {who}"})
        assert answer.headers["cache-control"].startswith("private")
    assert items.calls == 2


async def test_r22_graphql_reads_from_the_same_answers(client, items):
    await client.get("/v1/items/a")
    answer = await client.post("/graphql", json={"query": '{ item(name: "items/a") { name } }'})
    assert answer.json()["data"] == {"item": {"name": "items/a"}}
    assert items.calls == 1


async def test_an_error_is_not_kept(client, items):
    items.down = True
    answer = await client.get("/v1/items/a")
    assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
    items.down = False
    assert (await client.get("/v1/items/a")).status_code == 200
