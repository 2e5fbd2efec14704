"""R4, R8, R18, R20: what an answer holds becomes what a client reads."""

import pytest

ODD = """
message Odd {
  string text = 1;
  optional string maybe = 2;
  double ratio = 3;
  google.protobuf.DoubleValue wrapped = 4;
  Colour colour = 5;
  repeated Colour colours = 6;
  map<uint32, Colour> by_number = 7;
  map<bool, Odd> by_flag = 8;
  Nothing nothing = 9;
  google.protobuf.Any any = 10;
  google.protobuf.Value value = 11;
  google.protobuf.ListValue list = 12;
  repeated Odd children = 13;
  int64 large = 14;
  google.protobuf.FieldMask mask = 15;
  google.protobuf.Timestamp at = 16;
  google.protobuf.Duration length = 17;
  bytes data = 18;
  oneof which { string left = 19; Nothing right = 20; }
  string class = 21;
  string self = 22;
  string old = 23 [deprecated = true];
  string secret = 24 [(google.api.field_behavior) = INPUT_ONLY];
  string id = 25;
}
message Nothing {}
enum Colour { COLOUR_UNSPECIFIED = 0; COLOUR_RED = 1; COLOUR_2 = 2; }
message GetOddRequest { string name = 1; }
service Odds {
  // Reads.
  rpc GetOdd(GetOddRequest) returns (Odd) { option (google.api.http) = {get: "/v1/odd"}; }
  rpc Ping(Nothing) returns (Nothing) { option (google.api.http) = {get: "/v1/ping"}; }
  rpc Hidden(Nothing) returns (Nothing);
}
"""


async def test_r8_unset_is_null_and_default_is_there(compiled):
    edge = compiled(ODD, GetOdd=lambda request: {})
    data = await edge.data(
        """{ odd { text maybe ratio wrapped colour colours byNumber { key value } nothing any value
            list children { text } large mask at length data left right class self id } }"""
    )
    assert data["odd"] == {
        "text": "", "maybe": None, "ratio": 0, "wrapped": None, "colour": "UNSPECIFIED",
        "colours": [], "byNumber": [], "nothing": None, "any": None, "value": None, "list": None,
        "children": [], "large": "0", "mask": None, "at": None, "length": None, "data": "",
        "left": None, "right": None, "class": "", "self": "", "id": "",
    }  # fmt: skip


async def test_r18_values_have_the_shape_of_proto3_json(compiled):
    answer = {
        "maybe": "", "wrapped": 1.5, "colour": "COLOUR_RED", "colours": ["COLOUR_2", 77],
        "byNumber": {"4000000000": "COLOUR_RED", "5": 9}, "byFlag": {"true": {"text": "t"}},
        "nothing": {}, "any": {"@type": "type.googleapis.com/odd.v1.Odd", "text": "in"},
        "value": [1, {"a": None}], "list": [None, "x"], "large": "-9223372036854775808",
        "mask": "a,b.cD", "at": "2030-01-31T12:00:00.500Z", "length": "3s", "data": "aGk=",
        "right": {}, "children": [{"children": [{"text": "deep"}]}],
    }  # fmt: skip
    edge = compiled(ODD, GetOdd=lambda request: answer)
    data = await edge.data(
        """{ odd { maybe wrapped colour colours byNumber { key value } byFlag { key value { text } }
            nothing value list large mask at length data left right any
            children { children { text } } } }"""
    )
    odd = data["odd"]
    assert odd["any"]["text"] == "in"
    assert sorted(odd.pop("byNumber"), key=lambda entry: entry["key"]) == [
        {"key": 5, "value": None},
        {"key": 4000000000, "value": "RED"},
    ]
    assert odd["byFlag"] == [{"key": True, "value": {"text": "t"}}]
    assert odd["colours"] == ["COLOUR_2", None], "a number that no value has is null"
    assert odd["length"] == "3s"
    assert odd["right"] == {}
    assert odd["children"] == [{"children": [{"text": "deep"}]}]
    assert (odd["large"], odd["at"]) == ("-9223372036854775808", "2030-01-31T12:00:00.500Z")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
async def test_r18_a_float_that_is_no_number_is_an_error_at_its_path(compiled, value):
    edge = compiled(ODD, GetOdd=lambda request: {"ratio": value, "wrapped": value})
    data, errors = await edge.ask("{ odd { wrapped } other: odd { ratio } }")
    assert data == {"odd": {"wrapped": None}, "other": None}
    assert [error["path"] for error in errors] == [["odd", "wrapped"], ["other", "ratio"]]
    assert {error["extensions"]["code"] for error in errors} == {"INTERNAL"}


def test_r3_r8_the_schema_says_what_the_contract_says(compiled):
    text = compiled(ODD).schema.as_str()
    odd = text.split("type Odd {")[1].split("\n}")[0]
    for line in (
        "text: String!", "maybe: String\n", "ratio: Float!", "wrapped: Float\n",
        "colours: [Colour]!", "byNumber: [OddByNumberEntry!]!", "nothing: JSON\n",
        "children: [Odd!]!", "large: Int64!", "at: DateTime\n", "left: String\n",
        'old: String! @deprecated(reason: "Deprecated by its contract.")',
    ):  # fmt: skip
        assert line in odd, line
    assert "secret" not in odd
    assert "COLOUR_2" in text
    assert "hidden" not in text
    assert '"""Reads."""' in text
    assert "type Mutation" not in text


async def test_r8_a_method_without_fields_answers_json(compiled):
    assert await compiled(ODD, Ping=lambda request: {}).data("{ ping }") == {"ping": {}}


def test_r7_query_always_has_node(compiled):
    assert "node(id: ID!): Node" in compiled("message Alone {}").schema.as_str()
