"""AIP-160 filters, read into a small tree.

    filter      expression?
    expression  sequence (AND sequence)*          a b AND c   is   (a AND b) AND c
    sequence    factor+                           a b         is   a AND b
    factor      term (OR term)*                   OR binds tighter than AND, as the AIP says
    term        (NOT | -)? simple
    simple      ( expression ) | restriction
    restriction field (= | != | < | <= | > | >= | :) value

A value is a "string", 'string' or a bare word (number, true, enum name, timestamp). Functions and
words without a field are part of the AIP, but no collection of ours supports them: they are
refused with a message of their own.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from mesh.errors import FieldViolation, InvalidArgument

FILTER_CHARACTERS_MAX = 3000
"""More than contracts let a caller send: an older version's words may grow on their way here."""
FILTER_DEPTH_MAX = 20

_GRAMMAR = r"""
start: expression?
expression: sequence (_AND sequence)*
sequence: factor+
factor: term (_OR term)*
?term: simple | (_NOT | "-") simple -> negation
?simple: "(" expression ")" | restriction
restriction: FIELD COMPARATOR value
    | FIELD "(" [value ("," value)*] ")" -> function
    | (FIELD | STRING) -> bare
value: STRING -> string
    | WORD -> word

_AND.2: /AND\b/
_OR.2: /OR\b/
_NOT.2: /NOT\b/
FIELD: /(?!(AND|OR|NOT)\b)[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*/
COMPARATOR: "<=" | ">=" | "!=" | "<" | ">" | "=" | ":"
STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/s
WORD: /[^\s()"',=<>!]+/
%ignore /\s+/
"""


@dataclass(frozen=True, slots=True)
class Value:
    """The right side of a comparison: what stands before, between and after its wildcards.

    `oak*` has the pieces `oak` and the empty one; a text without wildcards is one piece. `quoted`
    tells `"5"` from `5`.
    """

    pieces: tuple[str, ...]
    quoted: bool

    @property
    def text(self) -> str:
        """The value with its wildcards."""
        return "*".join(self.pieces)

    @property
    def anything(self) -> bool:
        """True for the lone `*`, which every set field has."""
        return self.pieces == ("", "")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field held against one value. `at` is where the field stands in the text."""

    name: str
    comparator: str
    value: Value
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """True where every term is."""

    terms: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """True where one of the terms is."""

    terms: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """True where the term is not."""

    term: "Filter"


Filter: TypeAlias = Comparison | And | Or | Not


def parse_filter(text: str) -> Filter | None:
    """Returns the tree of a filter, None for an empty one.

    Raises:
        InvalidArgument: the text is no filter, or longer or deeper than the bounds.
    """
    if len(text) > FILTER_CHARACTERS_MAX:
        raise refusal(f"is longer than {FILTER_CHARACTERS_MAX} characters")
    if _depth(text) > FILTER_DEPTH_MAX:
        raise refusal(f"is nested deeper than {FILTER_DEPTH_MAX}")
    if "\0" in text:
        raise refusal("holds a NUL character")
    try:
        tree: Filter | None = _parser().parse(text)  # type: ignore[assignment]  # the transformer's result
    except UnexpectedInput as error:
        raise refusal(f"cannot be read at {_place(text, error)}") from error
    return tree


def refusal(problem: str) -> InvalidArgument:
    """Returns the error that says what is wrong with a filter."""
    violation = FieldViolation("filter", problem, "INVALID_FILTER")
    return InvalidArgument(f"filter {problem}", reason="INVALID_FILTER", violations=(violation,))


def _depth(text: str) -> int:
    """Returns how deep parentheses nest at the most, or more: those in strings count too."""
    depth = deepest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    return deepest


def _place(text: str, error: UnexpectedInput) -> str:
    at = error.pos_in_stream
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    if ended or at is None:
        return "its end"
    return f"character {at + 1}: {text[at : at + 20]!r}"


@v_args(inline=True)
class _Tree(Transformer[Token, Filter | None]):
    """Builds our tree while the parser runs; a node with one term is the term."""

    def start(self, expression: Filter | None = None) -> Filter | None:
        return expression

    def expression(self, *terms: Filter) -> Filter:
        return terms[0] if len(terms) == 1 else And(terms)

    sequence = expression

    def factor(self, *terms: Filter) -> Filter:
        return terms[0] if len(terms) == 1 else Or(terms)

    def negation(self, term: Filter) -> Filter:
        return Not(term)

    def restriction(self, name: Token, comparator: Token, value: Value) -> Filter:
        return Comparison(str(name), str(comparator), value, name.start_pos or 0)

    def function(self, name: Token, *arguments: Value) -> Filter:
        raise refusal(f"calls {name}(): functions are not supported")

    def bare(self, word: Token) -> Filter:
        raise refusal(f"has {str(word)!r} without a comparison: write field = value")

    def string(self, token: Token) -> Value:
        return Value(_pieces(token[1:-1]), quoted=True)

    def word(self, token: Token) -> Value:
        return Value(tuple(token.split("*")), quoted=False)


def _pieces(text: str) -> tuple[str, ...]:
    """Returns the text between wildcards; a backslash takes the meaning from what follows it."""
    pieces = [""]
    for match in re.finditer(r"\\(.)|(\*)|([^\\*]+)", text, re.DOTALL):
        escaped, wildcard, plain = match.groups()
        if wildcard:
            pieces.append("")
        else:
            pieces[-1] += escaped or plain
    return tuple(pieces)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Tree())
