"""R18: a scalar's wrong value is refused at its place, as the client's error."""

import pytest

CONTRACT = """
    message Odd { bytes data = 1; int64 large = 2; google.protobuf.Duration length = 3;
        google.protobuf.FieldMask mask = 4; int32 small = 5;
        repeated google.protobuf.Value items = 6; map<string, google.protobuf.Value> by_key = 7; }
    message EchoOddRequest { Odd odd = 1; }
    service Odds { rpc EchoOdd(EchoOddRequest) returns (Odd) {
        option (google.api.http) = {post: "/v1/odd" body: "*"};
        option idempotency_level = NO_SIDE_EFFECTS; } }"""
QUERY = "query($odd: OddInput) { echoOdd(odd: $odd) { data large length mask small } }"
ARABIC_THREE = "\u0663"


@pytest.mark.parametrize(
    "odd",
    [
        {"data": "é"},
        {"large": ARABIC_THREE},
        {"large": "9" * 21},
        {"length": f"{ARABIC_THREE}s"},
        {"mask": "é"},
    ],
)
async def test_r18_a_wrong_value_is_the_clients_error(compiled, odd):
    edge = compiled(CONTRACT)
    data, (error,) = await edge.ask(QUERY, {"odd": odd})
    assert data is None
    assert error["extensions"]["code"] == "INVALID_ARGUMENT"
    assert f"at .{next(iter(odd))}" in error["message"]


async def test_r18_a_number_that_python_does_not_read_is_the_clients_error(compiled):
    edge = compiled(CONTRACT)
    digits = "9" * 5_000
    for name in ("large", "small"):
        text = f"{{ echoOdd(odd: {{ {name}: {digits} }}) {{ large }} }}"
        _, (error,) = await edge.ask(text)
        assert error["extensions"]["code"] == "INVALID_ARGUMENT"


async def test_a_refusal_repeats_little_of_a_long_value(compiled):
    _, (error,) = await compiled(CONTRACT).ask(QUERY, {"odd": {"large": "9" * 100_000}})
    assert len(error["message"]) < 200


@pytest.mark.parametrize("text", ["_-8", "/+8=", "_-8="])
async def test_r18_base64_comes_as_the_json_mapping_takes_it(compiled, text):
    edge = compiled(CONTRACT, EchoOdd=lambda request: request["odd"])
    data = await edge.data("query($d: Bytes) { echoOdd(odd: { data: $d }) { data } }", {"d": text})
    assert data == {"echoOdd": {"data": "/+8="}}


async def test_r18_null_is_a_value_of_lists_and_maps_of_values(compiled):
    edge = compiled(CONTRACT, EchoOdd=lambda request: request["odd"])
    odd = {"items": [None, 1.0], "byKey": [{"key": "a", "value": None}]}
    query = "query($odd: OddInput) { echoOdd(odd: $odd) { items byKey { key value } } }"
    assert await edge.data(query, {"odd": odd}) == {"echoOdd": odd}
