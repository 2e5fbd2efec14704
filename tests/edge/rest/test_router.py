import logging
from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.model import ContractError, Contracts, HttpRule, Method
from edge.contracts.template import parse_template
from edge.errors import MethodNotAllowed, NoSuchPath
from edge.rest.router import Binding, Router, bindings_of
from mesh.errors import InvalidArgument


def route(methods: list[Method], rules: Iterable[str], **options: object) -> Router:
    """A router over `VERB /template` rules, the first for the first method and so on."""
    bindings = []
    for method, rule in zip(methods, rules, strict=False):
        verb, template = rule.split()
        parsed = parse_template(template)
        bindings.append(Binding(method, HttpRule(verb, template, "", ""), parsed, 0))
    return Router(bindings, **options)  # type: ignore[arg-type]  # by name


@pytest.fixture
def methods(probe: Contracts) -> list[Method]:
    return probe.methods


def chosen(router: Router, verb: str, path: str) -> str:
    return router.match(verb, path).binding.rule.template


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/v1/things/one", "/v1/things/one"),
        ("/v1/things/two", "/v1/things/*"),
        ("/v1/things/two/three", "/v1/{x=**}"),
        ("/v1/other", "/v1/{x=**}"),
        ("/v1", "/v1/{x=**}"),
        ("/v1/things/two:go", "/v1/things/*:go"),
        ("/v1/things/one:go", "/v1/things/*:go"),
        ("/v1/things/one:stop", "/v1/things/*"),
        ("/v1/things:go", "/v1/{x=**}:go"),
        ("/v1/things/one/two/three:go", "/v1/{x=**}:go"),
        ("/v1/things/%6fne", "/v1/things/one"),
    ],
)
def test_r24_literal_before_one_before_deep_and_a_verb_before_none(
    methods: list[Method], path: str, template: str
) -> None:
    rules = ["/v1/things/one", "/v1/things/*", "/v1/{x=**}", "/v1/things/*:go", "/v1/{x=**}:go"]
    router = route(methods, [f"GET {rule}" for rule in reversed(rules)])
    assert chosen(router, "GET", path) == template


def test_r24_what_follows_a_deep_wildcard_comes_last(methods: list[Method]) -> None:
    one, deep, inner = "/v1/{x=a/*}/{y}", "/v1/{x=a/*/**}", "/v1/{x=a/**}/{y}"
    router = route(methods, [f"GET {inner}", f"GET {deep}", f"GET {one}", f"POST {inner}"])
    assert chosen(router, "GET", "/v1/a/b/c") == one
    assert chosen(router, "GET", "/v1/a/b/c/d") == deep
    assert router.match("POST", "/v1/a/b/c/d").values == ("a/b/c", "d")
    assert router.match("POST", "/v1/a/d").values == ("a", "d")


def test_r24_the_search_goes_back_where_a_literal_leads_nowhere(methods: list[Method]) -> None:
    router = route(methods, ["GET /v1/a/b/c", "GET /v1/*/b/d", "GET /v1/a/*/{x=**}"])
    assert chosen(router, "GET", "/v1/a/b/d") == "/v1/a/*/{x=**}"
    assert chosen(router, "GET", "/v1/z/b/d") == "/v1/*/b/d"


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("/v1/{x}", "/v1/a%2Fb%20c", ("a/b c",)),
        ("/v1/{x=*}", "/v1/a%2fb", ("a/b",)),
        ("/v1/{x=a/*}", "/v1/a/b%2Fc%20d", ("a/b%2Fc d",)),
        ("/v1/{x=a/*}", "/v1/a/b%2fc", ("a/b%2fc",)),
        ("/v1/{x=**}", "/v1/a/b%2Fc/%C3%A9", ("a/b%2Fc/é",)),
        ("/v1/{x=**}", "/v1", ("",)),
        ("/v1/{x=a/*}", "/v1/a/b%252F", ("a/b%2F",)),
        ("/v1/{x}", "/v1/a:b", ("a:b",)),
    ],
)
def test_r24_one_segment_is_decoded_in_full_more_keep_their_slashes(
    methods: list[Method], template: str, path: str, values: tuple[str, ...]
) -> None:
    assert route(methods, [f"GET {template}"]).match("GET", path).values == values


