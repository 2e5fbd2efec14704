import base64
import json
import tracemalloc
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.codec import Codec
from edge.config import EdgeSettings
from edge.contracts.model import Contracts
from edge.rest.router import Binding, bindings_of
from edge.rest.transcode import RequestPlan, ResponsePlan
from mesh.errors import InvalidArgument
from tests.edge.filling import fill

Rest = Callable[..., Any]
EVERYTHING = "probe.v1.Everything"


@cache
def codec_of(contracts: Contracts, defaults: bool) -> Codec:
    return Codec(contracts, emit_defaults=defaults)


@cache
def plans_of(contracts: Contracts) -> dict[str, tuple[Binding, RequestPlan]]:
    return plans(contracts)


def plans(contracts: Contracts, **options: object) -> dict[str, tuple[Binding, RequestPlan]]:
    known = EdgeSettings(**options)  # type: ignore[arg-type]  # by name
    codec = Codec(contracts, ignore_unknown=known.unknown_fields == "ignore")
    return {
        f"{binding.method.name}{binding.index or ''}": (
            binding,
            RequestPlan(binding, contracts, codec, known),
        )
        for binding in bindings_of(contracts)
    }


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
@pytest.mark.parametrize("defaults", [True, False])
def test_r18_answers_are_json_formats_for_every_message(
    shop: Contracts, probe: Contracts, shop_oracle: Any, probe_oracle: Any, defaults: bool,
    data: st.DataObject,
) -> None:  # fmt: skip
    contracts, oracle = data.draw(st.sampled_from([(shop, shop_oracle), (probe, probe_oracle)]))
    binding = data.draw(st.sampled_from(list(bindings_of(contracts))))
    kind = binding.method.output.full_name
    if binding.rule.response_body or kind == "google.api.HttpBody":
        return
    message = oracle.kind(kind)()
    fill(data.draw, message)
    plan = ResponsePlan(binding, codec_of(contracts, defaults))
    body = plan.write_json(message.SerializeToString())
    assert json.loads(body) == oracle.value(message, defaults=defaults)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_r18_bodies_are_read_as_json_format_reads_them(
    probe: Contracts, probe_oracle: Any, data: st.DataObject
) -> None:
    message = probe_oracle.kind("probe.v1.Thing")()
    fill(data.draw, message)
    _, plan = plans(probe)["MakeThing"]
    body = json.dumps(probe_oracle.value(message, defaults=data.draw(st.booleans())))
    sent = plan.read((), b"", body.encode(), b"application/json")
    assert probe_oracle.kind("probe.v1.Thing").FromString(sent) == message


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("count=3", {"count": 3}),
        ("long_count=9007199254740993", {"longCount": "9007199254740993"}),
        ("longCount=-5&big=18446744073709551615", {"longCount": "-5", "big": str(2**64 - 1)}),
        ("ratio=1.5&small=-2", {"ratio": 1.5, "small": -2.0}),
        ("yes=true&maybe_yes=false", {"yes": True, "maybeYes": False}),
        ("data=aGk%3D", {"data": "aGk="}),
        ("data=_-8", {"data": "/+8="}),
        ("data=%2F%2B8%3D", {"data": "/+8="}),
        ("ratio=NaN&small=-Infinity", {"ratio": "NaN", "small": "-Infinity"}),
        ("ratio=1e3&count=1e2", {"ratio": 1000.0, "count": 100}),
        ("color=7&colors=-1", {"color": 7, "colors": [-1]}),
        (
            "takes=-0.5s&at=2026-01-02T03:04:05%2B01:00",
            {"takes": "-0.500s", "at": "2026-01-02T02:04:05Z"},
        ),
        ("maybe_yes=&yes=0", {"maybeYes": True}),
        ("mask=", {"mask": ""}),
        ("color=COLOR_RED", {"color": "COLOR_RED"}),
        ("color=2", {"color": "COLOR_BLUE"}),
        ("text=a%20b+c%26", {"text": "a b c&"}),
        ("text=", {}),
        ("texts=a&texts=b&texts=a", {"texts": ["a", "b", "a"]}),
        ("colors=1&colors=COLOR_BLUE", {"colors": ["COLOR_RED", "COLOR_BLUE"]}),
        ("longs=1&longs=2", {"longs": ["1", "2"]}),
        ("at=2026-01-02T03:04:05Z", {"at": "2026-01-02T03:04:05Z"}),
        ("takes=1.5s", {"takes": "1.500s"}),
        ("mask=title,place.room_number", {"mask": "title,place.roomNumber"}),
        ("mask=title&mask=place.roomNumber", {"mask": "title,place.roomNumber"}),
        ("maybe_long=7&maybeText=x", {"maybeLong": "7", "maybeText": "x"}),
        ("inner.text=x&inner.inner.count=2", {"inner": {"text": "x", "inner": {"count": 2}}}),
        ("perhaps=", {"perhaps": ""}),
        ("right=4", {"right": 4}),
    ],
)
def test_r24_query_parameters_fill_fields(
    probe: Contracts, probe_oracle: Any, query: str, asked: dict[str, object]
) -> None:
    _, plan = plans(probe)["Ask"]
    sent = plan.read((), query.encode(), b"", b"")
    assert probe_oracle.read(EVERYTHING, sent) == asked


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("any.value=1", "any.value"),
        ("any_json=1", "any_json"),
        ("by_number.1.count=1", "by_number.1.count"),
        ("count=x", "count"),
        ("inner.count=x", "inner.count"),
        ("longs=1&longs=x", "longs[1]"),
        ("nope=1", "nope"),
        ("inner.nope=1", "inner.nope"),
        ("text.x=1", "text.x"),
        ("inner=1", "inner"),
        ("many.text=x", "many.text"),
        ("labels=a", "labels"),
        ("loose.a=1", "loose.a"),
        ("count=1&count=2", "count"),
        ("inner.longCount=1&inner.long_count=2", "inner.long_count"),
        ("yes=maybe", "yes"),
        (".=1", "."),
        ("=1", ""),
    ],
)
def test_r24_a_parameter_that_fills_nothing_is_a_field_violation(
    probe: Contracts, query: str, field: str
) -> None:
    _, plan = plans(probe)["Ask"]
    with pytest.raises(InvalidArgument) as caught:
        plan.read((), query.encode(), b"", b"")
    assert [violation.field for violation in caught.value.violations] == [field]


