"""R9: `first`, `after`, cursors and page info."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.loading.pages import FIRST_MAX, Page, Place, binding, read_window
from mesh.errors import InvalidArgument
from tests.edge.graphql.serving import client_of, reason


def bound() -> str:
    return binding("/shop/List", {"filter": "a"})


QUERY = """query($first: Int, $after: String) { products(first: $first, after: $after) {
    nodes { name } edges { cursor node { name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


def names(start: int, end: int) -> list[dict[str, str]]:
    return [{"name": f"products/p{i}"} for i in range(start, end)]


async def test_r9_pages_follow_each_other(edge):
    page = (await edge.data(QUERY, {"first": 8}))["products"]
    assert page["nodes"] == names(0, 8)
    assert page["pageInfo"]["hasNextPage"] is True
    assert page["pageInfo"]["hasPreviousPage"] is False
    after = page["pageInfo"]["endCursor"]
    page = (await edge.data(QUERY, {"first": 12, "after": after}))["products"]
    assert page["nodes"] == names(8, 20)
    assert page["pageInfo"]["hasNextPage"] is False
    assert page["pageInfo"]["hasPreviousPage"] is True


async def test_r9_a_cursor_in_mid_page_goes_on_behind_its_node(edge):
    page = (await edge.data(QUERY, {"first": 8}))["products"]
    after = page["edges"][2]["cursor"]
    page = (await edge.data(QUERY, {"first": 4, "after": after}))["products"]
    assert page["nodes"] == names(3, 7)
    assert page["edges"][0]["node"] == {"name": "products/p3"}
    assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]


async def test_r9_no_first_is_the_default_of_the_method(edge):
    await edge.data("{ products { nodes { name } } }")
    assert edge.caller.calls[0][1]["pageSize"] == 0


async def test_r9_a_join_goes_on_with_the_list_method(edge):
    query = """query($after: String) { product(name: "products/p1") {
        reviews(first: 2, after: $after) { nodes { author }
            pageInfo { endCursor hasNextPage } } } }"""
    seen, after = [], None
    for _ in range(3):
        page = (await edge.data(query, {"after": after}))["product"]["reviews"]
        seen += [node["author"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert seen == ["A0", "A1", "A2", "A3", "A4"]
    assert page["pageInfo"]["hasNextPage"] is False
    assert edge.caller.counts == {"GetProduct": 3, "BatchListReviews": 1, "ListReviews": 2}


async def test_r9_a_cursor_of_a_join_serves_the_root_list_of_the_same_parent(edge):
    data = await edge.data(
        """{ product(name: "products/p1") { reviews(first: 2) { pageInfo { endCursor } } } }"""
    )
    after = data["product"]["reviews"]["pageInfo"]["endCursor"]
    data = await edge.data(
        """query($after: String) { reviews(parent: "products/p1", after: $after, first: 1)
            { nodes { author } } }""",
        {"after": after},
    )
    assert data["reviews"]["nodes"] == [{"author": "A2"}]


@pytest.mark.parametrize("first", [-1, FIRST_MAX + 1])
async def test_r9_first_has_bounds(edge, first):
    data, errors = await edge.ask(QUERY, {"first": first})
    assert data is None
    assert errors[0]["extensions"]["reason"] == "FIRST_LIMIT"
    assert edge.caller.calls == []


async def test_r9_first_may_be_its_bound(edge):
    assert len((await edge.data(QUERY, {"first": FIRST_MAX}))["products"]["nodes"]) == 20


async def test_bar_40_the_setting_is_the_bound_of_first_everywhere(edge):
    query = """query($first: Int) { products(first: $first) { pageInfo { endCursor } }
        product(name: "products/p1") { reviews(first: $first) { nodes { author } } } }"""
    async with client_of(edge, graphql_first_max=150) as client:
        asked = {"query": query, "variables": {"first": 150}}
        answer = await client.post("/graphql", json=asked)
        asked["variables"] = {"first": 151}
        refused = await client.post("/graphql", json=asked)
        arguments = '{ __type(name: "Query") { fields { name args { name description } } } }'
        schema = (await client.post("/graphql", json={"query": arguments})).json()["data"]
    assert "errors" not in answer.json()
    sizes = {name: request["pageSize"] for name, request in edge.caller.calls if "List" in name}
    assert sizes == {"ListProducts": 150, "BatchListReviews": 150}
    assert reason(refused) == "FIRST_LIMIT"
    (products,) = [f for f in schema["__type"]["fields"] if f["name"] == "products"]
    (first,) = [a for a in products["args"] if a["name"] == "first"]
    assert first["description"] == "How many at the most, up to 150."


def test_bar_40_no_page_is_larger_than_the_bound_of_first():
    page = Page(read_window(bound, 3, None, 3), bound, ["a", "b", "c"], "", None)
    window = read_window(bound, 2, page.edges[1]["cursor"], 3)
    assert (window.start.past, window.page_size) == (2, 3)


async def test_r9_a_cursor_binds_its_arguments(edge):
    page = (await edge.data(QUERY, {"first": 1}))["products"]
    _, errors = await edge.ask(
        'query($after: String) { products(after: $after, filter: "x") { nodes { name } } }',
        {"after": page["pageInfo"]["endCursor"]},
    )
    assert errors[0]["extensions"]["reason"] == "CURSOR_ARGUMENTS"
    assert errors[0]["extensions"]["code"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("cursor", ["", "x", "é", "e30", "WzEsMl0", "WyJhIiwiYiIsLTFd"])
def test_r9_nonsense_is_no_cursor(cursor):
    with pytest.raises(InvalidArgument) as caught:
        read_window(bound, None, cursor)
    assert caught.value.reason == "CURSOR"


def test_r9_an_empty_page_with_a_token_has_an_end_cursor():
    page = Page(read_window(bound, 5, None), bound, [], "t7", None)
    assert page.info["hasNextPage"] is True
    assert page.info["startCursor"] is None
    window = read_window(bound, 5, page.info["endCursor"])
    assert window.start == Place("t7", 0)


def test_r9_a_method_that_ignores_page_size_is_cut():
    page = Page(read_window(bound, 2, None), bound, ["a", "b", "c"], "", None)
    assert page.nodes == ["a", "b"]
    assert page.info["hasNextPage"] is True
    assert read_window(bound, 2, page.info["endCursor"]).start == Place("", 2)


ROWS = [{"n": i} for i in range(40)]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=60, max_size=60), st.data()
)
def test_r9_any_way_through_a_list_meets_each_node_once(steps, data):
    """The server may answer with fewer than asked for, even none; the client may go on anywhere."""
    seen, after = [], None
    for first, cap in steps:
        window = read_window(bound, first, after)
        start = int(window.start.token or 0)
        end = min(start + min(window.page_size or 20, cap), len(ROWS))
        page = Page(window, bound, ROWS[start:end], str(end) if end < len(ROWS) else "", None)
        if page.nodes:
            place = data.draw(st.integers(0, len(page.nodes) - 1))
            seen += [node["n"] for node in page.nodes[: place + 1]]
            after = page.edges[place]["cursor"]
        elif page.info["hasNextPage"]:
            after = page.info["endCursor"]
        else:
            break
    assert seen == list(range(len(seen)))


FURTHER = """
message Thing {
  option (google.api.resource) = {type: "odd.test/Thing" pattern: "things/{thing}"};
  string name = 1 [(google.api.field_behavior) = IDENTIFIER];
}
message ListThingsRequest { int32 page_size = 1; string page_token = 2; }
message ListThingsResponse {
  repeated Thing things = 1;
  string next_page_token = 2;
  repeated string unreachable = 3;
  google.protobuf.Timestamp read_time = 4;
  string edges = 5;
  int32 weight = 6;
  Thing first = 7;
}
message FindThingsResponse {
  repeated Thing things = 1;
  string next_page_token = 2;
  int64 weight = 3;
}
service Things {
  rpc ListThings(ListThingsRequest) returns (ListThingsResponse) {
    option (google.api.http) = {get: "/v1/things"};
  }
  rpc FindThings(ListThingsRequest) returns (FindThingsResponse) {
    option (google.api.http) = {get: "/v1/things:find"};
  }
}
"""


async def test_r9_what_a_page_holds_beside_its_items_is_beside_its_nodes(compiled):
    edge = compiled(
        FURTHER,
        ListThings=lambda request: {
            "unreachable": ["shelf 2"],
            "readTime": "2030-01-31T12:00:00Z",
            "edges": "sharp",
        },
        FindThings=lambda request: {"things": [{"name": "things/1"}]},
    )
    fields = "unreachable readTime edges_field edges { cursor }"
    data = await edge.data(f"{{ things {{ {fields} }} findThings {{ {fields} }} }}")
    assert data["things"] == {
        "unreachable": ["shelf 2"],
        "readTime": "2030-01-31T12:00:00Z",
        "edges_field": "sharp",
        "edges": [],
    }
    assert {data["findThings"][name] for name in ("readTime", "edges_field")} == {None}
    assert data["findThings"]["unreachable"] is None


async def test_r9_lists_that_disagree_on_a_field_do_not_have_it(compiled):
    text = compiled(FURTHER).schema.as_str().split("type ThingConnection")[1].split("}")[0]
    assert "weight" not in text
    assert "first" not in text