@pytest.mark.parametrize("template", ["/v1/{x}", "/v1/{x=**}"])
def test_r24_what_is_not_utf_8_is_refused(methods: list[Method], template: str) -> None:
    router = route(methods, [f"GET {template}"])
    for path in ("/v1/%FF", "/v1/a%C3"):
        with pytest.raises(InvalidArgument, match="not UTF-8"):
            router.match("GET", path)


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/", "/v1//b", "/v1/a/b/", "/V1/a/b", "//v1/a/b"])
def test_a_path_without_a_template_is_not_found(methods: list[Method], path: str) -> None:
    with pytest.raises(NoSuchPath):
        route(methods, ["GET /v1/{x}/b"]).match("GET", path)


def test_another_http_method_is_refused_with_those_allowed(methods: list[Method]) -> None:
    router = route(methods, ["GET /v1/{x}", "DELETE /v1/{y}", "PUT /v1/a"])
    with pytest.raises(MethodNotAllowed) as caught:
        router.match("POST", "/v1/a")
    assert caught.value.headers() == [(b"allow", b"DELETE, GET, HEAD, PUT")]


def test_a_less_literal_path_serves_the_method_that_the_literal_lacks(
    methods: list[Method],
) -> None:
    router = route(methods, ["PUT /v1/a", "GET /v1/{x}"])
    assert chosen(router, "GET", "/v1/a") == "/v1/{x}"


def test_head_is_answered_by_get_unless_it_is_bound_itself(methods: list[Method]) -> None:
    router = route(methods, ["GET /v1/a", "GET /v1/b", "HEAD /v1/b"])
    assert router.match("HEAD", "/v1/a").binding.rule.verb == "GET"
    assert router.match("HEAD", "/v1/b").binding.rule.verb == "HEAD"


def test_a_custom_kind_is_a_method_and_a_star_is_any(probe: Contracts) -> None:
    router = Router(bindings_of(probe))
    assert router.match("HEAD", "/v1/check/x").binding.method.name == "Check"
    for verb in ("BREW", "OPTIONS", "GET"):
        assert router.match(verb, "/v1/any/x").binding.method.name == "Check"
    with pytest.raises(MethodNotAllowed):
        router.match("GET", "/v1/check/x")


def test_r24_equal_shapes_are_an_error_that_names_both(methods: list[Method]) -> None:
    with pytest.raises(ContractError) as caught:
        route(methods, ["GET /v1/{a=x/*}", "GET /v1/x/{b}"])
    assert "GetThing (GET /v1/{a=x/*})" in str(caught.value)
    assert "Ask (GET /v1/x/{b})" in str(caught.value)


def test_r24_the_first_can_be_kept(methods: list[Method], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        router = route(methods, ["GET /v1/{a}", "GET /v1/{b}"], conflicts="first")
    assert chosen(router, "GET", "/v1/x") == "/v1/{a}"
    assert "Ask (GET /v1/{b}) is shadowed" in caplog.text


def test_r24_a_service_without_an_upstream_yields(probe: Contracts, shop: Contracts) -> None:
    methods = [probe.methods[0], shop.methods[0]]
    for served in ("probe.v1.ProbeService", "shop.catalog.v1.CatalogService"):
        router = route(methods, ["GET /v1/{a}", "GET /v1/{b}"], serves=served.__eq__)
        assert router.match("GET", "/v1/x").binding.method.service == served


def test_r3_only_methods_with_a_rule_are_reachable(probe: Contracts) -> None:
    names = {binding.method.name for binding in bindings_of(probe)}
    assert "Hidden" not in names
    assert {"GetThing", "Watch"} <= names


@given(st.text(max_size=40).map(lambda text: "/" + text), st.sampled_from(["GET", "PATCH", "X"]))
def test_any_path_is_found_or_refused(probe: Contracts, path: str, verb: str) -> None:
    router = Router(bindings_of(probe))
    with suppress(NoSuchPath, MethodNotAllowed, InvalidArgument):
        match = router.match(verb, path)
        assert len(match.values) == len(match.binding.template.variables)


def test_every_path_of_the_shop_leads_to_its_own_method(shop: Contracts) -> None:
    router = Router(bindings_of(shop))
    for binding in bindings_of(shop):
        path = binding.template.shape.replace("*", "some-id")
        assert router.match(binding.rule.verb, path).binding.method is binding.method