@pytest.mark.parametrize("query", ["count=x", "count=99999999999", "color=GREEN", "at=noon",
                                   "data=%21", "big=-1", "text=%ff"])  # fmt: skip
def test_a_parameter_of_the_wrong_form_is_invalid(probe: Contracts, query: str) -> None:
    _, plan = plans(probe)["Ask"]
    with pytest.raises(InvalidArgument):
        plan.read((), query.encode(), b"", b"")


def test_what_is_said_of_a_wrong_body_is_bounded(probe: Contracts) -> None:
    _, plan = plans(probe)["MakeThing"]
    with pytest.raises(InvalidArgument) as caught:
        plan.read((), b"", json.dumps({"x" * 10_000: 1}).encode(), b"")
    assert len(caught.value.message) < 1_000


def test_r24_a_parameter_that_the_body_covers_is_refused(probe: Contracts) -> None:
    known = plans(probe)
    for name, query in [("MakeThing", b"title=x"), ("UpdateThing", b"thing.title=x")]:
        values = tuple("shelves/1/things/2" for _ in known[name][0].template.variables)
        with pytest.raises(InvalidArgument, match="no query parameter"):
            known[name][1].read(values, query, b"{}", b"")


def test_r24_unknown_parameters_and_fields_can_be_ignored(
    probe: Contracts, probe_oracle: Any
) -> None:
    known = plans(probe, unknown_fields="ignore")
    asked = known["Ask"][1].read((), b"nope=1&count=2", b"", b"")
    assert probe_oracle.read(EVERYTHING, asked) == {"count": 2}
    made = known["MakeThing"][1].read((), b"", b'{"nope":1,"title":"x"}', b"")
    assert probe_oracle.read("probe.v1.Thing", made) == {"title": "x"}


def test_path_variables_have_the_kind_of_their_field(probe: Contracts, probe_oracle: Any) -> None:
    _, plan = plans(probe)["Ask1"]
    sent = plan.read(("7", "true", "2"), b"", b"", b"")
    assert probe_oracle.read(EVERYTHING, sent) == {
        "count": 7, "yes": True, "color": "COLOR_BLUE",
    }  # fmt: skip
    with pytest.raises(InvalidArgument):
        plan.read(("seven", "true", "2"), b"", b"", b"")


