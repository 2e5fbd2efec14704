import json
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from edge.codec import Codec
from edge.contracts.load import read_contracts
from edge.contracts.model import Contracts
from mesh.errors import Internal, InvalidArgument
from tests.edge.conftest import Oracle
from tests.edge.filling import fill
from tests.edge.rich import RICH, rich_image

EVERYTHING = "probe.v1.Everything"
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def rich() -> Contracts:
    return read_contracts(rich_image())


@pytest.fixture(scope="module")
def oracle(rich: Contracts) -> Oracle:
    return Oracle(rich.image)


@pytest.fixture(scope="module")
def codecs(rich: Contracts) -> dict[bool, Codec]:
    """With default values and without."""
    return {emit: Codec(rich, emit_defaults=emit) for emit in (True, False)}


@pytest.fixture(scope="module")
def codec(probe: Contracts) -> Codec:
    return Codec(probe)


@pytest.mark.slow
@QUIET
@given(st.data(), st.booleans())
def test_r18_every_kind_is_written_as_json_format_writes_it(
    codecs: dict[bool, Codec], oracle: Oracle, data: st.DataObject, defaults: bool
) -> None:
    message = oracle.kind(RICH)()
    fill(data.draw, message, 2, few=True)
    text = codecs[defaults].to_json(RICH, message.SerializeToString())
    assert json.loads(text) == oracle.value(message, defaults=defaults)


@pytest.mark.slow
@QUIET
@given(st.data(), st.booleans())
def test_r18_every_kind_is_read_as_json_format_reads_it(
    codecs: dict[bool, Codec], oracle: Oracle, data: st.DataObject, proto_names: bool
) -> None:
    message = oracle.kind(RICH)()
    fill(data.draw, message, 2, few=True)
    value = json_format.MessageToDict(
        message, preserving_proto_field_name=proto_names, descriptor_pool=oracle.pool
    )
    sent = codecs[True].from_json(RICH, json.dumps(value).encode())
    assert oracle.kind(RICH).FromString(sent) == message


THIS = "type.googleapis.com/rich.v1.Rich"
DURATION = "type.googleapis.com/google.protobuf.Duration"
# fmt: off
ODD: list[Any] = [
    None, True, False, 0, -0.0, 1, -1, 1.0, 1.5, 1e2, 2**31 - 1, 2**31, -(2**31), 2**32 - 1, 2**32,
    2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**64 - 1, 2**64, 10**40, 1e300, 1e-300, "", "0", "-0",
    "1", "-1", "1.0", "1.5", "1e2", "1E2", " 1", "1 ", "+1", "0x1", "NaN", "Infinity", "-Infinity",
    "nan", "inf", "true", "9223372036854775807", "18446744073709551615", "18446744073709551616",
    "SHADE_DARK", "shade_dark", "NOPE", "NULL_VALUE", "aGk=", "aGk", "_-8", "/+8", "a", "!", "a_b",
    "aB,cD", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z", "2026-01-01T00:00:00+01:00", "2026-01-01T00:00:00",
    "2026-02-30T00:00:00Z", "2026-01-01T00:00:00.1234567891Z", "1s", "-0.5s", "315576000000s",
    "315576000001s", "1.123456789s", "s", "\x00", "é", "😀", [], [None], [[]], [1, "1"], {},
    {"": 1}, {"a": None}, {"1": 1}, {"x": 1}, {"true": 1}, {"-1": 1}, {"oneInt32": 1},
    {"@type": THIS}, {"@type": DURATION, "value": "1s"}, {"@type": "no/such.Type"},
]
# fmt: on
LENIENT: list[Any] = [
    True,
    False,
    1.0,
    1e2,
    1.5,
    "1",
    "0",
    "-1",
    "-0",
    "1.0",
    "1.5",
    " 1",
    "1 ",
    "inf",
    "nan",
    [],
]  # fmt: skip
"""What json_format, written in Python, takes for some kinds, and the JSON mapping does not know."""


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_r18_nothing_is_read_otherwise_than_json_format_reads_it(
    rich: Contracts, codecs: dict[bool, Codec], oracle: Oracle, data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(rich.messages[RICH].fields))
    assume(field.name not in ("many_null", "by_name_null"))  # json_format reads null as a member
    odd = data.draw(st.sampled_from(ODD))
    text = json.dumps({field.json_name: data.draw(st.sampled_from([odd, [odd], {"a": odd}]))})
    ours, right = _ours(codecs[True], oracle, text), _right(oracle, text)
    if ours is None and right is not None:
        assert odd in LENIENT or "bytes" in field.name, text
    else:
        assert ours == right, text


def _ours(codec: Codec, oracle: Oracle, text: str) -> object:
    try:
        data = codec.from_json(RICH, text.encode())
    except InvalidArgument as error:
        return None if error.violations and error.violations[0].field else error
    return oracle.kind(RICH).FromString(data).SerializeToString(deterministic=True)


