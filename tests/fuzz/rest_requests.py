"""Makes requests for REST: right ones, wrong ones, and ones that nobody would send."""

import json
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

from edge.contracts.model import Contracts, Field, Kind, MessageType
from edge.rest.router import Binding, bindings_of

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND")
OWN_PATHS = (
    "/", "/livez", "/readyz", "/openapi.json", "/docs", "/docs/none", "/v1", "/v9/none", "/*",
)  # fmt: skip
ODD_TEXT = (
    "", " ", "a", "-", "*", "..", "%", "%2F", "%zz", "%00", "%FF", "é", "😀", "\x00", "\n", "'",
    '"', ";--", "{}", "[", "<b>", "\\", "a" * 300, "null", "true", "-1", "0", "1e999", "NaN", "²",
    "2026-01-02T03:04:05Z", "9" * 40, "x:y", ":go", "products/a", "a/b/c",
)  # fmt: skip
ODD_VALUES: Sequence[Any] = (
    None, True, 0, -1, 1.5, 2**64, "", "x", "\ud800", [], [None], {}, {"a": 1}, [[[]]], "a" * 500,
)  # fmt: skip
BROKEN = (
    b"", b"{", b"[]", b"null", b"\xff", b'{"a":1,"a":1}', b"{}{}", b"NaN", b"[" * 200, b"x=1",
)  # fmt: skip
HEADERS = {
    "content-type": ("application/json", "text/plain", "application/x-www-form-urlencoded", "é"),
    "accept": ("*/*", "application/json", "text/html", "image/png;q=0", "text/event-stream", ";;"),
    "if-match": ('"a"', "*", 'W/"a"', "a", '"'), "if-none-match": ('"a"', "*", ""),
    "range": ("bytes=0-1", "bytes=9-", "x"), "idempotency-key": ("a", "", "é", "k" * 500),
    "authorization": ("Bearer x", "é"), "traceparent": ("00-00-00-00", "x"),
    "content-length": ("x", "-1", "99999999"), "accept-encoding": ("gzip", "br", "*;q=0"),
    "last-event-id": ("1", "é"), "cache-control": ("no-cache", "max-age=x"),
    "x-odd": ("y" * 33_000,), "x-request-id": ("a b",),
}  # fmt: skip


@dataclass
class Made:
    """One request, as an ASGI server hands it on."""

    verb: str
    path: bytes
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""


@dataclass
class Requests:
    """An endless source of requests for a set of contracts; the same ones for the same seed."""

    contracts: Contracts
    random: Random
    bindings: list[Binding] = field(init=False)

    def __post_init__(self) -> None:
        self.bindings = list(bindings_of(self.contracts))

    def draw(self) -> Made:
        """Returns the next request."""
        binding = self.random.choice(self.bindings)
        verb = binding.rule.verb if self._often() else self.random.choice(VERBS)
        path = self._path(binding) if self._often() else self.random.choice(OWN_PATHS)
        if not self._often():
            path += self.random.choice(ODD_TEXT)
        query = "&".join(self._parameter(binding) for _ in range(self.random.choice((0, 0, 1, 3))))
        return Made(
            verb,
            quote(path, safe="/%:*~!$'()+,;=@").encode(),
            query.encode("ascii", "ignore"),
            [self._header() for _ in range(self.random.choice((0, 1, 1, 3)))],
            self._body(binding),
        )

    def _often(self) -> bool:
        return self.random.random() < 0.85

    def _text(self) -> str:
        if self._often():
            return "".join(self.random.choices(string.ascii_lowercase + string.digits, k=6))
        return self.random.choice(ODD_TEXT)

    def _path(self, binding: Binding) -> str:
        known = (
            quote(self._text(), safe="") if s in "**" else s for s in binding.template.segments
        )
        verb = binding.template.verb
        return "/" + "/".join(known) + (f":{verb}" if verb else "")

    def _parameter(self, binding: Binding) -> str:
        fields = binding.method.input.fields
        name = self.random.choice(fields).name if fields and self._often() else self._text()
        return f"{quote(name)}={quote(self._text(), safe='')}"

    def _header(self) -> tuple[bytes, bytes]:
        name = self.random.choice(list(HEADERS))
        return name.encode(), self.random.choice(HEADERS[name]).encode("latin-1")

    def _body(self, binding: Binding) -> bytes:
        if not binding.rule.body:
            return b""
        if not self._often():
            return self.random.choice(BROKEN)
        message = binding.method.input
        if binding.rule.body != "*":
            inside = message.by_name[binding.rule.body]
            message = self.contracts.messages.get(inside.type_name, message)
        return json.dumps(self._object(message, 3)).encode()

    def _object(self, message: MessageType, depth: int) -> Any:
        fields = [one for one in message.fields if self.random.random() < 0.5]
        names = [one.json_name if self._often() else one.name for one in fields]
        return {name: self._value(one, depth) for name, one in zip(names, fields, strict=True)} | (
            {} if self._often() else {self._text(): None}
        )

    def _value(self, one: Field, depth: int) -> Any:
        if not self._often() or depth == 0:
            return self.random.choice(ODD_VALUES)
        inside = self.contracts.messages.get(one.type_name)
        if inside is not None:
            value = self._object(inside, depth - 1)
        elif one.kind is Kind.STRING:
            value = self._text()
        else:
            value = self.random.randint(0, 3) if one.kind is not Kind.BOOL else True
        return [value] if one.repeated and one.map_key is None else value
