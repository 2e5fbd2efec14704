"""R8 inputs, R11 update masks, R13 request ids: what a client writes becomes a request."""

import uuid

ODD = """
message Thing {
  option (google.api.resource) = {type: "odd.test/Thing" pattern: "things/{thing}"};
  string name = 1 [(google.api.field_behavior) = OUTPUT_ONLY];
  string title = 2 [(google.api.field_behavior) = REQUIRED];
  string kind = 3 [(google.api.field_behavior) = IMMUTABLE];
  Part part = 4;
  map<int64, Part> parts = 5;
  map<bool, string> flags = 6;
  oneof shape { string round = 7; string square = 8; }
  bytes data = 9;
  uint64 large = 10;
  google.protobuf.Struct more = 11;
  google.protobuf.Int32Value few = 12;
  Kind sort = 13;
  string secret = 14 [(google.api.field_behavior) = INPUT_ONLY];
  google.protobuf.Duration length = 15;
}
message Part { string id = 1; Part inner = 2; int32 line_1 = 3; }
enum Kind { KIND_UNSPECIFIED = 0; KIND_TALL = 1; KIND_WIDE = 2; }
message UpdateThingRequest {
  Thing thing = 1 [(google.api.field_behavior) = REQUIRED];
  google.protobuf.FieldMask update_mask = 2;
}
message CreateThingRequest { Thing thing = 1; string info = 2; Thing again = 3; }
service Things {
  rpc UpdateThing(UpdateThingRequest) returns (Thing) {
    option (google.api.http) = {patch: "/v1/{thing.name=things/*}" body: "thing"};
  }
  rpc CreateThing(CreateThingRequest) returns (google.protobuf.Empty) {
    option (google.api.http) = {post: "/v1/things" body: "thing"};
  }
}
"""


async def test_r8_the_roles_of_an_input_have_their_own_fields(compiled):
    text = compiled(ODD).schema.as_str()
    create = text.split("input ThingCreateInput {")[1].split("}")[0]
    assert "title: String!" in create
    assert "kind: String" in create
    assert "secret: String" in create
    assert "name:" not in create
    update = text.split("input ThingUpdateInput {")[1].split("}")[0]
    assert "name: String!" in update
    assert "title: String\n" in update
    assert "kind" not in update
    plain = text.split("input ThingInput {")[1].split("}")[0]
    assert "title: String!" in plain
    assert "secret" not in text.split("type Thing ")[1].split("}")[0]


async def test_r8_values_of_every_shape_reach_the_request(compiled):
    edge = compiled(ODD, CreateThing=lambda request: {})
    data = await edge.data(
        """mutation { createThing(info_: "i", thing: {
            title: "t", part: {inner: {inner: {id: "deep"}}},
            parts: [{key: 7, value: {id: "a"}}, {key: "-8", value: {id: "b"}}],
            flags: [{key: true, value: "yes"}], shape: {square: "s"}, data: "aGk=",
            large: "18446744073709551615", more: {a: [1, null, {b: true}]}, few: 0,
            sort: WIDE, secret: "x", length: "1.500s" }) }"""
    )
    assert data == {"createThing": {}}
    (_, request) = edge.caller.calls[0]
    thing = request["thing"]
    assert request["info"] == "i"
    assert thing["part"]["inner"]["inner"]["id"] == "deep"
    assert {key: part["id"] for key, part in thing["parts"].items()} == {"7": "a", "-8": "b"}
    assert thing["flags"] == {"true": "yes"}
    assert (thing["square"], "round" in thing) == ("s", False)
    assert (thing["data"], thing["large"]) == ("aGk=", "18446744073709551615")
    assert thing["more"] == {"a": [1.0, None, {"b": True}]}
    assert (thing["few"], thing["sort"], thing["length"]) == (0, "KIND_WIDE", "1.500s")


async def test_r8_variables_are_read_like_literals(compiled):
    edge = compiled(ODD, CreateThing=lambda request: {})
    thing = {"title": "t", "sort": "TALL", "flags": [{"key": False, "value": "no"}], "large": 5}
    await edge.data("mutation($t: ThingCreateInput!) { createThing(thing: $t) }", {"t": thing})
    got = edge.caller.calls[0][1]["thing"]
    assert (got["sort"], got["flags"], got["large"]) == ("KIND_TALL", {"false": "no"}, "5")


