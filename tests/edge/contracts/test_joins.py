import pytest

SERVICE = """
message Author {
  option (google.api.resource) = { type: "j.dev/Author" pattern: "authors/{author}" };
  string name = 1;
}
message GetAuthorRequest { string name = 1; }
message User {
  option (google.api.resource) = {
    type: "j.dev/User" pattern: "users/{user}" name_field: "id" singular: "user" plural: "users"
  };
  string id = 1;
}
message BatchGetUsersRequest {
  repeated string user_ids = 1 [(google.api.resource_reference).type = "j.dev/User"];
}
message BatchGetUsersResponse { repeated User users = 1; }
message Chapter {
  option (google.api.resource) = {
    type: "j.dev/Chapter" pattern: "authors/{author}/chapters/{chapter}"
  };
  string name = 1;
}
message GetChapterRequest { string name = 1; }
message Lonely {
  option (google.api.resource) = { type: "j.dev/Lonely" pattern: "lonely/{lonely}" };
  string name = 1;
}
message Holder { FIELDS }
message HolderRequest { string author = 1 [(google.api.resource_reference).type = "j.dev/Lonely"]; }
service Holding {
  rpc GetAuthor(GetAuthorRequest) returns (Author);
  rpc GetChapter(GetChapterRequest) returns (Chapter);
  rpc BatchGetUsers(BatchGetUsersRequest) returns (BatchGetUsersResponse);
  rpc Hold(HolderRequest) returns (Holder);
}
"""


def refer(type_: str, behavior: str = "") -> str:
    behavior = behavior and f", (google.api.field_behavior) = {behavior}"
    return f"[(google.api.resource_reference).type = '{type_}'{behavior}]"


AUTHOR, USER = refer("j.dev/Author"), refer("j.dev/User")


@pytest.fixture
def holder(deriving):
    def joins_of(*fields: str):
        numbered = (f"{f.replace(' @', f' = {i} ')};" for i, f in enumerate(fields, start=1))
        return deriving({"j.v1": SERVICE.replace("FIELDS", "\n".join(numbered))}).joins

    return joins_of


@pytest.mark.parametrize(
    ("field", "name", "raw_name"),
    [
        (f"string author @{AUTHOR}", "author", "authorName"),
        (f"string author_name @{AUTHOR}", "author", "authorName"),
        (f"string author_id @{AUTHOR}", "author", "authorId"),
        (f"string written_by @{AUTHOR}", "writtenBy", "writtenByName"),
        (f"repeated string authors @{AUTHOR}", "authors", "authorNames"),
        (f"repeated string author_names @{AUTHOR}", "authors", "authorNames"),
        (f"repeated string author_ids @{AUTHOR}", "authors", "authorIds"),
        (f"repeated string past_authors @{AUTHOR}", "pastAuthors", "pastAuthorNames"),
        (f"repeated string cities @{AUTHOR}", "cities", "cityNames"),
        (f"string user_id @{USER}", "user", "userId"),
    ],
)
def test_r4_names(holder, field: str, name: str, raw_name: str) -> None:
    (join,) = holder(field).forward["j.v1.Holder"]
    assert (join.name, join.raw_name) == (name, raw_name)
    assert join.repeated == field.startswith("repeated")


def test_r4_a_raw_name_already_taken_is_skipped(holder) -> None:
    joins = holder(f"string author @{AUTHOR}", "string author_name @")
    (join,) = joins.forward["j.v1.Holder"]
    assert (join.name, join.raw_name) == ("author", None)


@pytest.mark.parametrize("other", ["int32 author @", f"string author_name @{AUTHOR}"])
def test_r4_a_join_name_already_taken_keeps_the_raw_field(holder, other: str) -> None:
    joins = holder(other, f"string author_id @{AUTHOR}")
    assert [j.field.name for j in joins.forward.get("j.v1.Holder", ())] == (
        ["author_name"] if "author_name" in other else []
    )
    assert joins.problems == ("j.v1.Holder.author_id: the name author is taken",)


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        (f"string lonely @{refer('j.dev/Lonely')}", "j.dev/Lonely cannot be fetched: no method"),
        (f"string gone @{refer('j.dev/Gone')}", "no message owns j.dev/Gone"),
        (f"int32 author @{AUTHOR}", "a reference to j.dev/Author that is no string"),
        (f"string chapter_id @{refer('j.dev/Chapter')}", "a bare id is not enough"),
    ],
)
def test_r4_what_is_not_joinable_is_reported(holder, field: str, problem: str) -> None:
    joins = holder(field)
    assert "j.v1.Holder" not in joins.forward
    (found,) = joins.problems
    assert found.startswith("j.v1.Holder.")
    assert problem in found


