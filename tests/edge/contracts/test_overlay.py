"""Overlays: what contracts leave out, said from outside."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
import yaml
from google.protobuf import descriptor_pb2
from typer.testing import CliRunner

from cli.check import check, report
from cli.generate import compile_contracts
from edge.config import EdgeSettings
from edge.contracts.audience import view
from edge.contracts.derived import derive
from edge.contracts.load import load_contracts, read_contracts
from edge.contracts.model import ContractError
from edge.contracts.overlay import overlaid
from mesh.contracts import Idempotency
from tests.contracts.stripping import stripped

ROOT = Path(__file__).parents[3]
BARE = """\
syntax = "proto3";
package library.v1;
message Shelf { string name = 1; }
message Book { string name = 1; string title = 2; }
message Loan { string name = 1; string book = 2; string reader = 3; int32 days = 4; }
message GetBookRequest { string name = 1; }
message GetLoanRequest { string name = 1; }
message ListBooksRequest { string shelf = 1; int32 page_size = 2; string page_token = 3; }
message ListBooksResponse { repeated Book books = 1; string next_page_token = 2; }
message BatchGetShelvesRequest { repeated string names = 1; }
message BatchGetShelvesResponse { repeated Shelf shelves = 1; }
service Library {
  rpc GetBook(GetBookRequest) returns (Book);
  rpc GetLoan(GetLoanRequest) returns (Loan);
  rpc ListBooks(ListBooksRequest) returns (ListBooksResponse);
  rpc BatchGetShelves(BatchGetShelvesRequest) returns (BatchGetShelvesResponse);
}
"""
Overlay = Callable[..., Path]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image of contracts without one annotation."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "proto").mkdir()
    (folder / "proto" / "library.proto").write_text(BARE)
    compile_contracts(folder / "proto", folder / "image.binpb")
    return folder / "image.binpb"


@pytest.fixture
def overlay(tmp_path: Path) -> Overlay:
    def write(text: str, name: str = "overlay.yaml") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.fixture
def documented(overlay: Overlay) -> Path:
    """The overlay that docs/overlays.md shows."""
    text = (ROOT / "docs" / "overlays.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return overlay(example)


def test_the_documented_overlay_gives_bindings_policy_and_joins(
    bare: Path, documented: Path
) -> None:
    derived = derive(load_contracts(bare, [documented]))
    listing = derived.contracts.method("/library.v1.Library/ListBooks")
    assert [rule.template for rule in listing.http] == [
        "/v1/{shelf=shelves/*}/books",
        "/v1/books",
    ]
    assert (listing.facts.cost, listing.facts.public, listing.deprecated) == (
        3,
        True,
        True,
    )
    assert listing.facts.deadline_seconds == 1.5
    assert listing.facts.idempotency is Idempotency.NO_SIDE_EFFECTS
    get_book = derived.contracts.method("/library.v1.Library/GetBook")
    assert (get_book.facts.cost, get_book.facts.public, get_book.deprecated) == (1, True, False)
    (join,) = derived.joins.forward["library.v1.Loan"]
    assert (join.name, join.raw_name, join.target.message.path) == ("book", "bookName", ("Book",))
    (books,) = derived.joins.reverse["library.v1.Shelf"]
    assert (books.name, books.list_method.name) == ("books", "ListBooks")
    seen = view(derived.contracts.image, frozenset())
    assert seen.hidden == {"library.v1.Loan.reader": "for INTERNAL"}


def test_without_an_overlay_nothing_changes(bare: Path) -> None:
    assert overlaid(bare.read_bytes(), ()) == bare.read_bytes()
    assert not any(method.http for method in load_contracts(bare).methods)


def test_the_last_rule_wins_in_one_file_and_over_several(bare: Path, overlay: Overlay) -> None:
    first = overlay(
        """
        http:
          rules:
          - {selector: library.v1.Library.GetBook, get: /v1/a}
          - {selector: library.v1.Library.*, get: "/v1/b"}
          - {selector: "library.v1.Library.GetLoan, library.v1.Library.GetBook", post: /v1/c}
        selvedge:
          methods:
          - {selector: "*", policy: {scopes: [a, b], cost: 2}}
          - {selector: library.v1.Library.GetBook, policy: {scopes: [c]}}
        """,
        "first.yaml",
    )
    second = overlay("http: {rules: [{selector: library.v1.Library.GetLoan, get: /v1/d}]}")
    contracts = load_contracts(bare, [first, second])
    paths = {method.name: [r.template for r in method.http] for method in contracts.methods}
    assert paths["GetBook"] == ["/v1/c"]
    assert paths["GetLoan"] == ["/v1/d"]
    assert paths["ListBooks"] == paths["BatchGetShelves"] == ["/v1/b"]
    facts = {method.name: method.facts for method in contracts.methods}
    assert (facts["GetBook"].scopes, facts["GetBook"].cost) == (("c",), 2)
    assert facts["GetLoan"].scopes == ("a", "b")


GOOGLE = """\
type: google.api.Service
config_version: 3
name: library.example.com
apis:
- name: library.v1.Library
documentation:
  summary: Books.
backend:
  rules:
  - selector: library.v1.Library.GetBook
    deadline: 30.0
