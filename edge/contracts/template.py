"""The path templates of google.api.http, read by their grammar (http.proto)."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput

from edge.contracts.model import ContractError

ONE, DEEP = "*", "**"

GRAMMAR = r"""
template: "/" segments verb?
segments: segment ("/" segment)*
?segment: ONE | DEEP | LITERAL | variable
variable: "{" path ["=" inner] "}"
path: IDENT ("." IDENT)*
inner: (ONE | DEEP | LITERAL) ("/" (ONE | DEEP | LITERAL))*
verb: ":" LITERAL

ONE: "*"
DEEP: "**"
IDENT: /[A-Za-z_][A-Za-z0-9_]*/
LITERAL: /(?:[A-Za-z0-9\-._~!$&'()+,;@]|%[0-9A-Fa-f]{2})+/
"""


@dataclass(frozen=True, slots=True)
class Variable:
    """A field of the request that a part of the path fills.

    `field_path` holds proto names. `segments` is its own template; it begins at segment `start`
    of the whole template.
    """

    field_path: tuple[str, ...]
    segments: tuple[str, ...]
    start: int

    @property
    def single(self) -> bool:
        """True for `{x}` and `{x=*}`, whose value is decoded in full (R24)."""
        return self.segments == (ONE,)

    @property
    def deep(self) -> bool:
        """True where it takes any number of segments."""
        return DEEP in self.segments


@dataclass(frozen=True, slots=True)
class Template:
    """A path template: literals, `*` and `**` in order, what they fill, and the verb's name."""

    text: str
    segments: tuple[str, ...]
    variables: tuple[Variable, ...]
    verb: str

    @property
    def shape(self) -> str:
        """The template with the names of its variables erased; equal shapes match equal paths."""
        return "/" + "/".join(self.segments) + (f":{self.verb}" if self.verb else "")

    def span(self, variable: Variable, length: int) -> slice:
        """Returns which segments of a matching path of that length a variable takes."""
        grown = length - len(self.segments)  # `**` takes that many more than the one it is
        after = DEEP in self.segments[: variable.start]
        start = variable.start + (grown if after else 0)
        return slice(start, start + len(variable.segments) + (grown if variable.deep else 0))


def parse_template(text: str) -> Template:
    """Returns the template that the text says.

    Raises:
        ContractError: the text is no template, binds a field twice, or has `**` twice.
    """
    try:
        segments, variables, verb = _Reader().transform(_parser().parse(text))
    except UnexpectedInput as error:
        place = getattr(error, "column", -1)
        where = f"at column {place}" if place > 0 else "at its end"
        raise ContractError(f"{text!r} is no path template: it goes wrong {where}") from error
    # http.proto wants `**` last, but contracts in wide use have more behind it.
    if segments.count(DEEP) > 1:
        raise ContractError(f"{text!r} is no path template: it has `**` twice")
    paths = [variable.field_path for variable in variables]
    if len(set(paths)) < len(paths):
        raise ContractError(f"{text!r} binds a field twice")
    return Template(text, segments, variables, verb)


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, start="template", parser="lalr")


class _Reader(Transformer[Token, tuple[tuple[str, ...], tuple[Variable, ...], str]]):
    """Turns the tree of the grammar into the parts of a template."""

    def path(self, names: list[Token]) -> tuple[str, ...]:
        return tuple(map(str, names))

    inner = path

    def variable(self, parts: list[tuple[str, ...] | None]) -> Variable:
        field_path, segments = parts
        return Variable(field_path or (), segments or (ONE,), 0)

    def verb(self, parts: list[Token]) -> str:
        return str(parts[0])

    def segments(
        self, parts: list[Token | Variable]
    ) -> tuple[tuple[str, ...], tuple[Variable, ...]]:
        flat: list[str] = []
        variables = []
        for part in parts:
            if isinstance(part, Variable):
                variables.append(Variable(part.field_path, part.segments, len(flat)))
                flat.extend(part.segments)
            else:
                flat.append(str(part))
        return tuple(flat), tuple(variables)

    def template(self, parts: list[Any]) -> tuple[tuple[str, ...], tuple[Variable, ...], str]:
        segments, variables = parts[0]
        return segments, variables, parts[1] if len(parts) > 1 else ""
