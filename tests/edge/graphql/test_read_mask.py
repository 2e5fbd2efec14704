"""R10: what a document asks for is what the owner is asked for, and what joins need besides."""

import json

import pytest

from edge.graphql.http.request import Asked

CONTRACT = """
message Book {
  option (google.api.resource) = {type: "odd.test/Book" pattern: "books/{book}"};
  string name = 1 [(google.api.field_behavior) = IDENTIFIER];
  string display_title = 2;
  string author = 3 [(google.api.resource_reference).type = "odd.test/Author"];
  Size size = 4;
  repeated Size sizes = 5;
  map<string, Size> by_place = 6;
  google.protobuf.Timestamp print_time = 7;
  repeated string tags = 8;
}
message Size { int32 width = 1; Size inner = 2; google.protobuf.Int32Value few = 3; }
message Author {
  option (google.api.resource) = {type: "odd.test/Author" pattern: "authors/{author}"};
  string name = 1 [(google.api.field_behavior) = IDENTIFIER];
  string full_name = 2;
}
message Note {
  option (google.api.resource) = {type: "odd.test/Note" pattern: "books/{book}/notes/{note}"};
  string name = 1 [(google.api.field_behavior) = IDENTIFIER];
}
message GetBookRequest {
  string name = 1 [
    (google.api.field_behavior) = REQUIRED, (google.api.resource_reference).type = "odd.test/Book"
  ];
  google.protobuf.FieldMask read_mask = 2;
}
message BatchGetBooksRequest {
  repeated string names = 1 [
    (google.api.field_behavior) = REQUIRED, (google.api.resource_reference).type = "odd.test/Book"
  ];
  google.protobuf.FieldMask read_mask = 2;
}
message BatchGetBooksResponse { repeated Book books = 1; }
message ListBooksRequest {
  int32 page_size = 1;
  string page_token = 2;
  google.protobuf.FieldMask read_mask = 3;
  string request_id = 4;
}
message ListBooksResponse {
  repeated Book books = 1;
  string next_page_token = 2;
  int32 total_size = 3;
}
message GetAuthorRequest {
  string name = 1 [
    (google.api.field_behavior) = REQUIRED, (google.api.resource_reference).type = "odd.test/Author"
  ];
}
message ListNotesRequest {
  string parent = 1 [
    (google.api.field_behavior) = REQUIRED,
    (google.api.resource_reference).child_type = "odd.test/Note"
  ];
  int32 page_size = 2;
  string page_token = 3;
}
message ListNotesResponse { repeated Note notes = 1; string next_page_token = 2; }
service Books {
  rpc WatchBook(GetBookRequest) returns (stream Book) {
    option (google.api.http) = {get: "/v1/{name=books/*}:watch"};
  }
  rpc GetBook(GetBookRequest) returns (Book) {
    option (google.api.http) = {get: "/v1/{name=books/*}"};
  }
  rpc BatchGetBooks(BatchGetBooksRequest) returns (BatchGetBooksResponse) {
    option (google.api.http) = {get: "/v1/books:batchGet"};
  }
  rpc ListBooks(ListBooksRequest) returns (ListBooksResponse) {
    option (google.api.http) = {get: "/v1/books"};
  }
  rpc GetAuthor(GetAuthorRequest) returns (Author) {
    option (google.api.http) = {get: "/v1/{name=authors/*}"};
  }
  rpc ListNotes(ListNotesRequest) returns (ListNotesResponse) {
    option (google.api.http) = {get: "/v1/{parent=books/*}/notes"};
  }
}
"""
BOOK = {"name": "books/b", "displayTitle": "B", "author": "authors/a", "tags": ["t"]}


@pytest.fixture
def edge(compiled):
    return compiled(
        CONTRACT,
        GetBook=lambda request: BOOK,
        BatchGetBooks=lambda request: {"books": [BOOK]},
        ListBooks=lambda request: {"books": [BOOK, BOOK], "nextPageToken": "t", "totalSize": 9},
        GetAuthor=lambda request: {"name": request["name"], "fullName": "A"},
        ListNotes=lambda request: {"notes": [{"name": "books/b/notes/n"}]},
    )