http:
  fully_decode_reserved_expansion: true
  rules:
  - selector: library.v1.Library.GetBook
    get: /v1/{name=books/*}
"""


def test_a_service_configuration_of_google_can_be_used_as_it_is(
    bare: Path, overlay: Overlay
) -> None:
    contracts = load_contracts(bare, [overlay(GOOGLE)])
    assert contracts.method("/library.v1.Library/GetBook").http[0].template == "/v1/{name=books/*}"


MISTAKES = """\
http:
  rules:
  - selector: library.v1.Library.GetBok
    get: /v1/a
  - selector: library.v1.Library.Get*
    get: /v1/a
  - selector: library.v1.Library.GetBook
    gett: /v1/a
  - selector: library.v1.Library.GetBook
    body: "*"
  - get: /v1/a
  - selector: library.v2.*
    get: /v1/a
  more: 1
htp:
  rules: []
visibility:
  rules:
  - selector: library.v1.Book.isbn
    restriction: INTERNAL
selvedge:
  methods:
  - selector: library.v1.Library.GetBook
    idempotency_level: SAFE
  - selector: library.v1.Library.GetBook
    policy: {deadline: soon}
  - selector: library.v1.Library.GetBook
    cost: 3
  resources:
  - message: library.v1.Bok
    type: a/B
  - message: library.v1.Book
    pattern: ["books/{book}"]
  - message: library.v1.Book
    type: a/B
    name_field: isbn
  - message: library.v1.GetBookRequest
    type: a/B
    pattern: "books/{book}"
  references:
  - field: library.v1.Loan.boook
    type: a/B
  - field: library.v1.Loan.days
    type: a/B
  - field: library.v1.Loan.book
    type: a/C
  - field: library.v1.Loan.book
    type: a/B
    child_type: a/B
  behaviors:
  - field: library.v1.Loan.book
    behavior: [NEEDED]
  - field: library.v1.Loan.book
    behaviour: [REQUIRED]
  - REQUIRED
  - field: library.v1.Loan.book
    field: library.v1.Loan.book
    behavior: []
"""
FOUND = {
    3: "no method is called 'library.v1.Library.GetBok'; library.v1.Library.GetBook is",
    5: "'library.v1.Library.Get*' is no selector: write pkg.Service.Method or pkg.*",
    7: 'has no field named "gett"',
    9: "no path: say get, put, post, delete, patch or custom",
    11: "a rule of http.rules needs a selector",
    12: "no method is called 'library.v2.*'",
    14: "http has no 'more', only rules",
    15: "'htp' is no section of a service configuration",
    19: "no element is called 'library.v1.Book.isbn'",
    23: "idempotency_level",
    25: "deadline",
    27: "a rule for methods has no cost",
    30: "no message is called 'library.v1.Bok'; library.v1.Book is",
    32: "a resource needs a type",
    34: "library.v1.Book has no field 'isbn' to be the resource's name",
    37: "pattern",
    41: "no field is called 'library.v1.Loan.boook'; library.v1.Loan.book is",
    43: "library.v1.Loan.days is no string, which a reference is",
    45: "no message owns a/C",
    47: "a reference needs a type or a child_type, and not both",
    51: "'NEEDED' is no google.api.FieldBehavior",
    53: "a rule for behaviors has a list, `behavior`",
    55: "keys and values are wanted here",
    57: "'field' is there twice",
}


def test_every_mistake_is_named_with_its_line(bare: Path, overlay: Overlay) -> None:
    path = overlay(MISTAKES)
    with pytest.raises(ContractError) as refused:
        load_contracts(bare, [path])
    lines = [line.strip() for line in str(refused.value).splitlines()[1:]]
    told = {int(line.removeprefix(f"{path}:").partition(":")[0]): line for line in lines}
    assert {n: text for n, text in FOUND.items() if text not in told.get(n, "")} == {}
    assert {n for n in told if n not in FOUND} == set()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("http: [", "is no YAML: .* line 1"),
        ("- a", ":1: keys and values are wanted here"),
        ("http: {rules: {selector: a}}", ":1: http.rules is a list"),
        ("a: !!python/object:os.system {}", ":1: 'a' is no section"),
        (
            "http: {rules: [{selector: '', get: /v1/a}]}",
            ":1: a rule of http.rules needs",
        ),
    ],
)
def test_what_is_no_overlay_is_refused(
    bare: Path, overlay: Overlay, text: str, problem: str
) -> None:
    with pytest.raises(ContractError, match=problem):
        load_contracts(bare, [overlay(text)])


def test_a_file_that_is_not_there_is_named(bare: Path, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"cannot read the overlay .*none\.yaml: No such file"):
        load_contracts(bare, [tmp_path / "none.yaml"])


def test_check_shows_what_an_overlay_makes(bare: Path, documented: Path) -> None:
    app = typer.Typer()
    app.command()(check)
    runner = CliRunner()
    asked = ["--contracts", str(bare), "--overlay", str(documented)]
    by_flag = runner.invoke(app, asked).output
    assert "GET /v1/{name=shelves/*/books/*}" in by_flag
    by_setting = runner.invoke(app, asked[:2], env={"SELVEDGE_OVERLAYS": f" {documented},"})
    assert by_setting.output == by_flag


def test_the_setting_is_a_list_of_paths() -> None:
    settings = EdgeSettings(overlays="/A.yaml, b.yaml")  # type: ignore[arg-type]  # as it is read
    assert settings.overlays == (Path("/A.yaml"), Path("b.yaml"))


@pytest.mark.slow
def test_all_annotations_of_our_own_contracts_can_be_said_from_outside(overlay: Overlay) -> None:
    """Stripped of their annotations and given them back, they lead to the very same."""
    image = (ROOT / "gen" / "contracts.binpb").read_bytes()
    files = descriptor_pb2.FileDescriptorSet.FromString(image)
    said = overlay(yaml.safe_dump(stripped(files)))
    bare = files.SerializeToString()
    assert "GET /v1" not in report(read_contracts(bare))
    assert report(read_contracts(overlaid(bare, [said]))) == report(read_contracts(image))