@pytest.mark.parametrize(
    "field",
    [f"string any @{refer('*')}", f"string author @{refer('j.dev/Author', 'INPUT_ONLY')}"],
)
def test_r4_what_is_no_output_reference_is_left_alone(holder, field: str) -> None:
    joins = holder(field)
    assert "j.v1.Holder" not in joins.forward
    assert joins.problems == ()


def test_r4_bare_ids_become_keys_and_arguments(holder) -> None:
    (by_name, by_id) = holder(f"string author_id @{AUTHOR}", f"string user_id @{USER}").forward[
        "j.v1.Holder"
    ]
    assert [by_name.key_of(v) for v in ("7", "authors/7", "")] == ["authors/7", "authors/7", None]
    assert [by_id.key_of(v) for v in ("7", "users/7", "")] == ["7", "7", None]
    names = by_id.fetchers.batch_get.names_field
    assert by_id.target.argument_of(names, "7") == "7"
    assert by_name.target.argument_of(by_name.fetchers.get.name_field, "authors/7") == "authors/7"


def test_r4_a_resource_does_not_join_itself_by_its_key(deriving) -> None:
    body = """
    message Node {
      option (google.api.resource) = { type: "c.dev/Node" pattern: "nodes/{node}" };
      string name = 1 [(google.api.resource_reference).type = "c.dev/Node"];
      string next = 2 [(google.api.resource_reference).type = "c.dev/Node"];
      repeated Node inner = 3;
      string id = 4;
    }
    message GetNodeRequest { string name = 1; }
    service Nodes { rpc GetNode(GetNodeRequest) returns (Node); }"""
    (join,) = deriving({"c.v1": body}).joins.forward["c.v1.Node"]
    assert (join.name, join.raw_name, join.target.message.full_name) == (
        "next", "nextName", "c.v1.Node",
    )  # fmt: skip


def test_r4_our_own_contracts(shop) -> None:
    named = {
        (name.rpartition(".")[2], join.field.name): (join.name, join.raw_name)
        for name, joins in shop.joins.forward.items()
        for join in joins
    }
    assert named["Product", "category"] == ("category", "categoryName")
    assert named["Product", "related_products"] == ("relatedProducts", "relatedProductNames")
    assert named["Review", "product"] == ("product", "productName")
    assert shop.joins.problems == ()


def test_r5_our_own_contracts(shop) -> None:
    joins = {join.name: join for join in shop.joins.reverse["shop.catalog.v1.Product"]}
    assert joins.keys() == {"reviews", "reviewsV2", "stocks"}
    reviews = joins["reviews"]
    assert (reviews.child.message.full_name, reviews.list_method.name) == (
        "shop.reviews.v1.Review", "ListReviews",
    )  # fmt: skip
    assert (reviews.parent_field.name, reviews.items_field.name) == ("parent", "reviews")
    assert reviews.page is not None
    batch = reviews.batch
    assert batch is not None
    fields = (
        batch.parents_field, batch.entries_field, batch.entry_parent_field, batch.entry_items_field,
        batch.page_size_field, batch.entry_token_field, batch.entry_total_field,
    )  # fmt: skip
    assert [field and field.name for field in fields] == [
        "products", "entries", "product", "reviews", "page_size", "next_page_token", "total_size",
    ]  # fmt: skip
    assert reviews.argument_of("products/1") == "products/1"


PARENT = """
message Shelf {
  option (google.api.resource) = { type: "r.dev/Shelf" pattern: "shelves/{shelf}" };
  string name = 1; FIELD
}
message Book {
  option (google.api.resource) = { type: "r.dev/Book" pattern: "shelves/{shelf}/books/{book}" };
  string name = 1;
}
message GetShelfRequest { string name = 1; }
message ListBooksRequest { REQUEST }
message ListBooksResponse { repeated Book books = 1; }
service Shelves {
  rpc GetShelf(GetShelfRequest) returns (Shelf);
  rpc ListBooks(ListBooksRequest) returns (ListBooksResponse);
}
"""
CHILD = "[(google.api.resource_reference).child_type = 'r.dev/Book']"
SHELF = "[(google.api.resource_reference).type = 'r.dev/Shelf'%s]"
MUST = ", (google.api.field_behavior) = REQUIRED"


