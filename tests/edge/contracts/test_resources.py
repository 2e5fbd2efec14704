import pytest

from edge.contracts.model import ContractError
from edge.contracts.resources import find_resources

BOOK = """
message Book {
  option (google.api.resource) = { type: "l.dev/Book" pattern: "books/{book}" };
  string name = 1;
}
"""
AWKWARD = """
option (google.api.resource_definition) = { type: "l.dev/Shelf" pattern: "shelves/{shelf}" };
message Copy {
  option (google.api.resource) = {
    type: "l.dev/Copy"
    pattern: "shelves/{shelf}/copies/{copy}"
    pattern: "books/{book}/copies/{copy}"
    name_field: "path"
  };
  string path = 1;
}
message Cover {
  option (google.api.resource) = { type: "l.dev/Cover" pattern: "books/{book}/cover" };
  string name = 1;
}
message Thing {
  option (google.api.resource) = { type: "l.dev/Thing" pattern: "*" };
  string name = 1;
}
message Reader {
  option (google.api.resource) = {
    type: "l.dev/Reader" pattern: "readers/{reader}" name_field: "id" singular: "reader"
  };
  string id = 1;
}
message Keyless {
  option (google.api.resource) = { type: "l.dev/Keyless" pattern: "keyless/{k}" };
  int32 name = 1;
}
"""


@pytest.fixture(scope="module")
def library(deriving):
    return deriving({"l.v1": BOOK + AWKWARD}).resources


def test_r1_our_own_resources(shop) -> None:
    review = shop.resources.by_message["shop.reviews.v1.Review"]
    assert (review.type, review.key.name) == ("reviews.mesh.internal/Review", "name")
    assert review.collection == "reviews"
    assert review.matches("products/1/reviews/2") == {"product": "1", "review": "2"}
    assert [r.message.full_name for r in shop.resources.parents(review)] == [
        "shop.catalog.v1.Product"
    ]


def test_r1_every_pattern_counts(library) -> None:
    copy = library.by_message["l.v1.Copy"]
    assert copy.key.name == "path"
    assert copy.matches("books/1/copies/2") == {"book": "1", "copy": "2"}
    assert copy.matches("shelves/1/copies/2") == {"shelf": "1", "copy": "2"}
    assert [parent.type for parent in library.parents(copy)] == ["l.dev/Book"]


def test_r1_singletons_and_the_pattern_of_all_names(library) -> None:
    cover = library.by_message["l.v1.Cover"]
    assert cover.collection == "cover"
    assert [parent.type for parent in library.parents(cover)] == ["l.dev/Book"]
    thing = library.by_message["l.v1.Thing"]
    assert (thing.collection, library.parents(thing)) == ("things", [])
    assert thing.name_of("any/name") == "any/name"


def test_r1_what_nobody_owns_is_reported(library) -> None:
    assert "l.v1.Keyless" not in library.by_message
    assert library.problems == (
        "l.dev/Keyless: its message l.v1.Keyless has no string `name`",
        "l.dev/Shelf: defined for a file, owned by no message",
    )


def test_r4_names_and_bare_ids_become_keys(library) -> None:
    book, reader, copy = (library.by_message[f"l.v1.{n}"] for n in ("Book", "Reader", "Copy"))
    assert [book.key_of(v) for v in ("7", "books/7", "//l.dev/books/7")] == ["books/7"] * 3
    assert [reader.key_of(v) for v in ("7", "readers/7", "//l.dev/readers/7")] == ["7"] * 3
    assert copy.key_of("7") == "7"
    assert reader.name_of("7") == "readers/7"


def test_r1_two_owners_in_one_package_are_an_error(deriving) -> None:
    twice = BOOK + BOOK.replace("message Book", "message Tome")
    with pytest.raises(ContractError, match=r"l.dev/Book .*a\.v1\.Book .*a\.v1\.Tome"):
        deriving({"a.v1": twice})


@pytest.mark.parametrize("packages", [("a.v1", "a.v2", "b"), ("a.v2", "b", "a.v1")])
def test_r1_versions_own_a_type_side_by_side(deriving, packages) -> None:
    bodies = {package: BOOK if package != "b" else "message Other {}" for package in packages}
    resources = deriving(bodies).resources
    owners = [resources.resolve("l.dev/Book", package).package for package in ("a.v2", "a.v1", "b")]
    assert owners == ["a.v2", "a.v1", "a.v1"]


def test_r5_equal_shapes_of_other_services_are_no_parents(deriving) -> None:
    other = BOOK.replace("l.dev", "other.dev")
    child = """
    message Page {
      option (google.api.resource) = { type: "DOMAIN/Page" pattern: "books/{b}/pages/{page}" };
      string name = 1;
    }"""
    own = deriving({"a.v1": BOOK + child.replace("DOMAIN", "l.dev"), "b.v1": other}).resources
    assert [p.type for p in own.parents(own.by_message["a.v1.Page"])] == ["l.dev/Book"]
    third = deriving(
        {"a.v1": BOOK, "b.v1": other, "c.v1": child.replace("DOMAIN", "c.dev")}
    ).resources
    assert third.parents(third.by_message["c.v1.Page"]) == []


def test_resources_keep_the_order_of_the_files(shop) -> None:
    owners = [m for m in shop.contracts.messages.values() if m.resource]
    assert [resource.message for resource in find_resources(shop.contracts).all] == owners
