"""R17: what a method has started has a type of its own, is asked for again, and is followed."""

from itertools import count

import pytest

from edge.call import RequestContext
from edge.contracts.long_running import GET_OPERATION, find_long_running
from edge.graphql.cost import find_prices
from edge.graphql.long_running import Pace
from edge.graphql.schema import build_schema
from edge.loading.execution import Execution
from edge.loading.reading import Reading
from mesh.deadline import Deadline
from mesh.errors import NotFound

CONTRACT = """
import "google/longrunning/operations_proto.proto";
message Shelf {
  option (google.api.resource) = {type: "odd.test/Shelf" pattern: "shelves/{shelf}"};
  string name = 1 [(google.api.field_behavior) = IDENTIFIER];
}
message Book {
  option (google.api.resource) = {type: "odd.test/Book" pattern: "books/{book}"};
  string name = 1 [(google.api.field_behavior) = IDENTIFIER];
  string shelf = 2 [(google.api.resource_reference).type = "odd.test/Shelf"];
}
message ImportProgress { int32 done_percent = 1; }
message ImportBookRequest { string uri = 1; }
message GetShelfRequest {
  string name = 1 [(google.api.resource_reference).type = "odd.test/Shelf"];
}
message ShelveRequest {}
service Books {
  rpc ImportBook(ImportBookRequest) returns (google.longrunning.Operation) {
    option (google.api.http) = {post: "/v1/books:import" body: "*"};
    option (google.longrunning.operation_info) = {
      response_type: "Book" metadata_type: "ImportProgress"
    };
  }
  rpc EmptyShelf(ShelveRequest) returns (google.longrunning.Operation) {
    option (google.api.http) = {post: "/v1/shelves:empty" body: "*"};
    option (google.longrunning.operation_info) = {
      response_type: "google.protobuf.Empty" metadata_type: "odd.v1.Nowhere"
    };
  }
  rpc GetShelf(GetShelfRequest) returns (Shelf) {
    option (google.api.http) = {get: "/v1/{name=shelves/*}"};
  }
}
"""
NAME = "operations/1"
ASKED = """importBookOperation(name: "operations/1") {
    name done error { code message } metadata { donePercent }
    response { name shelfName shelf { name } } }"""


def progress(percent):
    return {"@type": "type.googleapis.com/odd.v1.ImportProgress", "donePercent": percent}


BOOK = {
    "@type": "type.googleapis.com/odd.v1.Book",
    "name": "books/b",
    "shelf": "shelves/s",
}
DONE = {"name": NAME, "done": True, "metadata": progress(100), "response": BOOK}
FAILED = {"name": NAME, "done": True, "error": {"code": 9, "message": "no shelf"}}


def under_way(percent):
    return {"name": NAME, "metadata": progress(percent)}


@pytest.fixture
def edge(compiled):
    return compiled(
        CONTRACT,
        ImportBook=lambda request: under_way(0),
        GetOperation=lambda request: DONE,
        GetShelf=lambda request: {"name": request["name"]},
    )


async def test_r17_what_is_started_has_a_type_of_its_own(edge):
    data = await edge.data(
        """mutation { importBook(uri: "u") { __typename name done error { code }
            response { name } metadata { donePercent } } }"""
    )
    assert data["importBook"] == {
        "__typename": "ImportBookOperation",
        "name": NAME,
        "done": False,
        "error": None,
        "response": None,
        "metadata": {"donePercent": 0},
    }


async def test_r17_it_is_asked_for_again_where_its_method_is_served(edge):
    data = await edge.data(f"{{ {ASKED} }}")
    book = {"name": "books/b", "shelfName": "shelves/s", "shelf": {"name": "shelves/s"}}
    assert data["importBookOperation"] == {
        "name": NAME,
        "done": True,
        "error": None,
        "metadata": {"donePercent": 100},
        "response": book,
    }
    assert edge.caller.calls[0] == ("GetOperation", {"name": NAME})
    (later,) = (v for k, v in edge.derived.long_running.items() if k.endswith("/ImportBook"))
    assert (later.poll.method.path, later.poll.method.served_by) == (GET_OPERATION, "odd.v1.Books")


async def test_r17_what_failed_says_why(edge):
    edge.caller.handlers["GetOperation"] = lambda request: FAILED
    data = await edge.data(f"{{ {ASKED} }}")
    told = data["importBookOperation"]
    assert (told["error"], told["response"]) == ({"code": 9, "message": "no shelf"}, None)


