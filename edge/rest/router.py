"""Which method a verb and a raw path name: a trie over the path templates (R24, http.proto)."""

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

from edge.contracts.model import ContractError, Contracts, HttpRule, Method
from edge.contracts.template import DEEP, ONE, Template, Variable, parse_template
from edge.contracts.upload import takes_upload
from edge.errors import MethodNotAllowed, NoSuchPath
from mesh.errors import InvalidArgument

log = logging.getLogger(__name__)

ANY_VERB = "*"
_SLASH = re.compile("%2f", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """One way to reach a method over HTTP. `index` counts the bindings of the method."""

    method: Method
    rule: HttpRule
    template: Template
    index: int

    def __str__(self) -> str:
        return f"{self.method.service}.{self.method.name} ({self.rule.verb} {self.template.text})"


@dataclass(frozen=True, slots=True)
class Match:
    """A binding and the values of its variables, in the order of the template, decoded."""

    binding: Binding
    values: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    """What may follow a prefix of paths. Leaves are keyed by verb suffix, then HTTP method.

    `rest` is what may follow a `**` that is not the last segment.
    """

    literals: dict[str, "_Node"] = field(default_factory=dict)
    one: "_Node | None" = None
    rest: "_Node | None" = None
    ends: dict[str, dict[str, Binding]] = field(default_factory=dict)
    deep: dict[str, dict[str, Binding]] = field(default_factory=dict)


def bindings_of(contracts: Contracts) -> Iterator[Binding]:
    """Yields every binding of every method that HTTP can reach, in the order of the files (R3).

    Raises:
        ContractError: a path template cannot be read; the message names the method.
    """
    for method in contracts.methods:
        for index, rule in enumerate(method.http):
            if method.facts.client_streaming and not takes_upload(method, rule):
                continue
            try:
                yield Binding(method, rule, parse_template(rule.template), index)
            except ContractError as error:
                raise ContractError(f"{method.service}.{method.name}: {error}") from error


class Router:
    """Finds the binding of a request."""

    def __init__(
        self,
        bindings: Iterable[Binding],
        *,
        serves: Callable[[str], bool] = lambda service: True,
        conflicts: Literal["error", "first"] = "error",
    ) -> None:
        self._serves = serves
        self._conflicts = conflicts
        self._root = _Node()
        self._verbs: set[str] = set()
        for binding in bindings:
            self._add(binding)

    def match(self, verb: str, raw_path: str) -> Match:
        """Returns what an HTTP method and a path, percent-encoded as it came, mean.

        HEAD falls back to GET (RFC 9110, 9.3.2).

        Raises:
            NoSuchPath: no template matches.
            MethodNotAllowed: some do, with other HTTP methods.
            InvalidArgument: the value of a variable is not UTF-8.
        """
        allowed: set[str] = set()
        for segments, suffix in self._readings(raw_path[1:].split("/")):
            binding = _find(_Search(verb, segments, suffix, allowed), self._root, 0)
            if binding is not None:
                template = binding.template
                return Match(
                    binding, tuple(_value(template, v, segments) for v in template.variables)
                )
        if allowed:
            allowed |= {"HEAD"} if "GET" in allowed else set()
            raise MethodNotAllowed(verb, sorted(allowed))
        raise NoSuchPath("no such path")

    def bindings(self) -> Iterator[Binding]:
        """Yields the bindings that won, most literal first."""
        nodes = [self._root]
        while nodes:
            node = nodes.pop()
            for leaves in (node.ends, node.deep):
                for leaf in leaves.values():
                    yield from leaf.values()
            nodes.extend(filter(None, (node.rest, node.one, *node.literals.values())))

    def _readings(self, segments: list[str]) -> Iterator[tuple[list[str], str]]:
        """Yields the path read with its verb suffix, if some template knows it, then without."""
        head, colon, suffix = segments[-1].rpartition(":")
        if colon and suffix in self._verbs:
            yield [*segments[:-1], head], suffix
        yield segments, ""

    def _add(self, binding: Binding) -> None:
        node, template = self._root, binding.template
        self._verbs.add(template.verb)
        deep = template.segments[-1] == DEEP
        for segment in template.segments[:-1] if deep else template.segments:
            if segment == ONE:
                node.one = node = node.one or _Node()
            elif segment == DEEP:
                node.rest = node = node.rest or _Node()
            else:
                node = node.literals.setdefault(unquote(segment), _Node())
        leaf = (node.deep if deep else node.ends).setdefault(template.verb, {})
        earlier = leaf.setdefault(binding.rule.verb, binding)
        if earlier is not binding:
            leaf[binding.rule.verb] = self._winner(earlier, binding)

    def _winner(self, earlier: Binding, later: Binding) -> Binding:
        served = [self._serves(binding.method.service) for binding in (earlier, later)]
        if served[0] != served[1]:
            return earlier if served[0] else later
        if self._conflicts == "first":
            log.warning("%s is shadowed by %s", later, earlier)
            return earlier
        raise ContractError(
            f"{earlier} and {later} match the same paths; "
            "SELVEDGE_ROUTE_CONFLICTS=first keeps the first"
        )


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for, and the HTTP methods met on the way."""

    verb: str
    segments: list[str]
    suffix: str
    allowed: set[str]

    def choose(self, leaf: dict[str, Binding] | None) -> Binding | None:
        """Returns the leaf's binding for the HTTP method; GET answers HEAD too."""
        if leaf is None:
            return None
        found = leaf.get(self.verb) or leaf.get(ANY_VERB)
        if found is None and self.verb == "HEAD":
            found = leaf.get("GET")
        if found is None:
            self.allowed.update(leaf)
        return found


def _find(search: _Search, node: _Node, at: int) -> Binding | None:
    """Returns the best binding below a node.

    A node's depth is its segment, so each is met once; those behind a `**` once at each segment.
    """
    found = None
    if at == len(search.segments):
        found = search.choose(node.ends.get(search.suffix))
    else:
        segment = search.segments[at]
        literal = node.literals.get(unquote(segment) if "%" in segment else segment)
        if literal is not None:
            found = _find(search, literal, at + 1)
        if found is None and node.one is not None and segment:
            found = _find(search, node.one, at + 1)
    if found is None and node.deep:
        found = search.choose(node.deep.get(search.suffix))
    if found is None and node.rest is not None:
        tails = (_find(search, node.rest, start) for start in range(at, len(search.segments)))
        found = next(filter(None, tails), None)
    return found


def _value(template: Template, variable: Variable, segments: list[str]) -> str:
    raw = "/".join(segments[template.span(variable, len(segments))])
    if "%" not in raw:
        return raw
    return _decoded(raw) if variable.single else decode_segments(raw)


def decode_segments(raw: str) -> str:
    """Returns a value of several segments decoded, `%2F` left as it is (http.proto).

    Raises:
        InvalidArgument: it is not UTF-8.
    """
    return _decoded(_SLASH.sub(lambda slash: f"%25{slash[0][1:]}", raw))


def _decoded(raw: str) -> str:
    try:
        return unquote(raw, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidArgument(f"{raw} in the path is not UTF-8") from error
