"""Pages and their cursors (R9): AIP-158 page tokens as Relay connections.

A page token names only the start of a page, a cursor names a place behind one node. So a cursor
holds the token of its page and how many nodes of it are past; reading on from it reads the page
again and leaves those out. It is bound to the method and the arguments of its list.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from google.protobuf.message import Message

from edge.codec import JsonValue
from mesh.errors import InvalidArgument

FIRST_MAX = 100
"""The most nodes of one window, where no setting says otherwise."""

Binding = Callable[[], str]
"""Says to which list and arguments a cursor is bound; called only where there is a cursor."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a list: behind `past` nodes from the page that `token` starts."""

    token: str = ""
    past: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list that a field asks for; no call for it asks for more than `first_max`."""

    first: int | None
    start: Place
    continues: bool
    first_max: int

    @property
    def page_size(self) -> int | None:
        """How many nodes to ask for; None leaves it to the method."""
        return None if self.first is None else min(self.first + self.start.past, self.first_max)


def read_window(
    binding: Binding, first: int | None, after: str | None, first_max: int = FIRST_MAX
) -> Window:
    """Returns the window that the arguments `first` and `after` of a list ask for.

    Raises:
        InvalidArgument: `first` is not from 0 to `first_max`, or `after` is no cursor of this list.
    """
    if first is not None and not 0 <= first <= first_max:
        raise InvalidArgument(
            f"first is {first}; 0 to {first_max} is allowed", reason="FIRST_LIMIT"
        )
    start = Place() if after is None else _read_cursor(binding(), after)
    return Window(first, start, after is not None, first_max)


def binding(method: str, arguments: Mapping[str, JsonValue]) -> str:
    """Returns a digest of a list's method and arguments, those of the page left out."""
    text = orjson.dumps([method, arguments], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=9).hexdigest()


class Page:
    """One page of a list: what the fields of a connection read.

    `next_token` is the list's own; nothing else is worked out before it is read.
    """

    __slots__ = ("_answer", "_binding", "_items", "_window", "next_token", "total")

    def __init__(
        self,
        window: Window,
        binding: Binding,
        items: Sequence[Message],
        next_token: str,
        total: int | None,
        answer: Message | None = None,
    ) -> None:
        self._window = window
        self._binding = binding
        self._items = items
        self.next_token = next_token
        self.total = total
        self._answer = answer

    def holding(self, name: str) -> Message | None:
        """Returns the answer that the page came in, None where that has no field of the name."""
        known = self._answer is not None and name in self._answer.DESCRIPTOR.fields_by_name
        return self._answer if known else None

    @property
    def nodes(self) -> Sequence[Message]:
        """The messages of the window."""
        past, last = self._window.start.past, self._last
        return self._items if past == 0 and last == len(self._items) else self._items[past:last]

    @property
    def edges(self) -> list[dict[str, Any]]:
        """Each node with the cursor behind it."""
        binding, nodes = self._binding(), self.nodes
        return [
            {"cursor": _cursor(binding, place), "node": node}
            for place, node in zip(self._places(len(nodes)), nodes, strict=True)
        ]

    @property
    def info(self) -> dict[str, JsonValue]:
        """The PageInfo; an empty page with more behind it has an end cursor too."""
        binding, places = self._binding(), self._places(len(self.nodes))
        end = places[-1] if places else self._end
        return {
            "hasNextPage": len(self._items) > self._last or bool(self.next_token),
            "hasPreviousPage": self._window.continues,
            "startCursor": _cursor(binding, places[0]) if places else None,
            "endCursor": _cursor(binding, end) if end else None,
        }

    @property
    def _last(self) -> int:
        """Where the window ends among the items."""
        count, first = len(self._items), self._window.first
        return count if first is None else min(count, self._window.start.past + first)

    @property
    def _end(self) -> Place | None:
        """The start of the next page, where the window ends with the items."""
        count, past = len(self._items), self._window.start.past
        if not self.next_token or count > self._last:
            return None
        # A page shorter than what is past leaves the rest of it to the next page.
        return Place(self.next_token, max(0, past - count))

    def _places(self, count: int) -> list[Place]:
        """Returns the place behind each node."""
        start = self._window.start
        places = [Place(start.token, start.past + at) for at in range(1, count + 1)]
        if places and (end := self._end):
            places[-1] = end
        return places


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
