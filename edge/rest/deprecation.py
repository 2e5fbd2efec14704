"""The headers of a method that ends: `Deprecation`, `Sunset`, and links to what comes after.

RFC 9745 (Deprecation, and its link), RFC 8594 (Sunset, and its link), RFC 5829
(successor-version). They are on every answer of a binding, errors too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from urllib.parse import quote

from starlette.types import Message, Scope, Send

from edge.contracts.model import Contracts, Method
from edge.contracts.template import DEEP, ONE, Template, parse_template
from edge.errors import Headers
from edge.rest.router import Binding
from mesh.deprecation import Deprecation

LONG_AGO = date(1970, 1, 1)
"""RFC 9745 wants a date; a contract may say `deprecated` and none."""
_PATH_SAFE = "/%:@!$&'()*+,;=-._~"


@dataclass(frozen=True, slots=True)
class Notice:
    """What every answer of one binding says of its end.

    `successor_version` is the first segment of the path at which the binding's successor answers;
    the rest of the path is the same. It is empty where there is no such path.
    """

    headers: Headers
    successor_version: str

    def over(self, scope: Scope, send: Send) -> Send:
        """Returns a `send` that adds the notice to the headers of the answer."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *self.headers, *self._successor(scope["raw_path"])]
                message = {**message, "headers": headers}
            await send(message)

        return sending

    def _successor(self, path: bytes) -> Headers:
        if not self.successor_version:
            return []
        rest = path.split(b"/", 2)[2]
        return [_link(f"/{self.successor_version}/{quote(rest, _PATH_SAFE)}", "successor-version")]


def notice_of(binding: Binding, contracts: Contracts) -> Notice | None:
    """Returns the notice of a binding, or None where its method does not end."""
    end = binding.method.facts.deprecation
    if end is None:
        return None
    return Notice(list(_headers(end, binding.method)), _successor_version(binding, contracts))


def successor_of(method: Method, contracts: Contracts) -> Method | None:
    """Returns the method to use instead; None where there is none, or the contracts lack it."""
    end = method.facts.deprecation
    name = end.successor if end else ""
    if name in contracts.services:
        return contracts.method(f"/{name}/{method.name}")
    service, _, name = name.rpartition(".")
    return contracts.method(f"/{service}/{name}")


def _headers(end: Deprecation, method: Method) -> Iterator[tuple[bytes, bytes]]:
    if end.since or method.deprecated:
        moment = int(_midnight(end.since or LONG_AGO).timestamp())
        yield b"deprecation", b"@%d" % moment
    if end.sunset:
        yield b"sunset", format_datetime(_midnight(end.sunset), usegmt=True).encode()
    if end.documentation_uri:
        page = quote(end.documentation_uri, _PATH_SAFE + "?#[]")
        yield _link(page, "deprecation")
        if end.sunset:
            yield _link(page, "sunset")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _link(target: str, relation: str) -> tuple[bytes, bytes]:
    return b"link", f'<{target}>; rel="{relation}"'.encode()


def _successor_version(binding: Binding, contracts: Contracts) -> str:
    """Versions differ in the first segment alone; another path is no link that can be filled."""
    method = successor_of(binding.method, contracts)
    below = _below_version(binding.template)
    for rule in method.http if method and below else ():
        found = parse_template(rule.template)
        if rule.verb == binding.rule.verb and _below_version(found) == below:
            return found.segments[0]
    return ""


def _below_version(template: Template) -> tuple[str, ...]:
    """What follows the first segment, and the verb; nothing where that segment is any."""
    first, *rest = template.segments
    return () if first in (ONE, DEEP) else (*rest, template.verb)