async def test_r17_reasons_of_a_failure_are_told_though_the_contract_imports_none(edge):
    reason = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "NO_SHELF",
        "domain": "odd.test",
    }
    failed = {**FAILED, "error": {"code": 9, "message": "no shelf", "details": [reason]}}
    edge.caller.handlers["GetOperation"] = lambda request: failed
    asked = f'{{ importBookOperation(name: "{NAME}") {{ error {{ details }} }} }}'
    told = (await edge.data(asked))["importBookOperation"]
    assert told["error"]["details"] == [reason]


async def test_r17_an_any_of_another_type_fails_alone(edge):
    edge.caller.handlers["GetOperation"] = lambda request: {**DONE, "response": progress(1)}
    data, errors = await edge.ask(f"{{ {ASKED} }}")
    assert data["importBookOperation"]["metadata"] == {"donePercent": 100}
    assert data["importBookOperation"]["response"] is None
    assert [e["path"] for e in errors] == [["importBookOperation", "response"]]


async def test_r17_empty_is_empty_and_unknown_metadata_is_left_out(edge):
    text = edge.schema.as_str()
    fields = text.split("type EmptyShelfOperation")[1].split("}")[0]
    assert "response: JSON" in fields
    assert "metadata" not in fields
    empty = {"@type": "type.googleapis.com/google.protobuf.Empty"}
    edge.caller.handlers["GetOperation"] = lambda r: {"name": "n", "done": True, "response": empty}
    data = await edge.data('{ emptyShelfOperation(name: "n") { done response } }')
    assert data["emptyShelfOperation"] == {"done": True, "response": {}}


async def followed(edge, answer):
    """Returns what a subscription tells, and the seconds that it waits between reads."""
    edge.caller.handlers["GetOperation"] = answer
    pace = Pace(1.0, 4.0)
    schema = build_schema(edge.derived, pace)
    execution = Execution(
        edge.codec,
        Reading(edge.derived.contracts),
        edge.caller,
        RequestContext("r", Deadline.after(60)),
    )
    told = await schema.subscribe(f"subscription {{ {ASKED} }}", context_value=execution)
    results = [(result.data, result.errors) async for result in told]
    return results, edge.caller.waited


async def test_r17_each_change_is_told_until_it_is_done(edge):
    answers = iter([under_way(0), under_way(0), under_way(50), DONE])
    results, _ = await followed(edge, lambda request: next(answers))
    told = [data["importBookOperation"] for data, _ in results]
    assert [one["metadata"]["donePercent"] for one in told] == [0, 50, 100]
    assert [one["done"] for one in told] == [False, False, True]
    assert told[-1]["response"]["shelf"] == {"name": "shelves/s"}


async def test_r17_what_does_not_change_is_asked_for_less_and_less(edge):
    answers = iter([*[under_way(0)] * 6, under_way(1), DONE])
    _, waited = await followed(edge, lambda request: next(answers))
    assert waited == [1.0, 1.5, 2.25, 3.375, 4.0, 4.0, 1.0]


async def test_r17_following_ends_with_the_first_error(edge):
    def ask(request):
        if next(asked):
            raise NotFound("it is gone")
        return under_way(0)

    asked = count()
    (data, errors), *rest = (await followed(edge, ask))[0]
    assert (data["importBookOperation"]["done"], errors) == (False, None)
    assert ["it is gone" in str(told) for _, told in rest] == [True]


async def test_r17_polls_have_their_price(edge):
    prices = find_prices(edge.derived)
    roots = ("Query", "Subscription")
    assert all(prices[root, "importBookOperation"].cost == 1 for root in roots)
    text = edge.schema.as_str()
    query = text.split("type Query")[1].split("\n}")[0]
    subscription = text.split("type Subscription")[1].split("\n}")[0]
    for root in (query, subscription):
        assert "importBookOperation(name: String!): ImportBookOperation" in root


async def test_r17_without_the_service_of_operations_there_is_no_poll(derived_from):
    found = derived_from(CONTRACT)
    bare = {path: o for path, o in found.operations.items() if path != GET_OPERATION}
    later = find_long_running(found.contracts, bare)
    assert [one.poll for one in later.values()] == [None, None]