@pytest.mark.parametrize(
    "body",
    [b'{"inner":{"text":"body","count":1}}', b'{"inner":{"count":1}}'],
)
def test_r24_path_variables_win_over_the_body(
    probe: Contracts, probe_oracle: Any, body: bytes
) -> None:
    _, plan = plans(probe)["Tell"]
    sent = plan.read(("path",), b"", body, b"")
    assert probe_oracle.read(EVERYTHING, sent) == {"inner": {"text": "path", "count": 1}}


def test_a_path_variable_does_not_enter_what_is_no_object(probe: Contracts) -> None:
    _, plan = plans(probe)["Tell"]
    with pytest.raises(InvalidArgument, match="inner"):
        plan.read(("path",), b"", b'{"inner":[1]}', b"")


def test_r19_path_variables_are_routing_parameters(probe: Contracts) -> None:
    known = plans(probe)
    assert known["GetThing"][1].routing(("shelves/1/things/2",)) == "name=shelves%2F1%2Fthings%2F2"
    assert known["UpdateThing"][1].routing(("a b/é",)) == "thing.name=a%20b%2F%C3%A9"
    assert known["Ask1"][1].routing(("1", "true", "2")) == "count=1&yes=true&color=2"


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", b"1", b"null", b'{"title":1}', b'{"nope":1}', b"\xff",
        b'{"title":"\\ud800"}', b'{"counts":{"a":"x"}}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["MakeThing", "UpdateThing2"])
def test_a_body_of_the_wrong_form_is_invalid(probe: Contracts, name: str, body: bytes) -> None:
    binding, plan = plans(probe)[name]
    values = tuple("shelves/1/things/2" for _ in binding.template.variables)
    with pytest.raises(InvalidArgument):
        plan.read(values, b"", body, b"application/json")


@pytest.mark.parametrize("name", ["MakeThing", "Tell"])
def test_json_nested_too_deeply_is_invalid(probe: Contracts, name: str) -> None:
    binding, plan = plans(probe, json_depth_max=8)[name]
    values = tuple("x" for _ in binding.template.variables)
    name_of_list = "tags" if name == "MakeThing" else "texts"
    wide = json.dumps({name_of_list: ["[{" * 9] * 9}).encode()
    plan.read(values, b"", wide, b"")
    field = b'{"place":' if name == "MakeThing" else b'{"inner":'
    inside = b'{"inside":' if name == "MakeThing" else field
    deep = field + inside * 8 + b"{}" + b"}" * 9
    with pytest.raises(InvalidArgument, match="deep"):
        plan.read(values, b"", deep, b"")


def test_an_empty_body_is_an_empty_message(probe: Contracts) -> None:
    assert plans(probe)["MakeThing"][1].read((), b"", b"", b"") == b""


def test_names_that_are_made_up_are_not_kept(probe: Contracts) -> None:
    _, plan = plans(probe, unknown_fields="ignore")["Ask"]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(100):
            plan.read((), b"a" * 4096 + b"%d=1" % number, b"", b"")
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100 * 4096 / 4


def test_too_many_parameters_are_refused(probe: Contracts) -> None:
    _, plan = plans(probe, parameters_max=3)["Ask"]
    with pytest.raises(InvalidArgument):
        plan.read((), b"texts=a&texts=b&texts=c&texts=d", b"", b"")


def test_a_raw_body_goes_in_as_it_is(probe: Contracts, probe_oracle: Any) -> None:
    _, plan = plans(probe)["Upload"]
    sent = plan.read(("files/a",), b"", b"\x00\xff", b"image/png")
    content = {"contentType": "image/png", "data": base64.b64encode(b"\x00\xff").decode()}
    assert probe_oracle.read("probe.v1.UploadRequest", sent) == {
        "name": "files/a", "content": content,
    }  # fmt: skip


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_strings_of_a_path_are_written_as_the_codec_writes_them(shop: Contracts, name: str) -> None:
    _, plan = plans_of(shop)["GetProduct"]
    kind = "shop.catalog.v1.GetProductRequest"
    assert plan.read((name,), b"", b"", b"") == codec_of(shop, True).from_value(
        kind, {"name": name}
    )
