"""`Deprecation`, `Sunset` and their links (RFC 9745, RFC 8594)."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from starlette.types import Message

from cli.generate import compile_contracts
from edge.contracts.load import load_contracts
from edge.contracts.model import ContractError, Contracts
from edge.rest.deprecation import Notice
from mesh.errors import NotFound

HEADER = """\
syntax = "proto3";
package {package};
import "google/api/annotations.proto";
import "selvedge/policy/v1/policy.proto";
message Thing {{ string name = 1; }}
"""
OLD = """
service Old {
  option (selvedge.policy.v1.service_policy).deprecation = {
    deprecate_date: {year: 2026 month: 2 day: 3}
    sunset_date: {year: 2027 month: 1 day: 31}
    successor: "shelf.v2.New"
    documentation_uri: "https://example.com/end of v1?a=<b>"
  };
  rpc GetThing(Thing) returns (Thing) {
    option (google.api.http) = {
      get: "/v1/{name=shelves/*/things/*}"
      additional_bindings: {get: "/v1/old/{name=**}"}
      additional_bindings: {get: "/{name=all/**}"}
    };
  }
  rpc PeekThing(Thing) returns (Thing) {
    option (google.api.http) = {get: "/v1/peek"};
    option (selvedge.policy.v1.policy).deprecation = {
      sunset_date: {year: 2026 month: 12 day: 1}
      successor: "shelf.v2.New.LookThing"
    };
  }
  rpc WatchThing(Thing) returns (stream Thing) {
    option (google.api.http) = {get: "/v1/{name=shelves/*}:watch"};
  }
}
service Marked {
  rpc ReadThing(Thing) returns (Thing) {
    option deprecated = true;
    option (google.api.http) = {get: "/v1/marked"};
  }
  rpc KeepThing(Thing) returns (Thing) {
    option (google.api.http) = {get: "/v1/kept"};
  }
}
service Closing {
  option deprecated = true;
  rpc CloseThing(Thing) returns (Thing) {
    option (google.api.http) = {get: "/v1/closing"};
  }
}
"""
NEW = """
service New {
  rpc GetThing(Thing) returns (Thing) {
    option (google.api.http) = {get: "/v2/{name=shelves/*/things/*}"};
  }
  rpc LookThing(Thing) returns (Thing) {
    option (google.api.http) = {get: "/v2/peek"};
  }
  rpc WatchThing(Thing) returns (stream Thing) {
    option (google.api.http) = {get: "/v2/{name=shelves/*}:observe"};
  }
}
"""


def compiled(folder: Path, old: str = OLD) -> Contracts:
    proto = folder / "proto"
    policy = proto / "selvedge" / "policy" / "v1" / "policy.proto"
    policy.parent.mkdir(parents=True)
    policy.write_text((Path(__file__).parents[3] / policy.relative_to(folder)).read_text())
    for package, body in (("shelf.v1", old), ("shelf.v2", NEW)):
        (proto / f"{package}.proto").write_text(HEADER.format(package=package) + body)
    compile_contracts(proto, folder / "image.binpb")
    return load_contracts(folder / "image.binpb")


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    return compiled(tmp_path_factory.mktemp("ending"))


@pytest.fixture
def get(contracts, caller, exchange_of) -> Callable[..., object]:
    caller.answers = {method.name: b"" for method in contracts.methods}
    caller.answers["WatchThing"] = [b""]
    return exchange_of(contracts, caller)


def links(answer: httpx.Response) -> list[str]:
    return [value for name, value in answer.headers.multi_items() if name == "link"]


DOCUMENTED = "<https://example.com/end%20of%20v1?a=%3Cb%3E>"


async def test_dates_and_links_are_on_the_answer(get) -> None:
    answer = await get("GET", "/v1/shelves/a%2Fb/things/%3E")
    assert answer.status_code == 200
    assert answer.headers["deprecation"] == "@1770076800"
    assert answer.headers["sunset"] == "Sun, 31 Jan 2027 00:00:00 GMT"
    assert links(answer) == [
        f'{DOCUMENTED}; rel="deprecation"',
        f'{DOCUMENTED}; rel="sunset"',
        '</v2/shelves/a%2Fb/things/%3E>; rel="successor-version"',
    ]


async def test_a_method_says_otherwise_than_its_service(get) -> None:
    answer = await get("GET", "/v1/peek")
    assert answer.headers["deprecation"] == "@1770076800"
    assert answer.headers["sunset"] == "Tue, 01 Dec 2026 00:00:00 GMT"
    assert links(answer)[-1] == '</v2/peek>; rel="successor-version"'


@pytest.mark.parametrize("path", ["/v1/old/a/b", "/all/a", "/v1/shelves/a:watch"])
async def test_a_successor_elsewhere_is_no_link(get, path: str) -> None:
    answer = await get("GET", path)
    assert answer.status_code == 200
    assert answer.headers["deprecation"] == "@1770076800"
    assert not any("successor-version" in link for link in links(answer))


async def test_a_path_cannot_end_its_link() -> None:
    sent = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"raw_path": b'/v1/a>; rel="next", <b\xff\t'}
    sending = Notice([], "v2").over(scope, send)
    await sending({"type": "http.response.start", "status": 200, "headers": []})
    ((name, value),) = sent[0]["headers"]
    assert name == b"link"
    assert value == b'</v2/a%3E;%20rel=%22next%22,%20%3Cb%FF%09>; rel="successor-version"'


@pytest.mark.parametrize("path", ["/v1/marked", "/v1/closing"])
async def test_deprecated_without_a_date_is_deprecated_all_the_same(get, path: str) -> None:
    answer = await get("GET", path)
    assert answer.headers["deprecation"] == "@0"
    assert "sunset" not in answer.headers
    assert links(answer) == []


async def test_errors_say_it_too(get, caller) -> None:
    caller.answers["PeekThing"] = NotFound("gone")
    for target, status in (
        ("/v1/peek", 404),
        ("/v1/peek?unknown=1", 400),
        ("/v1/peek?fields=unknown", 400),
    ):
        answer = await get("GET", target)
        assert (answer.status_code, answer.headers["deprecation"]) == (status, "@1770076800")
    answer = await get("GET", "/v1/peek", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["deprecation"]) == (406, "@1770076800")


@pytest.mark.parametrize("path", ["/v1/kept", "/v2/peek", "/v1/nowhere"])
async def test_what_does_not_end_says_nothing(get, path: str) -> None:
    answer = await get("GET", path)
    assert not {"deprecation", "sunset", "link"} & set(answer.headers)


def test_a_service_that_is_deprecated_deprecates_its_methods(contracts: Contracts) -> None:
    marked = {method.name for method in contracts.methods if method.deprecated}
    assert marked == {"ReadThing", "CloseThing"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("month: 2 day: 3", "month: 2 day: 30", "2026-2-30 is no day"),
        ("day: 31}", "}", "2027-1-0 is no day"),
        ("year: 2026 month: 2", "year: 2028 month: 2", "before it is deprecated on 2028-02-03"),
    ],
)
def test_dates_that_cannot_be_are_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(ContractError, match=problem) as refused:
        compiled(tmp_path, OLD.replace(old, new))
    assert "shelf.v1.Old/GetThing" in str(refused.value)
