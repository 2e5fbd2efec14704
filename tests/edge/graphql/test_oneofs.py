"""R16 inputs: each oneof is one input, of which one member is chosen."""

import pytest

CONTRACT = """
import "buf/validate/validate.proto";
message Thing {
  option (google.api.resource) = {type: "odd.test/Thing" pattern: "things/{thing}"};
  string name = 1 [(google.api.field_behavior) = IDENTIFIER];
  string title = 2;
  oneof body_shape {
    string round = 3;
    Side square = 4;
    google.protobuf.Value free = 5;
    google.protobuf.NullValue hollow = 6;
    string measured = 7 [(google.api.field_behavior) = OUTPUT_ONLY];
  }
  oneof told {
    string age = 8 [(google.api.field_behavior) = OUTPUT_ONLY];
  }
  oneof fixed {
    string maker = 9 [(google.api.field_behavior) = IMMUTABLE];
  }
  Side side = 10;
  optional string note = 11;
}
message Side { oneof kind { int32 length = 1; Side inner = 2; } }
message ThingBodyShape { string text = 1; }
message CreateThingRequest {
  Thing thing = 1 [(google.api.field_behavior) = REQUIRED];
  ThingBodyShape shape = 2;
}
message UpdateThingRequest {
  Thing thing = 1 [(google.api.field_behavior) = REQUIRED];
  google.protobuf.FieldMask update_mask = 2;
}
message FindThingRequest {
  oneof by { option (buf.validate.oneof).required = true; string info = 1; int64 number = 2; }
  oneof info_ { string a = 3; string b = 4; }
}
message ListThingsRequest {
  oneof scope {
    string project = 1 [(google.api.field_behavior) = REQUIRED];
    string folder = 2 [(google.api.field_behavior) = REQUIRED];
  }
  int32 page_size = 3;
  string page_token = 4;
}
message ListThingsResponse { repeated Thing things = 1; string next_page_token = 2; }
service Things {
  rpc CreateThing(CreateThingRequest) returns (Thing) {
    option (google.api.http) = {post: "/v1/things" body: "thing"};
  }
  rpc UpdateThing(UpdateThingRequest) returns (Thing) {
    option (google.api.http) = {patch: "/v1/{thing.name=things/*}" body: "thing"};
  }
  rpc FindThing(FindThingRequest) returns (Thing) {
    option (google.api.http) = {get: "/v1/things:find"};
  }
  rpc ListThings(ListThingsRequest) returns (ListThingsResponse) {
    option (google.api.http) = {
      get: "/v1/projects/{project}/things"
      additional_bindings { get: "/v1/folders/{folder}/things" }
    };
  }
}
"""


@pytest.fixture
def edge(compiled):
    return compiled(
        CONTRACT,
        CreateThing=lambda request: request["thing"],
        UpdateThing=lambda request: request["thing"],
        FindThing=lambda request: {"name": "things/1"},
        ListThings=lambda request: {"things": [{"name": "things/1"}]},
    )


def fields(edge, type_):
    text = edge.schema.as_str().split(f"input {type_}")[1].split("{")[1].split("}")[0]
    return [line.strip() for line in text.splitlines() if ":" in line]


async def test_r16_each_oneof_is_one_input_of_what_may_be_written(edge):
    assert fields(edge, "ThingCreateInput") == [
        "name: String",
        "title: String",
        "bodyShape: ThingBodyShapeCreateInput",
        "fixed: ThingFixedCreateInput",
        "side: SideInput",
        "note: String",
    ]
    assert "fixed" not in " ".join(fields(edge, "ThingUpdateInput"))
    chosen = fields(edge, "ThingBodyShapeCreateInput @oneOf")
    assert chosen == ["round: String", "square: SideInput", "free: JSON", "hollow: JSON"]


async def test_r16_introspection_says_so(edge):
    asked = """{ a: __type(name: "ThingBodyShapeCreateInput") { isOneOf }
                 b: __type(name: "ThingCreateInput") { isOneOf } }"""
    assert await edge.data(asked) == {"a": {"isOneOf": True}, "b": {"isOneOf": False}}


async def test_r20_a_oneof_makes_way_for_the_input_of_a_message(edge):
    assert fields(edge, "ThingBodyShapeInput") == ["text: String"]


