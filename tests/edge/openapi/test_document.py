import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from edge.codec import Codec
from edge.contracts.model import Contracts
from edge.loading.reading import Reading
from edge.openapi.document import About, openapi_document, versions_of
from edge.openapi.examples import Examples
from edge.rest.around import around
from edge.rest.expand import expand_of
from edge.rest.router import Router, bindings_of

LAMPS = {"name": "categories/lamps", "displayName": "Lamps"}


def document(contracts: Contracts, version: str = "", **options: Any) -> dict[str, Any]:
    reading, codec = Reading(contracts), Codec(contracts)
    arounds = {
        binding: around(binding, contracts, (), expand_of(binding, reading, codec, 1_000))
        for binding in Router(bindings_of(contracts)).bindings()
    }
    return openapi_document(reading.derived, arounds, About(**options), version)


@pytest.fixture(scope="module")
def probed(probe: Contracts) -> dict[str, Any]:
    return document(probe)


@pytest.mark.slow
def test_the_document_is_valid(shop: Contracts, probe: Contracts) -> None:
    for found in (document(shop, "v1"), document(probe, google_errors=True)):
        assert list(OpenAPIV31SpecValidator(found).iter_errors()) == []


def test_each_version_has_its_document(shop: Contracts) -> None:
    assert versions_of(bindings_of(shop)) == ["v1", "v2"]
    whole, first = document(shop), document(shop, "v1")
    below = {path: found for path, found in whole["paths"].items() if path.startswith("/v1/")}
    assert first["paths"] == below
    assert len(below) < len(whole["paths"])
    assert first["info"]["version"] == "1 v1"
    assert not any(name.startswith("shop.reviews.v2") for name in first["components"]["schemas"])


def test_r20_a_later_version_changes_no_operation_id(shop: Contracts) -> None:
    paths = document(shop)["paths"]
    ids = [paths[f"/{v}/products/{{product}}/reviews"]["get"]["operationId"] for v in ("v1", "v2")]
    assert ids == ["ReviewsService_ListReviews", "ReviewsServiceV2_ListReviews"]


def test_requests_are_held_to_the_rules_of_protovalidate(shop: Contracts) -> None:
    found = document(shop, "v1")
    asked = found["components"]["schemas"]["shop.catalog.v1.Product-Input"]
    assert asked["required"] == ["title", "category"]
    assert asked["additionalProperties"] is False
    fields = asked["properties"]
    assert fields["title"]["maxLength"] == 200
    assert (fields["tags"]["maxItems"], fields["tags"]["uniqueItems"]) == (20, True)
    assert fields["tags"]["items"] == {"type": "string", "minLength": 1, "maxLength": 40}
    assert fields["attributes"]["propertyNames"] == {"minLength": 1, "maxLength": 40}
    assert fields["weightGrams"]["minimum"] == 0
    answered = found["components"]["schemas"]["shop.catalog.v1.Product"]
    assert "required" not in answered and "additionalProperties" not in answered
    search = found["paths"]["/v1/products:search"]["get"]["parameters"]
    assert search[0]["required"] is True
    assert search[0]["schema"] == {"type": "string", "minLength": 1, "maxLength": 200}


def test_a_part_of_a_path_is_held_to_its_part_of_the_name(shop: Contracts) -> None:
    paths = document(shop)["paths"]
    [product] = paths["/v1/products/{product}"]["delete"]["parameters"][:1]
    assert product["schema"] == {"type": "string", "minLength": 1, "pattern": "^[^/]{1,63}$"}
    [_, count] = document_parameters(paths, "/v1/products/{product}/reviews/{review}")
    assert count["pattern"] == "^[^/]{1,63}$"


def document_parameters(paths: dict[str, Any], path: str) -> list[dict[str, Any]]:
    return [p["schema"] for p in paths[path]["get"]["parameters"] if p["in"] == "path"]


def test_a_variable_of_one_segment_has_the_type_of_its_field(probed: dict[str, Any]) -> None:
    found = document_parameters(probed["paths"], "/v1/ask/{count}/{yes}/{color}")
    assert [schema.get("type", "enum") for schema in found] == ["integer", "boolean", "enum"]


