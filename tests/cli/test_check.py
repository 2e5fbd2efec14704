from pathlib import Path

import pytest
import typer
from google.api import annotations_pb2, visibility_pb2
from google.protobuf import descriptor_pb2
from typer.testing import CliRunner

from cli.check import WIDTH, check, report
from cli.generate import compile_contracts
from cli.image import image_path
from edge.contracts.load import load_contracts, read_contracts
from edge.contracts.model import ContractError

OURS = image_path()


@pytest.fixture(scope="module")
def text() -> str:
    return report(load_contracts(OURS))


def test_a_method_shows_its_bindings_kind_and_policy(text: str) -> None:
    assert (
        "    UpdateProduct: mutation updateProduct\n"
        "      PATCH /v1/{product.name=products/*}  body product\n"
        "      PUT /v1/{product.name=products/*}  body product\n"
        "      deadline 5 s, IDEMPOTENT, retryable, scopes catalog.write, mask update_mask\n"
        "      cost 1, priority PARTNER\n"
    ) in text
    assert "    BatchListReviews: internal\n" in text
    assert "    WatchStock: subscription watchStock\n" in text


def test_r12_a_method_says_which_etag_if_match_fills(text: str) -> None:
    found, method = {}, ""
    for line in text.splitlines():
        if line.startswith("    ") and line[4] != " ":
            method = line.strip().partition(":")[0]
        if "If-Match" in line:
            found[method] = line.strip()
    assert found["UpdateProduct"] == "If-Match fills product.etag"
    assert found["DeleteStock"] == "If-Match fills etag"
    assert "GetProduct" not in found
    assert "CreateProduct" not in found


def test_r21_a_stream_says_where_it_goes_on(text: str) -> None:
    watch = text[text.index("    WatchStock: ") :]
    assert (
        "      stream, begins anew each time: request and answer share no resume_token or" in watch
    )
    assert text.count("      stream, ") == 1
    image = descriptor_pb2.FileDescriptorSet.FromString(OURS.read_bytes())
    file = next(file for file in image.file if file.package == "shop.inventory.v1")
    for message in file.message_type:
        if message.name in ("WatchStockRequest", "Stock"):
            message.field.add(name="resume_token", number=100, type=9, label=1)
    text = report(read_contracts(image.SerializeToString()))
    assert "      stream, resumed by resume_token from resume_token\n" in text


def test_r22_a_method_shows_what_it_weighs(text: str) -> None:
    assert (
        "      deadline 2 s, NO_SIDE_EFFECTS, retryable, public, pages of categories\n"
        "      cost 1, priority BROWSE, shared for 30 s, hedged\n"
    ) in text
    search = text[text.index("    SearchProducts: ") :]
    assert "cost 2, priority BROWSE\n" in search[: search.index("    CreateProduct: ")]
    assert "cost 1, priority CHECKOUT\n" in text[text.index("    ReserveStock: ") :]


def test_a_method_shows_when_it_ends_and_what_to_use_instead(text: str) -> None:
    line = (
        "      deprecated on 2027-06-01, ends on 2028-06-01, use shop.reviews.v2.ReviewsService\n"
    )
    service = text[text.index("  shop.reviews.v1.ReviewsService\n") :]
    assert service[: service.index("  shop.reviews.v2.ReviewsService\n")].count(line) == 9
    assert text.count(line) == 9


def test_a_successor_that_is_not_there_is_said() -> None:
    files = descriptor_pb2.FileDescriptorSet.FromString(OURS.read_bytes())
    newest = next(file for file in files.file if file.package == "shop.reviews.v2")
    newest.service[0].method[0].name = "ReadReview"
    text = report(read_contracts(files.SerializeToString()))
    assert (
        "  shop.reviews.v1.ReviewsService/GetReview: nothing in the contracts is its\n"
        "      shop.reviews.v2.ReviewsService\n"
    ) in text
    assert text.count("nothing in the contracts") == 1


def test_a_resource_shows_its_patterns_and_fetchers(text: str) -> None:
    assert "  reviews.mesh.internal/Review: shop.reviews.v1.Review, key name\n" in text
    assert "    pattern products/{product}/reviews/{review}\n" in text
    assert "fetched by shop.reviews.v1.ReviewsService/BatchGetReviews" in text


