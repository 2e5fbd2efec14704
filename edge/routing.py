"""What of a request tells a cluster where to send it: `x-goog-request-params` (R19, AIP-4222).

google.api.routing says it, else the variables of the method's path. The values come from the whole
request, wherever they were sent; of several parameters that fill one key the last that matches
counts.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from edge.codec import JsonValue
from edge.contracts.model import ContractError, Contracts, Kind, Method, RoutingParameter
from edge.contracts.template import DEEP, ONE, Template, parse_template
from edge.rest.values import find_leaf

_ONE, _DEEP, _DEEP_LAST = "[^/]+", ".*", "(?:/.*)?"


@dataclass(frozen=True, slots=True)
class _Parameter:
    """Where a value is, by JSON and by proto names, what of it counts, and under which key."""

    path: tuple[str, ...]
    names: tuple[str, ...]
    pattern: re.Pattern[str]
    key: str

    def read(self, request: Any, path: tuple[str, ...]) -> str:
        """Returns the value that a request has for the key; empty where it has none."""
        value = request
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        found = self.pattern.fullmatch(value) if isinstance(value, str) else None
        return found["value"] if found else ""


class Routing:
    """The header of the requests of one method.

    Raises:
        ContractError: a parameter names no string of the request, or its template has no variable.
    """

    def __init__(self, method: Method, contracts: Contracts) -> None:
        make = partial(_parameter, method, contracts)
        self._parameters = [make(parameter) for parameter in _told(method)]

    @property
    def asks(self) -> bool:
        """True where something of a request counts."""
        return bool(self._parameters)

    def of_json(self, request: JsonValue) -> str:
        """Returns the header of a request by JSON names; empty: there is none."""
        return self._header((p.key, p.read(request, p.path)) for p in self._parameters)

    def of_fields(self, request: Mapping[str, object]) -> str:
        """Returns the header of a request by proto names; empty: there is none."""
        return self._header((p.key, p.read(request, p.names)) for p in self._parameters)

    def _header(self, pairs: Iterable[tuple[str, str]]) -> str:
        return routing_header({key: text for key, text in pairs if text}.items())


class Routes:
    """The routing of every method of a set of contracts, worked out at its first call."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._known: dict[str, Routing] = {}

    def of(self, method: Method) -> Routing:
        """Returns the routing of a method; raises as `Routing`."""
        found = self._known.get(method.path)
        if found is None:
            found = self._known[method.path] = Routing(method, self._contracts)
        return found


def _told(method: Method) -> Iterable[RoutingParameter]:
    """What the rule says, be it nothing; without one, the variables of the main path."""
    if method.routing is not None or not method.http:
        return method.routing or ()
    variables = parse_template(method.http[0].template).variables
    return [RoutingParameter(".".join(variable.field_path), "") for variable in variables]


def routing_header(pairs: Iterable[tuple[str, str]]) -> str:
    """Returns keys and values as the header has them, percent-encoded."""
    return "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in pairs)


def _parameter(method: Method, contracts: Contracts, told: RoutingParameter) -> _Parameter:
    leaf = find_leaf(contracts, method.input, tuple(told.field.split(".")))
    where = f"{method.service}.{method.name}: the routing parameter {told.field}"
    if leaf is None or leaf.field.repeated or leaf.field.kind is not Kind.STRING:
        raise ContractError(f"{where} is no string of {method.input.full_name}")
    if not told.path_template:
        return _Parameter(leaf.path, leaf.names, re.compile("(?P<value>.+)", re.DOTALL), told.field)
    template = parse_template("/" + told.path_template.lstrip("/"))
    if len(template.variables) != 1:
        raise ContractError(f"{where} has a template without exactly one variable")
    key = ".".join(template.variables[0].field_path)
    return _Parameter(leaf.path, leaf.names, _pattern(template), key)


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