def test_headers_are_told_where_they_mean_something(shop: Contracts) -> None:
    paths = document(shop)["paths"]

    def headers(path: str, verb: str) -> list[str]:
        return [p["name"] for p in paths[path][verb]["parameters"] if p["in"] == "header"]

    def answers(path: str, verb: str) -> tuple[list[str], list[str]]:
        found = paths[path][verb]["responses"]
        return list(found["200"]["headers"]), list(found)

    one, many = "/v1/products/{product}", "/v1/products"
    assert headers(one, "get") == ["If-None-Match"]
    assert headers(one, "patch") == headers(one, "delete") == ["If-Match"]
    assert headers(many, "post") == ["Idempotency-Key"]
    told, statuses = answers(one, "get")
    assert "ETag" in told and statuses == ["200", "304", "429", "503", "default"]
    assert answers(one, "patch")[1] == ["200", "412", "429", "503", "default"]
    assert "Link" in answers(many, "get")[0]


def test_every_binding_that_openapi_can_say_is_in_it(shop: Contracts) -> None:
    operations = [
        operation["operationId"]
        for path in document(shop)["paths"].values()
        for operation in path.values()
    ]
    assert len(operations) == len(list(bindings_of(shop))) == len(set(operations))
    assert "CatalogService_UpdateProduct_2" in operations


def test_paths_name_what_their_wildcards_stand_for(probed: dict[str, Any]) -> None:
    assert list(probed["paths"]) == [
        "/v1/shelves/{shelf}/things/{thing}",
        "/v1/ask",
        "/v1/ask/{count}/{yes}/{color}",
        "/v1/ask/{text}:deep",
        "/v1/things",
        "/v1/tell/{text}",
        "/v1/shelves/{shelf}/things/{thing}:edit",
        "/v1/names",
        "/v1/files/{filesId}:download",
        "/v1/files/{filesId}",
        "/v1/things:watch",
        "/v1/check/{name}",
    ]
    assert set(probed["paths"]["/v1/shelves/{shelf}/things/{thing}"]) == {
        "get", "patch", "put", "delete",
    }  # fmt: skip


def test_every_parameter_of_a_path_is_declared(probed: dict[str, Any]) -> None:
    for path, operations in probed["paths"].items():
        for operation in operations.values():
            declared = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
            assert declared == re.findall(r"{(\w+)}", path)


def test_fields_that_path_and_body_leave_are_query_parameters(probed: dict[str, Any]) -> None:
    def query(path: str, verb: str) -> list[str]:
        operation = probed["paths"][path][verb]
        return [p["name"] for p in operation["parameters"] if p["in"] == "query"]

    assert query("/v1/shelves/{shelf}/things/{thing}", "get") == ["readAs", "fields"]
    assert query("/v1/shelves/{shelf}/things/{thing}", "patch") == ["updateMask", "allowMissing"]
    assert query("/v1/things", "post") == []
    asked = query("/v1/ask", "get")
    assert {"count", "texts", "at", "maybeLong", "inner.text", "inner.inner.count"} <= set(asked)
    assert not {"many", "labels", "inner", "loose", "many.text"} & set(asked)


def test_r18_schemas_follow_the_json_mapping(probed: dict[str, Any]) -> None:
    schemas = probed["components"]["schemas"]
    fields = schemas["probe.v1.Everything"]["properties"]
    assert fields["count"] == {"type": "integer", "format": "int32"}
    assert fields["longCount"] == {"type": "string", "format": "int64"}
    assert fields["data"] == {"type": "string", "contentEncoding": "base64"}
    assert fields["at"] == {"type": "string", "format": "date-time"}
    assert fields["maybeLong"] == {"type": ["string", "null"], "format": "int64"}
    assert fields["labels"] == {"type": "object", "additionalProperties": {"type": "string"}}
    everything = {"$ref": "#/components/schemas/probe.v1.Everything"}
    assert fields["inner"] == everything
    assert fields["many"] == {"type": "array", "items": everything}
    assert fields["byNumber"] == {"type": "object", "additionalProperties": everything}
    assert fields["color"] == {"$ref": "#/components/schemas/probe.v1.Everything.Color"}
    assert schemas["probe.v1.Everything.Color"]["enum"] == [
        "COLOR_UNSPECIFIED", "COLOR_RED", "COLOR_BLUE",
    ]  # fmt: skip


def test_a_oneof_allows_one_of_its_members(probed: dict[str, Any]) -> None:
    everything = probed["components"]["schemas"]["probe.v1.Everything"]
    assert everything["not"] == {"anyOf": [{"required": ["left", "right"]}]}
    assert everything["description"].endswith("At most one of `left`, `right`.")