async def asked(edge, query, variables=None):
    """Returns the mask that the first call had, the same by a plan and by graphql-core."""
    await edge.data(query, variables)
    masks = [calls[0][1].get("readMask", "") for calls in (edge.caller.calls, edge.twin.calls)]
    assert masks[0] == masks[1]
    return masks[0]


@pytest.mark.parametrize(
    ("selection", "mask"),
    [
        ("displayTitle", "displayTitle"),
        ("a: displayTitle b: displayTitle __typename", "displayTitle"),
        ("printTime tags", "printTime,tags"),
        (
            "size { width inner { inner { width } few } }",
            "size.width,size.inner.inner.width,size.inner.few",
        ),
        ("a: size { width } b: size { __typename }", "size"),
        ("sizes { width } byPlace { key value { width } }", "sizes,byPlace"),
        ("id", "name"),
        ("name", "name"),
        ("author { fullName }", "author"),
        ("authorName", "author"),
        ("notes(first: 1) { nodes { name } }", "name"),
        ("...on Book { tags } ...F @skip(if: true)", "tags"),
        ("__typename", ""),
    ],
)
async def test_r10_the_mask_is_what_is_asked_of_the_resource(edge, selection, mask):
    fragment = "fragment F on Book { printTime }" if "...F" in selection else ""
    query = f'{{ book(name: "books/b") {{ {selection} }} }} {fragment}'
    assert await asked(edge, query) == mask


@pytest.mark.parametrize(
    ("selection", "mask"),
    [
        ("nodes { tags }", "tags"),
        ("edges { cursor node { tags } } nodes { displayTitle }", "displayTitle,tags"),
        ("pageInfo { hasNextPage } totalCount", ""),
    ],
)
async def test_r10_of_a_page_it_is_what_is_asked_of_its_items(edge, selection, mask):
    assert await asked(edge, f"{{ books(first: 2) {{ {selection} }} }}") == mask


async def test_r10_of_a_batch_too(edge):
    query = '{ batchGetBooks(names: ["books/b"]) { books { author { fullName } size { width } } } }'
    assert await asked(edge, query) == "author,size.width"


async def test_r10_conditions_decide(edge):
    query = "query($x: Boolean!) { books { nodes { tags printTime @include(if: $x) } } }"
    assert await asked(edge, query, {"x": False}) == "tags"
    edge.caller.calls.clear()
    assert await asked(edge, query, {"x": True}) == "tags,printTime"


async def test_r10_several_roots_of_one_resource_are_still_one_call(edge):
    query = '{ a: book(name: "books/b") { tags } b: book(name: "books/b") { displayTitle } }'
    assert (await edge.data(query))["b"] == {"displayTitle": "B"}
    assert edge.caller.counts == {"BatchGetBooks": 1}


async def test_r13_a_list_has_an_id_of_its_own_to_which_no_cursor_is_bound(edge):
    first = await edge.data("{ books(first: 1) { pageInfo { endCursor } } }")
    cursor = first["books"]["pageInfo"]["endCursor"]
    await edge.data("query($c: String) { books(after: $c) { nodes { tags } } }", {"c": cursor})
    ids = [request["requestId"] for _, request in edge.caller.calls]
    assert all(ids)
    assert ids[0] != ids[1]


async def test_r10_a_stream_has_its_mask(edge):
    async def watch(request):
        yield BOOK

    edge.caller.handlers["WatchBook"] = watch
    text = 'subscription { watchBook(name: "books/b") { tags author { fullName } } }'
    told = [answer async for answer in edge.engine.stream(Asked(text, None), edge.open)]
    assert json.loads(told[0].body)["data"]["watchBook"]["author"] == {"fullName": "A"}
    assert edge.caller.calls[0][1]["readMask"] == "tags,author"
