"""google.api.routing: what of a request tells a cluster where to send it (R19, AIP-4222).

It takes the place of the path variables. Its values come from the whole request, wherever they were
sent; of several parameters that fill one key the last that matches counts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from edge.codec import Codec
from edge.contracts.model import ContractError, Contracts, Kind, Method, RoutingParameter
from edge.rest.template import DEEP, ONE, Template, parse_template
from edge.rest.values import find_leaf

_ONE, _DEEP, _DEEP_LAST = "[^/]+", ".*", "(?:/.*)?"


@dataclass(frozen=True, slots=True)
class _Parameter:
    """Where a value is, as JSON names, which part of it counts, and under which key."""

    path: tuple[str, ...]
    pattern: re.Pattern[str]
    key: str

    def read(self, request: Any) -> str:
        """Returns the value that a request has for the key; empty where it has none."""
        value = request
        for name in self.path:
            value = value.get(name) if isinstance(value, dict) else None
        found = self.pattern.fullmatch(value) if isinstance(value, str) else None
        return found["value"] if found else ""


class Routing:
    """The header of the requests of one method.

    Raises:
        ContractError: a parameter names no string of the request, or its template has no variable.
    """

    def __init__(self, method: Method, contracts: Contracts, codec: Codec) -> None:
        make = partial(_parameter, method, contracts)
        self._parameters = [make(parameter) for parameter in method.routing or ()]
        self._type, self._codec = method.input.full_name, codec

    def header(self, request: bytes) -> str:
        """Returns the value of `x-goog-request-params` for a serialized request; may be empty."""
        if not self._parameters:
            return ""
        value = self._codec.to_value(self._type, request)
        found: dict[str, str] = {}
        for parameter in self._parameters:
            if text := parameter.read(value):
                found[parameter.key] = text
        return routing_header(found.items())


def routing_header(pairs: Iterable[tuple[str, str]]) -> str:
    """Returns keys and values as the header has them, percent-encoded."""
    return "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in pairs)


def _parameter(method: Method, contracts: Contracts, told: RoutingParameter) -> _Parameter:
    leaf = find_leaf(contracts, method.input, tuple(told.field.split(".")))
    where = f"{method.service}.{method.name}: the routing parameter {told.field}"
    if leaf is None or leaf.field.repeated or leaf.field.kind is not Kind.STRING:
        raise ContractError(f"{where} is no string of {method.input.full_name}")
    if not told.path_template:
        return _Parameter(leaf.path, re.compile("(?P<value>.+)", re.DOTALL), told.field)
    template = parse_template("/" + told.path_template.lstrip("/"))
    if len(template.variables) != 1:
        raise ContractError(f"{where} has a template without exactly one variable")
    return _Parameter(leaf.path, _pattern(template), ".".join(template.variables[0].field_path))


def _pattern(template: Template) -> re.Pattern[str]:
    """A template as a regular expression whose group is the variable."""
    (variable,) = template.variables
    start, end = variable.start, variable.start + len(variable.segments)
    text = ""
    for at, segment in enumerate(template.segments):
        slash = "/" if at else ""
        opening = "(?P<value>" if at == start else ""
        closing = ")" if at == end - 1 else ""
        if segment == DEEP and slash and not opening:
            text += f"{_DEEP_LAST}{closing}"
        else:
            written = {ONE: _ONE, DEEP: _DEEP}.get(segment, re.escape(segment))
            text += f"{slash}{opening}{written}{closing}"
    return re.compile(text, re.DOTALL)