def test_behaviors_show_and_a_patch_asks_for_nothing(probed: dict[str, Any]) -> None:
    schemas = probed["components"]["schemas"]
    thing, asked = schemas["probe.v1.Thing"], schemas["probe.v1.Thing-Input"]
    assert thing["properties"]["made"]["readOnly"] is True
    assert (thing.get("required"), asked["required"]) == (None, ["title"])
    operations = probed["paths"]["/v1/shelves/{shelf}/things/{thing}"]
    body = operations["patch"]["requestBody"]["content"]["application/json"]["schema"]
    assert "required" not in body
    body = operations["put"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["$ref"] == "#/components/schemas/probe.v1.Thing-Input"


def test_a_whole_body_leaves_out_what_the_path_fills(shop: Contracts) -> None:
    operation = document(shop)["paths"]["/v1/products/{product}:reserve"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert "product" not in body["properties"]
    assert "quantity" in body["properties"]


def test_answers_are_typed_as_they_are_sent(probed: dict[str, Any]) -> None:
    def content(path: str) -> dict[str, Any]:
        answer: dict[str, Any] = probed["paths"][path]["get"]["responses"]["200"]["content"]
        return answer

    assert list(content("/v1/things:watch")) == ["application/x-ndjson", "text/event-stream"]
    assert content("/v1/names")["application/json"]["schema"]["type"] == "array"
    assert list(content("/v1/files/{filesId}:download")) == ["*/*"]


def test_comments_are_descriptions(probed: dict[str, Any]) -> None:
    operation = probed["paths"]["/v1/shelves/{shelf}/things/{thing}"]["get"]
    assert operation["summary"] == "Returns a thing."
    title = probed["components"]["schemas"]["probe.v1.Thing"]["properties"]["title"]
    assert title["description"] == "What it is called."
    assert probed["tags"] == [{"name": "ProbeService", "description": "Serves the tests."}]


def test_files_are_told_as_what_they_are(probed: dict[str, Any]) -> None:
    read = probed["paths"]["/v1/files/{filesId}:download"]["get"]
    told = {p["name"] for p in read["parameters"] if p["in"] == "header"}
    assert told == {"If-None-Match", "Range", "If-Range"}
    assert list(read["responses"]) == ["200", "206", "304", "416", "429", "503", "default"]
    assert {"ETag", "Accept-Ranges", "Content-Range"} <= read["responses"]["206"]["headers"].keys()
    written = probed["paths"]["/v1/files/{filesId}"]["post"]["requestBody"]
    assert list(written["content"]) == ["*/*"]


def test_operations_link_to_what_may_be_done_with_their_resource(shop: Contracts) -> None:
    paths = document(shop, "v1")["paths"]

    def links(path: str, verb: str) -> dict[str, dict[str, str]]:
        found = paths[path][verb]["responses"]["200"].get("links", {})
        return {name: link["parameters"] for name, link in found.items()}

    one = "/v1/products/{product}"
    assert links(one, "get")["CatalogService_UpdateProduct"] == {"product": "$request.path.product"}
    assert "ReviewsService_CreateReview" in links(one, "get")
    assert "CatalogService_GetProduct" not in links(one, "get")
    made = links(f"{one}/reviews", "post")
    assert made["ReviewsService_GetReview"] == {
        "product": "$request.path.product",
        "review": "$request.query.reviewId",
    }
    assert links("/v1/products", "get") == links(one, "delete") == links(f"{one}:reserve", "post")


def test_examples_stand_with_their_messages(shop: Contracts) -> None:
    name = "shop.catalog.v1.Category"
    schemas = document(shop, examples=Examples({name: LAMPS}))["components"]["schemas"]
    assert schemas[name]["examples"] == [LAMPS]
    assert schemas[f"{name}-Input"]["examples"] == [{"displayName": "Lamps"}]
    assert "examples" not in schemas["shop.catalog.v1.Product"]


def test_a_request_may_grow_where_unknown_fields_are_ignored(shop: Contracts) -> None:
    schemas = document(shop, ignores_unknown=True)["components"]["schemas"]
    assert "additionalProperties" not in schemas["shop.catalog.v1.Product-Input"]


def test_r23_joins_are_told_where_they_start(shop: Contracts) -> None:
    found = document(shop)
    (expand,) = (
        parameter
        for parameter in found["paths"]["/v1/products/{product}"]["get"]["parameters"]
        if parameter["name"] == "expand"
    )
    assert all(f"`{name}`" in expand["description"] for name in ("category", "reviews", "stocks"))
    joined = found["components"]["schemas"]["shop.catalog.v1.Product"]["properties"]["expanded"]
    category = {"$ref": "#/components/schemas/shop.catalog.v1.Category"}
    assert joined["properties"]["category"]["anyOf"][0] == category
    assert joined["properties"]["relatedProducts"]["type"] == "array"
    reviews = {"$ref": "#/components/schemas/shop.reviews.v1.ListReviewsResponse"}
    assert joined["properties"]["reviews"]["anyOf"][0] == reviews
