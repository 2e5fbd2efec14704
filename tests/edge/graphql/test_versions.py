"""R20: the day a second version arrives nothing moves."""

from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from graphql import GraphQLObjectType, GraphQLSchema, find_breaking_changes
from graphql import build_schema as read_schema

from edge.contracts.derived import derive
from edge.contracts.load import read_contracts
from edge.graphql.schema import build_schema

IMAGE = Path(__file__).parents[3] / "gen" / "contracts.binpb"
NEWEST = "shop.reviews.v2"


def schema(files: descriptor_pb2.FileDescriptorSet, *bare: str) -> GraphQLSchema:
    derived = derive(read_contracts(files.SerializeToString()), bare)
    return read_schema(build_schema(derived).as_str())


def all_files() -> descriptor_pb2.FileDescriptorSet:
    return descriptor_pb2.FileDescriptorSet.FromString(IMAGE.read_bytes())


@pytest.fixture(scope="module")
def before() -> GraphQLSchema:
    files = all_files()
    kept = [file for file in files.file if file.package != NEWEST]
    return schema(descriptor_pb2.FileDescriptorSet(file=kept))


@pytest.fixture(scope="module")
def after() -> GraphQLSchema:
    return schema(all_files())


def fields(schema: GraphQLSchema) -> dict[str, str]:
    """The type of every field, by its place."""
    return {
        f"{name}.{field_name}": str(field.type)
        for name, type_ in schema.type_map.items()
        if hasattr(type_, "fields")
        for field_name, field in type_.fields.items()
    }


def test_r20_what_v1_has_stays_where_it_is(before: GraphQLSchema, after: GraphQLSchema) -> None:
    assert find_breaking_changes(before, after) == []
    old, new = fields(before), fields(after)
    assert {place: new.get(place) for place in old} == old
    descriptions = {name: type_.description for name, type_ in before.type_map.items()}
    assert {name: after.type_map[name].description for name in descriptions} == descriptions


def test_r20_what_v2_adds_is_called_so(before: GraphQLSchema, after: GraphQLSchema) -> None:
    types = after.type_map.keys() - before.type_map.keys()
    assert {"ReviewV2", "AuthorV2", "ReviewV2Connection", "RatingSummaryV2"} <= types
    assert all("V2" in name for name in types)
    added = fields(after).keys() - fields(before).keys()
    moved = {place for place in added if place.partition(".")[0] not in types}
    assert moved == {
        *(
            f"Query.{name}V2"
            for name in (
                "review", "reviews", "batchGetReviews", "ratingSummary", "batchGetRatingSummaries"
            )
        ),
        *(f"Mutation.{name}V2" for name in ("createReview", "updateReview", "deleteReview")),
        "Product.reviewsV2",
    }  # fmt: skip


def test_r20_joins_lead_to_their_own_version(after: GraphQLSchema) -> None:
    product = after.type_map["Product"]
    assert isinstance(product, GraphQLObjectType)
    assert str(product.fields["reviews"].type) == "ReviewConnection"
    assert str(product.fields["reviewsV2"].type) == "ReviewV2Connection"
    assert fields(after)["ReviewV2.product"] == "Product"


def test_r20_a_setting_gives_the_bare_names_to_the_newest() -> None:
    found = fields(schema(all_files(), NEWEST))
    assert found["Review.headline"] == "String!"
    assert found["ReviewV1.title"] == "String!"
    assert found["Product.reviews"] == "ReviewConnection"
    assert found["Product.reviewsV1"] == "ReviewV1Connection"