async def test_r18_a_wrong_scalar_is_refused_before_any_call(compiled):
    edge = compiled(ODD, CreateThing=lambda request: {})
    for wrong in ('large: "-1"', "large: 1.5", 'data: "?"', 'length: "1h"', "sort: KIND_WIDE"):
        data, errors = await edge.ask(f'mutation {{ createThing(thing: {{title: "t", {wrong}}}) }}')
        assert data is None, wrong
        assert errors[0]["extensions"]["code"] == "INVALID_ARGUMENT"
    assert edge.caller.calls == []


async def test_r11_the_mask_is_the_leaves_that_are_there(compiled):
    edge = compiled(ODD, UpdateThing=lambda request: request["thing"])
    data = await edge.data(
        """mutation { updateThing(thing: {
            name: "things/1", title: "t", part: {inner: {id: "x"}}, few: null, flags: [] })
            { title } }"""
    )
    assert data == {"updateThing": {"title": "t"}}
    mask = edge.caller.calls[0][1]["updateMask"]
    assert sorted(mask.split(",")) == ["few", "flags", "part.inner.id", "title"]


async def test_r11_an_explicit_mask_wins(compiled):
    edge = compiled(ODD, UpdateThing=lambda request: request["thing"])
    await edge.data(
        """mutation { updateThing(thing: {name: "things/1", title: "t"}, updateMask: "kind,part.id")
            { title } }"""
    )
    assert edge.caller.calls[0][1]["updateMask"] == "kind,part.id"


async def test_r11_an_update_of_nothing_is_refused(compiled):
    edge = compiled(ODD, UpdateThing=lambda request: request["thing"])
    _, errors = await edge.ask('mutation { updateThing(thing: {name: "things/1"}) { title } }')
    assert errors[0]["extensions"]["reason"] == "EMPTY_UPDATE"
    assert edge.caller.calls == []


async def test_r11_the_shop_updates_what_the_input_holds(edge):
    data = await edge.data(
        """mutation { updateProduct(product: {name: "products/p1", title: "New", etag: "e"})
            { title brand category { displayName } } }"""
    )
    assert data["updateProduct"]["title"] == "New"
    assert data["updateProduct"]["category"] == {"displayName": "C1"}
    assert edge.caller.calls[0][1]["updateMask"] == "title"


async def test_r13_a_request_id_is_made_where_none_is_given(edge):
    create = "mutation($id: String) { createProduct(product: {%s}, requestId: $id) { name } }"
    create %= 'title: "T", category: "categories/c0"'
    await edge.data(create)
    await edge.data(create, {"id": "given"})
    first, second = (request["requestId"] for _, request in edge.caller.calls)
    assert uuid.UUID(first).version == 4
    assert second == "given"


async def test_r8_a_required_argument_is_required(edge):
    data, errors = await edge.ask("{ product { title } }")
    assert data is None
    assert errors[0]["extensions"]["reason"] == "GRAPHQL_DOCUMENT"


async def test_r8_empty_is_the_json_scalar(edge):
    assert await edge.data('mutation { deleteProduct(name: "products/p1") }') == {
        "deleteProduct": {}
    }


async def test_r18_two_entries_with_one_key_are_refused(compiled):
    edge = compiled(ODD, CreateThing=lambda request: {})
    entries = '{key: true, value: "a"}, {key: true, value: "b"}'
    _, errors = await edge.ask(
        f'mutation {{ createThing(thing: {{title: "t", flags: [{entries}]}}) }}'
    )
    assert errors[0]["extensions"]["code"] == "INVALID_ARGUMENT"
    assert edge.caller.calls == []


async def test_bar_41_in_production_wrong_variables_name_no_field(production):
    asked = "mutation($p: ProductCreateInput!) { createProduct(product: $p) { name } }"
    data, (error,) = await production.ask(asked, {"p": {"nothing": 1}})
    assert data is None
    assert error["message"] == "the document does not fit the schema"
