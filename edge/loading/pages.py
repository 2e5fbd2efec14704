"""Pages and their cursors (R9): AIP-158 page tokens as Relay connections.

A page token names only the start of a page, a cursor names a place behind one node. So a cursor
holds the token of its page and how many nodes of it are past; reading on from it reads the page
again and leaves those out. It is bound to the method and the arguments of its list.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from google.protobuf.message import Message

from edge.codec import JsonValue
from mesh.errors import InvalidArgument

FIRST_MAX = 100


Binding = Callable[[], str]
"""Says to which list and arguments a cursor is bound; called only where there is a cursor."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list: behind `past` nodes from the page that `token` starts."""

    token: str = ""
    past: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list that a field asks for."""

    first: int | None
    start: Place
    continues: bool

    @property
    def page_size(self) -> int | None:
        """How many nodes to ask for; None leaves it to the method."""
        return None if self.first is None else min(self.first + self.start.past, FIRST_MAX)


def read_window(binding: Binding, first: int | None, after: str | None) -> Window:
    """Returns the window that the arguments `first` and `after` of a list ask for.

    Raises:
        InvalidArgument: `first` is not from 0 to FIRST_MAX, or `after` is no cursor of this list.
    """
    if first is not None and not 0 <= first <= FIRST_MAX:
        raise InvalidArgument(
            f"first is {first}; 0 to {FIRST_MAX} is allowed", reason="FIRST_LIMIT"
        )
    start = Place() if after is None else _read_cursor(binding(), after)
    return Window(first, start, after is not None)


def binding(method: str, arguments: Mapping[str, JsonValue]) -> str:
    """Returns a digest of a list's method and arguments, those of the page left out."""
    text = orjson.dumps([method, arguments], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=9).hexdigest()


class Page:
    """One page of a list: what the fields of a connection read."""

    def __init__(
        self,
        window: Window,
        binding: Binding,
        items: Sequence[Message],
        next_token: str,
        total: int | None,
    ) -> None:
        past = window.start.past
        last = len(items) if window.first is None else past + window.first
        self.nodes = items[past:last]
        self.total = total
        self._window = window
        self._binding = binding
        self._past = min(past, len(items))
        self._has_more = len(items) > last or bool(next_token)
        # A page shorter than what is past leaves the rest of it to the next page.
        rest = Place(next_token, max(0, past - len(items)))
        self._end = rest if next_token and len(items) <= last else None

    @cached_property
    def edges(self) -> list[dict[str, Any]]:
        """Each node with the cursor behind it."""
        places = [
            Place(self._window.start.token, past)
            for past in range(self._past + 1, self._past + 1 + len(self.nodes))
        ]
        if places and self._end:
            places[-1] = self._end
        binding = self._binding()
        return [
            {"cursor": _cursor(binding, place), "node": node}
            for place, node in zip(places, self.nodes, strict=True)
        ]

    @property
    def info(self) -> dict[str, JsonValue]:
        """The PageInfo; an empty page with more behind it has an end cursor too."""
        end = _cursor(self._binding(), self._end) if self._end else None
        return {
            "hasNextPage": self._has_more,
            "hasPreviousPage": self._window.continues,
            "startCursor": self.edges[0]["cursor"] if self.edges else None,
            "endCursor": self.edges[-1]["cursor"] if self.edges else end,
        }


def _cursor(binding: str, place: Place) -> str:
    text = orjson.dumps([binding, place.token, place.past])
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _read_cursor(binding: str, cursor: str) -> Place:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        bound, token, past = orjson.loads(text)
        if not isinstance(token, str) or not isinstance(past, int) or past < 0:
            raise ValueError("no place")
    except (ValueError, TypeError) as error:
        raise InvalidArgument("after is no cursor", reason="CURSOR") from error
    if bound != binding:
        raise InvalidArgument(
            "after is a cursor of a list with other arguments", reason="CURSOR_ARGUMENTS"
        )
    return Place(token, past)
