"""HTTP request → request message, response message → HTTP body: one plan per binding (http.proto).

Everything that the contract alone decides is worked out when the plan is made, at start.
"""

import base64
import re
from functools import lru_cache
from typing import Protocol
from urllib.parse import parse_qsl, quote

import orjson
from google.api.httpbody_pb2 import HttpBody

from edge.codec import Codec, JsonValue
from edge.contracts.model import ContractError, Contracts, Field, Kind
from edge.contracts.upload import HTTP_BODY, answers_raw
from edge.errors import UnsupportedMediaType
from edge.json_text import deeper, parse_json
from edge.mask import update_mask
from edge.rest.download import http_body
from edge.rest.router import Binding
from edge.rest.values import Leaf, find_leaf, violation
from edge.routing import Routing
from edge.wire import delimited, peek
from mesh.errors import InvalidArgument

JSON = b"application/json"
CACHED_PARAMETERS_MAX = 256
_PLAIN = re.compile(r"[A-Za-z0-9_.~/-]*")


class Bounds(Protocol):
    """The settings that bound a request and say how strictly it is read."""

    @property
    def json_depth_max(self) -> int:
        """Deepest nesting of a JSON body."""
        ...

    @property
    def parameters_max(self) -> int:
        """Most query parameters."""
        ...

    @property
    def unknown_fields(self) -> str:
        """`reject` or `ignore`."""
        ...


class _UnknownError(Exception):
    """No query parameter has this name."""


class RequestPlan:
    """How the requests of one binding become messages."""

    def __init__(
        self, binding: Binding, contracts: Contracts, codec: Codec, bounds: Bounds
    ) -> None:
        self._request = binding.method.input
        self._contracts, self._codec, self._bounds = contracts, codec, bounds
        self._variables = tuple(
            _variable(binding, contracts, variable.field_path)
            for variable in binding.template.variables
        )
        self._bound = frozenset(leaf.path for leaf in self._variables)
        self._routing = tuple(".".join(leaf.names) for leaf in self._variables)
        rule = binding.method.routing is not None
        self._rule = Routing(binding.method, contracts) if rule else None
        self._body = _body_field(binding)
        self._whole = binding.rule.body == "*"
        name = self._request.full_name if self._whole else self._body and self._body.type_name
        self._raw = name == HTTP_BODY
        self._mask = update_mask(contracts, binding.method.input, binding.rule, binding.template)
        self._strings = self._as_strings()
        self._parameter = lru_cache(maxsize=CACHED_PARAMETERS_MAX)(self._find_parameter)

    @property
    def takes_body(self) -> bool:
        """True where the HTTP body is part of the request."""
        return self._whole or self._body is not None

    def routing(self, values: tuple[str, ...], request: bytes = b"") -> str:
        """Returns the value of `x-goog-request-params` (R19, AIP-4222); empty: there is none."""
        if self._rule is not None:
            if not self._rule.asks:
                return ""
            return self._rule.of_json(self._codec.to_value(self._request.full_name, request))
        return "&".join(
            f"{name}={_percent(value)}" for name, value in zip(self._routing, values, strict=True)
        )

    def read(
        self, values: tuple[str, ...], query: bytes, body: bytes, content_type: bytes
    ) -> bytes:
        """Returns the serialized request message.

        Raises:
            InvalidArgument: a part of the request is not what the contract says.
            UnsupportedMediaType: the body is no JSON.
        """
        if self._strings and not query and all(values):
            return b"".join(map(_string, self._strings, values))
        if body and self.takes_body and not self._raw:
            require_json(content_type)
        if self._whole and body and not (self._raw or values or query or self._mask):
            return self._codec.from_value(self._request.full_name, self._parse(body), body)
        request = self._from_body(body, content_type)
        for leaf, value in zip(self._variables, values, strict=True):
            self._put(request, leaf, leaf.read([value]))
        if query:
            self._add_query(request, query)
        mask = self._mask.encoded(request) if self._mask else b""
        return self._codec.from_value(self._request.full_name, request) + mask

    def _as_strings(self) -> tuple[int, ...]:
        """Returns the numbers of the fields, where a path fills strings and nothing else comes.

        So are most requests for one thing; their bytes are written straight.
        """
        plain = all(
            len(leaf.path) == 1 and leaf.field.kind is Kind.STRING for leaf in self._variables
        )
        if not plain or self.takes_body or self._mask:
            return ()
        return tuple(leaf.field.number for leaf in self._variables)

    def _from_body(self, body: bytes, content_type: bytes) -> dict[str, JsonValue]:
        if not body or not self.takes_body:
            return {}
        if self._raw:
            raw = {"contentType": content_type.decode("latin-1"), "data": _base64(body)}
            return {self._body.json_name: raw} if self._body else raw
        value = self._parse(body)
        if self._body is not None:
            return {self._body.json_name: value}
        if not isinstance(value, dict):
            raise InvalidArgument("the body must be a JSON object")
        return value

    def _parse(self, body: bytes) -> JsonValue:
        value = parse_json(body)
        # As many brackets as levels at the least: most bodies need no second look.
        levels = self._bounds.json_depth_max
        if body.count(b"{") + body.count(b"[") > levels and deeper(value, levels):
            raise InvalidArgument("the JSON of the body is nested too deeply")
        return value

    def _add_query(self, request: dict[str, JsonValue], query: bytes) -> None:
        told: dict[tuple[str, ...], tuple[Leaf, list[str]]] = {}  # both names of a field are one
        for name, texts in self._parameters(query).items():
            try:
                leaf = self._parameter(name)
            except _UnknownError:
                if self._bounds.unknown_fields == "reject":
                    raise violation(name, "is no query parameter of this method") from None
            else:
                told.setdefault(leaf.path, (leaf, []))[1].extend(texts)
        for leaf, texts in told.values():
            self._put(request, leaf, leaf.read(texts))

    def _parameters(self, query: bytes) -> dict[str, list[str]]:
        try:
            pairs = parse_qsl(
                query.decode("ascii"),
                keep_blank_values=True,
                max_num_fields=self._bounds.parameters_max,
                errors="strict",
            )
        except ValueError as error:
            raise InvalidArgument(f"the query cannot be read: {error}") from error
        grouped: dict[str, list[str]] = {}
        for name, value in pairs:
            grouped.setdefault(name, []).append(value)
        return grouped

    def _find_parameter(self, name: str) -> Leaf:
        """What a query parameter fills.

        Raises:
            _UnknownError: nothing, or path or body fill it. No cache keeps that: clients can
                make up long names without end.
        """
        if self._whole:
            raise _UnknownError
        leaf = find_leaf(self._contracts, self._request, tuple(name.split(".")))
        if leaf is None or leaf.path in self._bound:
            raise _UnknownError
        if self._body is not None and leaf.path[0] == self._body.json_name:
            raise _UnknownError
        return leaf

    def _put(self, request: dict[str, JsonValue], leaf: Leaf, value: JsonValue) -> None:
        """Sets a value deep in the request, over whatever stood there under either name."""
        place = request
        for json_name, name in zip(leaf.path[:-1], leaf.names[:-1], strict=True):
            if name != json_name and name in place:
                place[json_name] = place.pop(name)
            inner = place.get(json_name)
            if inner is None:
                inner = place[json_name] = {}
            if not isinstance(inner, dict):
                raise violation(name, "must be a JSON object")
            place = inner
        place.pop(leaf.names[-1], None)
        place[leaf.path[-1]] = value