@pytest.mark.parametrize(
    ("given", "member", "value"),
    [
        ('{round: "r"}', "round", "r"),
        ("{square: {kind: {inner: {kind: {length: 3}}}}}", "square", {"inner": {"length": 3}}),
        ("{free: [1, null]}", "free", [1.0, None]),
        ("{hollow: true}", "hollow", None),
    ],
)
async def test_r16_what_is_chosen_is_what_the_request_holds(edge, given, member, value):
    text = f"mutation {{ createThing(thing: {{bodyShape: {given}}}) {{ name }} }}"
    await edge.data(text)
    thing = edge.caller.calls[0][1]["thing"]
    members = {"round", "square", "free", "hollow"}
    assert {name: thing[name] for name in members & thing.keys()} == {member: value}


async def test_r16_variables_choose_like_literals(edge):
    text = "mutation($t: ThingCreateInput!) { createThing(thing: $t) { name } }"
    await edge.data(text, {"t": {"bodyShape": {"round": "r"}, "fixed": {"maker": "m"}}})
    thing = edge.caller.calls[0][1]["thing"]
    assert (thing["round"], thing["maker"]) == ("r", "m")
    member = "mutation($r: String!) { createThing(thing: {bodyShape: {round: $r}}) { round } }"
    assert await edge.data(member, {"r": "x"}) == {"createThing": {"round": "x"}}


@pytest.mark.parametrize(
    "wrong",
    ["{}", '{round: "r", free: 1}', "{round: null}", '{measured: "m"}', '{round: "r", free: null}'],
)
async def test_r16_anything_but_one_is_refused_before_any_call(edge, wrong):
    text = f"mutation {{ createThing(thing: {{bodyShape: {wrong}}}) {{ name }} }}"
    data, errors = await edge.ask(text)
    assert data is None
    assert errors[0]["extensions"]["code"] == "INVALID_ARGUMENT"
    assert edge.caller.calls == []


@pytest.mark.parametrize("wrong", [{}, {"round": "r", "free": 1}, {"round": None}])
async def test_r16_in_variables_too(edge, wrong):
    text = "mutation($t: ThingCreateInput!) { createThing(thing: $t) { name } }"
    _, errors = await edge.ask(text, {"t": {"bodyShape": wrong}})
    assert errors[0]["extensions"]["code"] == "INVALID_ARGUMENT"
    assert edge.caller.calls == []


async def test_r11_null_clears_whatever_the_oneof_holds(edge):
    await edge.data('mutation { updateThing(thing: {name: "things/1", bodyShape: null}) { name } }')
    assert edge.caller.calls[0][1]["updateMask"] == "round,square"


async def test_r11_the_mask_has_the_member_that_is_chosen(edge):
    given = 'bodyShape: {square: {kind: {length: 2}}}, side: {kind: null}, note: "n"'
    await edge.data(f'mutation {{ updateThing(thing: {{name: "things/1", {given}}}) {{ name }} }}')
    mask = edge.caller.calls[0][1]["updateMask"].split(",")
    assert sorted(mask) == ["note", "side.inner", "side.length", "square.length"]


async def test_r16_a_oneof_of_the_request_is_one_argument(edge):
    assert await edge.data('{ findThing(by: {info: "i"}) { name } }')
    assert await edge.data('{ findThing(by: {number: 5}, info_: {b: "x"}) { name } }')
    first, second = (request for _, request in edge.caller.calls)
    assert (first["info"], "number" in first) == ("i", False)
    assert (second["number"], second["b"]) == ("5", "x")


async def test_r16_protovalidate_alone_makes_it_required(edge):
    _, errors = await edge.ask("{ findThing { name } }")
    assert errors[0]["extensions"]["reason"] == "GRAPHQL_DOCUMENT"
    assert await edge.data("{ things { nodes { name } } }")


async def test_r16_members_that_urls_name_are_chosen_alike(edge):
    data = await edge.data('{ things(scope: {folder: "f"}, first: 1) { nodes { name } } }')
    assert data == {"things": {"nodes": [{"name": "things/1"}]}}
    request = edge.caller.calls[0][1]
    assert (request["folder"], "project" in request) == ("f", False)
