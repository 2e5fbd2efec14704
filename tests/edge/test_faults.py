import json
import time

import pytest

from edge.codec import Codec
from edge.contracts.model import Contracts
from edge.faults import FAULTS_MAX
from mesh.errors import FieldViolation, InvalidArgument

EVERYTHING = "probe.v1.Everything"
INTEGER = "expected an integer from -2147483648 to 2147483647"


@pytest.fixture(scope="module")
def codec(probe: Contracts) -> Codec:
    return Codec(probe)


def faults(codec: Codec, value: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidArgument) as caught:
        codec.from_value(EVERYTHING, value)
    return [(v.field, v.description) for v in caught.value.violations]


@pytest.mark.parametrize(
    ("value", "path", "said"),
    [
        ({"count": "x"}, "count", INTEGER),
        ({"count": 2**31}, "count", INTEGER),
        ({"long_count": 1.5}, "longCount", "from -9223372036854775808 to"),
        ({"big": -1}, "big", "from 0 to 18446744073709551615"),
        ({"small": 1e39}, "small", 'a number, "NaN"'),
        ({"yes": "true"}, "yes", "expected true or false"),
        ({"text": 1}, "text", "expected a string"),
        ({"text": "\ud800"}, "text", "expected a string"),
        ({"data": "!"}, "data", "base64"),
        ({"color": "GREEN"}, "color", "COLOR_UNSPECIFIED, COLOR_RED, COLOR_BLUE, or a number"),
        ({"at": "noon"}, "at", "a time such as"),
        ({"takes": "1"}, "takes", "seconds such as"),
        ({"mask": "a_b"}, "mask", "lowerCamelCase"),
        ({"maybeLong": True}, "maybeLong", "an integer"),
        ({"loose": []}, "loose", "an object"),
        ({"any": {"@type": "x"}}, "any", '"@type"'),
        ({"nothing": {"a": 1}}, "nothing.a", "no field"),
        ({"inner": {"inner": {"count": []}}}, "inner.inner.count", INTEGER),
        ({"inner": "x"}, "inner", "an object"),
        ({"texts": "a"}, "texts", "a list"),
        ({"texts": ["a", 1]}, "texts[1]", "a string"),
        ({"texts": ["a", None]}, "texts[1]", "not null"),
        ({"many": [{}, {"count": "x"}]}, "many[1].count", INTEGER),
        ({"labels": []}, "labels", "an object"),
        ({"labels": {"a": 1}}, 'labels["a"]', "a string"),
        ({"byNumber": {"x": {}}}, 'byNumber["x"]', "for a key"),
        ({"byNumber": {"1": {"count": "x"}}}, 'byNumber["1"].count', INTEGER),
        ([], "", "an object"),
        ("x", "", "an object"),
    ],
)
def test_a_fault_is_told_by_its_place_and_in_the_words_of_the_contract(
    codec: Codec, value: object, path: str, said: str
) -> None:
    ((field, description),) = faults(codec, value)
    assert field == path
    assert said in description


def test_every_fault_is_told_once(codec: Codec) -> None:
    value = {"count": "x", "text": "fine", "nope": 1, "many": [{"yes": 1}, {}, {"yes": 0}]}
    assert [path for path, _ in faults(codec, value)] == [
        "nope", "count", "many[0].yes", "many[2].yes",
    ]  # fmt: skip


def test_the_message_is_the_first_fault(codec: Codec) -> None:
    with pytest.raises(InvalidArgument) as caught:
        codec.from_json(EVERYTHING, b'{"count":"x"}')
    assert caught.value.message == f"count: {INTEGER}"
    assert caught.value.violations == (FieldViolation("count", INTEGER),)


def test_faults_are_bounded_in_number_and_length(codec: Codec) -> None:
    found = faults(codec, {"longs": ["x"] * 1000, "x" * 10_000: 1})
    assert len(found) == FAULTS_MAX
    assert max(len(path) for path, _ in found) < 200


@pytest.mark.slow
def test_a_large_wrong_body_costs_little_more_than_a_right_one(codec: Codec) -> None:
    deep: dict[str, object] = {"count": "x"}
    for _ in range(60):
        deep = {"inner": deep, "texts": ["x" * 100] * 100}
    for value in (deep, {"longs": [1] * 100_000 + ["x"]}, {"longs": ["x"] * 100_000}):
        text = json.dumps(value).encode()
        start = time.process_time()
        with pytest.raises(InvalidArgument):
            codec.from_json(EVERYTHING, text)
        assert time.process_time() - start < 1.0