def _string(number: int, value: str) -> bytes:
    return delimited((number,), value.encode())


class ResponsePlan:
    """How the answers of one binding become HTTP bodies."""

    def __init__(self, binding: Binding, codec: Codec) -> None:
        self._codec = codec
        self._type = binding.method.output.full_name
        self._field = _response_field(binding)
        self.raw = answers_raw(binding.method, binding.rule)
        self._inside = peek(self._field.number) if self._field and self.raw else None

    def body(self, answer: bytes) -> HttpBody:
        """Returns the raw body of an answer; only where `raw` is true.

        Raises:
            Internal: the answer is not what the contract says.
        """
        return http_body(self._inside(answer) if self._inside else answer)

    def write_json(self, answer: bytes) -> bytes:
        """Returns the JSON of an answer, or of the one field that the rule names."""
        text = self._codec.to_json(self._type, answer)
        if self._field is None:
            return text
        found = orjson.loads(text).get(self._field.json_name, _empty(self._field))
        return orjson.dumps(found)


def require_json(content_type: bytes) -> None:
    """Lets JSON pass, and a body whose type nobody said (R24).

    Raises:
        UnsupportedMediaType: it is something else.
    """
    kind = content_type.partition(b";")[0].strip().lower()
    if kind and kind != JSON and not kind.endswith(b"+json"):
        raise UnsupportedMediaType(f"send JSON, not {kind.decode('latin-1')}")


def _variable(binding: Binding, contracts: Contracts, names: tuple[str, ...]) -> Leaf:
    leaf = find_leaf(contracts, binding.method.input, names)
    if leaf is None or leaf.field.repeated:
        raise ContractError(
            f"{binding}: {'.'.join(names)} is no single value of {binding.method.input.full_name}"
        )
    return leaf


def _body_field(binding: Binding) -> Field | None:
    name = binding.rule.body
    if name in ("", "*"):
        return None
    field = binding.method.input.by_name.get(name)
    if field is None:
        raise ContractError(f"{binding}: the body {name} is no field of the request")
    return field


def _response_field(binding: Binding) -> Field | None:
    name = binding.rule.response_body
    if not name:
        return None
    field = binding.method.output.by_name.get(name)
    if field is None:
        raise ContractError(f"{binding}: the response body {name} is no field of the response")
    return field


def _empty(field: Field) -> JsonValue:
    if field.repeated and field.map_key is None:
        return []
    return {} if field.is_message else None


def _percent(value: str) -> str:
    """A value percent-encoded; most resource names need it for their slashes alone."""
    if _PLAIN.fullmatch(value):
        return value.replace("/", "%2F")
    return quote(value, safe="")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
