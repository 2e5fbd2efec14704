from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.model import ContractError, HttpRule, Method
from edge.contracts.template import DEEP, ONE, Template, Variable, parse_template
from edge.rest.router import Binding, Router

literals = st.from_regex(r"[A-Za-z0-9._~-]{1,8}", fullmatch=True)
values = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)


@st.composite
def templates(draw: st.DrawFn) -> str:
    """Random templates whose variables are called a0, a1, ..."""
    parts = []
    for number in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["literal", "one", "plain", "path"]))
        inner = "/".join(draw(st.lists(st.one_of(literals, st.just("*")), min_size=1, max_size=3)))
        parts.append(
            {
                "literal": draw(literals),
                "one": "*",
                "plain": f"{{a{number}}}",
                "path": f"{{a{number}={inner}}}",
            }[kind]
        )
    if draw(st.booleans()):
        parts.append(draw(st.sampled_from(["**", "{rest=**}", "{rest=x/**}"])))
        parts.extend(draw(st.lists(st.sampled_from(["*", "{last}"]), max_size=1)))
    verb = draw(st.one_of(st.just(""), literals.map(lambda name: f":{name}")))
    return "/" + "/".join(parts) + verb


@pytest.mark.parametrize(
    ("text", "segments", "verb"),
    [
        ("/v1/products", ("v1", "products"), ""),
        ("/v1/{name=products/*}", ("v1", "products", "*"), ""),
        ("/v1/{name=products/*}:sell", ("v1", "products", "*"), "sell"),
        ("/v1/{x}/*/{y=**}", ("v1", "*", "*", "**"), ""),
        ("/v1.2/a%20b:go", ("v1.2", "a%20b"), "go"),
    ],
)
def test_a_template_has_segments_and_a_verb(
    text: str, segments: tuple[str, ...], verb: str
) -> None:
    template = parse_template(text)
    assert (template.segments, template.verb) == (segments, verb)


def test_a_variable_knows_its_field_and_its_place() -> None:
    template = parse_template("/v1/{thing.name=shelves/*/things/*}/{x}")
    assert template.variables == (
        Variable(("thing", "name"), ("shelves", "*", "things", "*"), 1),
        Variable(("x",), ("*",), 5),
    )
    assert [variable.single for variable in template.variables] == [False, True]


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "v1", "/v1/", "//v1", "/v1/{", "/v1/{}", "/v1/{x=}", "/v1/{x={y}}", "/v1/{x.}",
        "/v1/a b", "/v1:a:b", "/v1:a/b", "/v1/***", "/v1/{x=**}/{y=**}", "/v1/{x}/{x}",
        "/v1/{1x}", "/v1/%zz",
    ],
)  # fmt: skip
def test_what_is_no_template_is_refused_by_its_text(text: str) -> None:
    with pytest.raises(ContractError, match=r"path template|binds a field twice") as caught:
        parse_template(text)
    assert repr(text) in str(caught.value)


@pytest.mark.slow
@given(templates())
def test_a_template_survives_being_written_and_read(text: str) -> None:
    template = parse_template(text)
    assert template.shape.count("*") >= len(template.variables) - text.count("=")
    assert parse_template(template.shape).segments == template.segments


@pytest.mark.slow
@given(templates(), st.data())
def test_r24_a_path_gives_back_the_variables_it_was_made_of(text: str, data: st.DataObject) -> None:
    template = parse_template(text)
    path, filled = expand(template, data)
    match = Router([binding(template)]).match("GET", path)
    assert match.values == filled


def expand(template: Template, data: st.DataObject) -> tuple[str, tuple[str, ...]]:
    """A path of the template with random values, encoded as http.proto asks of a client."""
    raw = []
    for segment in template.segments:
        if segment == DEEP:
            raw.extend(quote(v, safe="") for v in data.draw(st.lists(values, max_size=3)))
        else:
            raw.append(quote(data.draw(values), safe="") if segment == ONE else segment)
    filled = tuple(expected(template, variable, raw) for variable in template.variables)
    return "/" + "/".join(raw) + (f":{template.verb}" if template.verb else ""), filled


def expected(template: Template, variable: Variable, raw: list[str]) -> str:
    """The value, decoded by hand: segment by segment, slashes inside a segment kept encoded.

    What stands behind a `**` is counted from the end of the path.
    """
    before, behind = variable.start, len(template.segments) - variable.start
    last = behind - len(variable.segments)
    start = len(raw) - behind if DEEP in template.segments[:before] else before
    end = (
        len(raw) - last
        if DEEP in template.segments[: before + len(variable.segments)]
        else (before + len(variable.segments))
    )
    parts = [unquote(part) for part in raw[start:end]]
    if variable.single:
        return parts[0]
    return "/".join(part.replace("/", "%2F") for part in parts)


def binding(template: Template, method: Method | None = None) -> Binding:
    rule = HttpRule("GET", template.text, "", "")
    return Binding(method, rule, template, 0)  # type: ignore[arg-type]  # the router never looks