@pytest.mark.parametrize(
    ("field", "request_fields", "made", "problem"),
    [
        ("", f"string parent = 1 {CHILD};", True, ""),
        ("", f"string parent = 1 {SHELF % ''};", True, ""),
        ("", f"string shelf_id = 1 {SHELF % MUST};", True, ""),
        ("", f"string shelf = 1 {SHELF % ''};", False, ""),
        ("", "string parent = 1;", False, ""),
        ("", f"string parent = 1 {CHILD}; string x = 2 [(google.api.field_behavior) = REQUIRED];",
         False, "ListBooks: also requires x"),
        ("", "string parent = 1 [(google.api.resource_reference).type = 'r.dev/Gone'];",
         False, "ListBooks: no message owns what parent refers to"),
        ("int32 books = 2;", f"string parent = 1 {CHILD};",
         False, "ListBooks: r.v1.Shelf has a field books"),
    ],
)  # fmt: skip
def test_r5_lists(deriving, field: str, request_fields: str, made: bool, problem: str) -> None:
    body = PARENT.replace("FIELD", field).replace("REQUEST", request_fields)
    joins = deriving({"r.v1": body}).joins
    assert [j.name for j in joins.reverse.get("r.v1.Shelf", ())] == (["books"] if made else [])
    assert [p.rpartition("/")[2] for p in joins.problems] == ([problem] if problem else [])


def test_r5_a_bare_parent_id_is_asked_by_its_id(deriving) -> None:
    body = PARENT.replace("FIELD", "").replace("REQUEST", f"string shelf_id = 1 {SHELF % MUST};")
    (join,) = deriving({"r.v1": body}).joins.reverse["r.v1.Shelf"]
    assert join.argument_of("shelves/7") == "7"
    assert (join.page, join.batch) == (None, None)


@pytest.mark.parametrize("flip", [False, True])
def test_r20_equal_collections_of_two_packages_are_qualified(deriving, flip: bool) -> None:
    body = PARENT.replace("FIELD", "").replace("REQUEST", f"string parent = 1 {CHILD};")
    child = """
    message Book {
      option (google.api.resource) = { type: "o.dev/Book" pattern: "shelves/{shelf}/books/{b}" };
      string name = 1;
    }
    message ListBooksRequest {
      string parent = 1 [(google.api.resource_reference).type = "r.dev/Shelf"];
    }
    message ListBooksResponse { repeated Book books = 1; }
    service Others { rpc ListBooks(ListBooksRequest) returns (ListBooksResponse); }"""
    order = [("r.v1", body), ("o.v1", child)]
    joins = deriving(dict(reversed(order) if flip else order)).joins
    assert {j.name for j in joins.reverse["r.v1.Shelf"]} == {"rV1Books", "oV1Books"}


def test_r20_a_later_version_of_the_children_has_a_suffix(deriving) -> None:
    body = PARENT.replace("FIELD", "").replace("REQUEST", f"string parent = 1 {CHILD};")
    child = """
    message Book {
      option (google.api.resource) = { type: "r.dev/Book" pattern: "shelves/{shelf}/books/{b}" };
      string name = 1;
    }
    message ListBooksRequest {
      string parent = 1 [(google.api.resource_reference).child_type = "r.dev/Book"];
    }
    message ListBooksResponse { repeated Book books = 1; }
    service Others { rpc ListBooks(ListBooksRequest) returns (ListBooksResponse); }"""
    joins = deriving({"r.v2": child, "r.v1": body}).joins
    assert {j.name for j in joins.reverse["r.v1.Shelf"]} == {"books", "booksV2"}


def test_r20_on_a_parent_of_its_own_version_a_child_has_no_suffix(deriving) -> None:
    body = PARENT.replace("FIELD", "").replace("REQUEST", f"string parent = 1 {CHILD};")
    joins = deriving({"r.v1": body, "r.v2": body}).joins
    for package in ("r.v1", "r.v2"):
        (join,) = joins.reverse[f"{package}.Shelf"]
        assert (join.name, join.child.package) == ("books", package)