def test_joins_are_shown_both_ways(text: str) -> None:
    assert "relatedProducts: [Product] from related_products, raw value relatedProductNames" in text
    line = "reviews: Review by shop.reviews.v1.ReviewsService/BatchListReviews, one call a level"
    assert line in text


def test_the_report_is_narrow_and_always_the_same(text: str) -> None:
    assert max(map(len, text.splitlines())) <= WIDTH
    assert report(load_contracts(OURS)) == text


def test_what_is_not_joinable_and_what_is_renamed_is_said() -> None:
    files = descriptor_pb2.FileDescriptorSet.FromString(OURS.read_bytes())
    reviews = next(file for file in files.file if file.package == "shop.reviews.v1")
    del reviews.service[0].method[:]
    review = next(message for message in reviews.message_type if message.name == "Review")
    review.name = "Subscription"
    for message in reviews.message_type:
        for field in (*message.field, *(f for inner in message.nested_type for f in inner.field)):
            field.type_name = field.type_name.replace("v1.Review", "v1.Subscription")
    method = reviews.service[0].method.add(name="Publish")
    method.input_type = method.output_type = ".shop.reviews.v1.Subscription"
    method.options.Extensions[annotations_pb2.http].post = "/v1/reviews"
    text = report(read_contracts(files.SerializeToString()))
    assert "not joinable: no method Get or BatchGet returns it" in text
    assert "Subscription: shop.reviews.v1.Subscription is called ShopReviewsV1Subscription" in text
    assert "no deadline declared: Publish" in text
    assert "no idempotency level and no request id: Publish" in text


LATER = """
syntax = "proto3";
package odd.v1;
import "google/api/annotations.proto";
import "google/longrunning/operations_proto.proto";
message Copy {}
service Copies {
  rpc MakeCopy(Copy) returns (google.longrunning.Operation) {
    option (google.api.http) = {post: "/v1/copies" body: "*"};
    option (google.longrunning.operation_info) = {
      response_type: "Copy" metadata_type: "odd.v1.Copy"
    };
  }
  rpc LoseCopy(Copy) returns (google.longrunning.Operation) {
    option (google.api.http) = {post: "/v1/copies:lose" body: "*"};
  }
}
"""


def test_r17_a_method_that_takes_long_says_how_it_is_polled(tmp_path: Path) -> None:
    (tmp_path / "odd.proto").write_text(LATER)
    compile_contracts(tmp_path, tmp_path / "odd.binpb")
    text = report(load_contracts(tmp_path / "odd.binpb"))
    makes, loses = text.split("MakeCopy:")[1].split("LoseCopy:")
    assert (
        "      an operation that ends in odd.v1.Copy and tells odd.v1.Copy\n"
        "      polled and followed in GraphQL by makeCopyOperation\n"
        "      polled by GET /v1/{name=operations/**}, where an upstream is named for\n"
        "          google.longrunning.Operations\n"
    ) in makes
    assert "an operation that does not say in what it ends, by a type of the contracts" in loses


def test_the_command_prints_the_report(text: str, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(check)
    runner = CliRunner()
    assert runner.invoke(app, []).output == text
    assert runner.invoke(app, ["--contracts", str(OURS)]).output == text
    missing = runner.invoke(app, ["--contracts", str(tmp_path / "none")])
    assert isinstance(missing.exception, ContractError)


def test_r15_check_shows_what_an_audience_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = descriptor_pb2.FileDescriptorSet.FromString(OURS.read_bytes())
    [product] = [m for file in image.file for m in file.message_type if m.name == "Product"]
    for field in product.field:
        if field.name == "brand":
            field.options.Extensions[visibility_pb2.field_visibility].restriction = "INTERNAL"
    (tmp_path / "labelled.binpb").write_bytes(image.SerializeToString())
    monkeypatch.setenv("SELVEDGE_AUDIENCE_LABELS", "partner=PARTNER;internal=INTERNAL")

    def run(audience: str) -> str:
        words = ["--contracts", str(tmp_path / "labelled.binpb"), "--audience", audience]
        app = typer.Typer()
        app.command()(check)
        result = CliRunner().invoke(app, words)
        return result.output or str(result.exception)

    for audience in ("public", "partner"):
        assert "Hidden\n  shop.catalog.v1.Product.brand: for INTERNAL\n" in run(audience)
    assert run("internal").startswith("Hidden\n  none\n")
    assert run("nobody") == (
        "SELVEDGE_AUDIENCE_LABELS knows no audience 'nobody', only public, partner, internal"
    )