def _right(oracle: Oracle, text: str) -> bytes | None:
    try:
        message = json_format.Parse(text, oracle.kind(RICH)(), descriptor_pool=oracle.pool)
    except json_format.ParseError:
        return None
    return message.SerializeToString(deterministic=True)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ({"ratio": "NaN"}, {"ratio": "NaN"}),
        ({"ratio": "-Infinity"}, {"ratio": "-Infinity"}),
        ({"small": "Infinity"}, {"small": "Infinity"}),
        ({"ratio": -0.0}, {"ratio": -0.0}),
        ({"ratio": 10**40}, {"ratio": 1e40}),
        ({"big": 2**64 - 1}, {"big": "18446744073709551615"}),
        ({"longCount": 1e2, "count": "1e2"}, {"longCount": "100", "count": 100}),
        ({"longCount": -(2**63)}, {"longCount": "-9223372036854775808"}),
        ({"color": 99, "colors": [1, -5]}, {"color": 99, "colors": ["COLOR_RED", -5]}),
        ({"data": "_-8"}, {"data": "/+8="}),
        ({"takes": "3.5s"}, {"takes": "3.500s"}),
        ({"takes": "-0.000000001s"}, {"takes": "-0.000000001s"}),
        ({"at": "2026-01-01T01:00:00.5+01:00"}, {"at": "2026-01-01T00:00:00.500Z"}),
        ({"anyJson": None, "loose": {"a": None}}, {"anyJson": None, "loose": {"a": None}}),
        ({"anyJson": [1, {"b": []}]}, {"anyJson": [1, {"b": []}]}),
        ({"text": None, "inner": None, "texts": None, "labels": None, "at": None}, {}),
        ({"left": None, "right": 0}, {"right": 0}),
        ({"maybeLong": 0, "maybeYes": False}, {"maybeLong": "0", "maybeYes": False}),
        ({"byNumber": {"-1": {}}}, {"byNumber": {"-1": {}}}),
        ({"text": "\U0001f600\x00"}, {"text": "\U0001f600\x00"}),
        ({"any": {"@type": DURATION, "value": "1s"}}, {"any": {"@type": DURATION, "value": "1s"}}),
    ],
)
def test_r18_a_corner_is_read_and_written(
    probe: Contracts, said: dict[str, object], written: dict[str, object]
) -> None:
    codec = Codec(probe, emit_defaults=False)
    data = codec.from_json(EVERYTHING, json.dumps(said).encode())
    found = json.loads(codec.to_json(EVERYTHING, data))
    assert found == written
    assert str(found.get("ratio")) == str(written.get("ratio"))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"left":"a","right":1}', "right"),
        ('{"longCount":1,"long_count":1}', "long_count"),
        ('{"many":[{},{"left":"a","right":1}]}', "many[1].right"),
        ('{"byNumber":{"7":{"left":"a","right":1}}}', 'byNumber["7"].right'),
        ('{"byNumber":{"\\ud800":{"left":"a","right":1}}}', 'byNumber["?"].right'),
        ('{"inner":{"count":1,"count":1}}', "inner.count"),
        ('{"many":[{"loose":{"a":1,"a":1}}]}', "many[0].loose.a"),
    ],
)
def test_r18_what_is_said_twice_is_refused(codec: Codec, text: str, field: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        codec.from_json(EVERYTHING, text.encode())
    assert [violation.field for violation in caught.value.violations] == [field]


def test_r18_unknown_fields_can_be_ignored(probe: Contracts, codec: Codec) -> None:
    text = b'{"nope":{"a":[1]},"inner":{"nope":1,"count":2}}'
    with pytest.raises(InvalidArgument) as caught:
        codec.from_json(EVERYTHING, text)
    assert [v.field for v in caught.value.violations] == ["nope", "inner.nope"]
    lenient = Codec(probe, emit_defaults=False, ignore_unknown=True)
    data = lenient.from_json(EVERYTHING, text)
    assert json.loads(lenient.to_json(EVERYTHING, data)) == {"inner": {"count": 2}}


def test_an_any_of_an_unknown_type_is_the_upstreams_fault(
    codec: Codec, probe_oracle: Oracle
) -> None:
    message = probe_oracle.kind(EVERYTHING)()
    message.any.type_url = "type.googleapis.com/no.Such"  # type: ignore[attr-defined]  # dynamic
    with pytest.raises(Internal):
        codec.to_json(EVERYTHING, message.SerializeToString())


def test_a_value_nested_without_end_is_invalid(codec: Codec) -> None:
    deep: dict[str, object] = {}
    for _ in range(5_000):
        deep = {"inner": deep}
    with pytest.raises(InvalidArgument):
        codec.from_value(EVERYTHING, deep)
