"""The parts of descriptors by their full names, and the patterns that select them.

A full name joins the names of what is around a part by dots: `pkg.Service.Method`,
`pkg.Message.field`, `pkg.Enum.VALUE`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from google.api import visibility_pb2 as v
from google.protobuf import descriptor_pb2 as d
from google.protobuf.message import Message

_HELD: Mapping[type[Message], tuple[str, ...]] = {
    d.FileDescriptorProto: ("message_type", "enum_type", "service"),
    d.DescriptorProto: ("field", "nested_type", "enum_type"),
    d.EnumDescriptorProto: ("value",),
    d.ServiceDescriptorProto: ("method",),
}
_KINDS: Mapping[type[Message], str] = {
    d.DescriptorProto: "message",
    d.FieldDescriptorProto: "field",
    d.ServiceDescriptorProto: "service",
    d.MethodDescriptorProto: "method",
}
VISIBILITY: Mapping[type[Message], Any] = {
    d.ServiceDescriptorProto: v.api_visibility,
    d.MethodDescriptorProto: v.method_visibility,
    d.DescriptorProto: v.message_visibility,
    d.FieldDescriptorProto: v.field_visibility,
    d.EnumDescriptorProto: v.enum_visibility,
    d.EnumValueDescriptorProto: v.value_visibility,
}
"""The extension by which the options of each part say who sees it."""
_PATTERN = re.compile(r"\*|\w+(\.\w+)*(\.\*)?")

P = TypeVar("P", bound=Message)


class NoSuchElement(Exception):
    """A name or a pattern that stands for nothing; the message says so."""


class Elements:
    """Every message, field, enum, value, service and method of a set of files."""

    def __init__(self, files: Iterable[d.FileDescriptorProto]) -> None:
        self._parts = {name: part for file in files for name, part in _parts(file, file.package)}

    def all(self, *kinds: type[P]) -> dict[str, P]:
        """Returns what is of these kinds, by full name."""
        return {name: part for name, part in self._parts.items() if isinstance(part, kinds)}

    def one(self, name: str, kind: type[P]) -> P:
        """Returns the part of that full name and kind.

        Raises:
            NoSuchElement: there is none.
        """
        part = self._parts.get(name)
        if isinstance(part, kind):
            return part
        raise NoSuchElement(f"no {_KINDS[kind]} is called {name!r}{self._meant(name, kind)}")

    def selected(self, selector: str, *kinds: type[P]) -> list[P]:
        """Returns what a selector of google.api.Service stands for (documentation.proto).

        It is a list with commas of full names, and of prefixes with `.*` behind; `*` is all.

        Raises:
            NoSuchElement: one of them is no pattern, or stands for nothing of these kinds.
        """
        patterns = [pattern.strip() for pattern in selector.split(",")]
        found: dict[str, P] = {}
        for pattern in patterns:
            found.update(self._matches(pattern, kinds))
        return list(found.values())

    def _matches(self, pattern: str, kinds: tuple[type[P], ...]) -> dict[str, P]:
        if not _PATTERN.fullmatch(pattern):
            raise NoSuchElement(f"{pattern!r} is no selector: write pkg.Service.Method or pkg.*")
        if pattern.endswith("*"):
            inside = self.all(*kinds).items()
            found = {name: part for name, part in inside if name.startswith(pattern[:-1])}
        else:
            part = self._parts.get(pattern)
            found = {pattern: part} if isinstance(part, kinds) else {}
        if not found:
            what = _KINDS[kinds[0]] if len(kinds) == 1 else "element"
            raise NoSuchElement(f"no {what} is called {pattern!r}{self._meant(pattern, *kinds)}")
        return found

    def _meant(self, name: str, *kinds: type[P]) -> str:
        near = get_close_matches(name, self.all(*kinds), n=1, cutoff=0.8)
        return f"; {near[0]} is" if near else ""


def _parts(outer: Any, outer_name: str) -> Iterator[tuple[str, Any]]:
    for held in _HELD.get(type(outer), ()):
        for part in getattr(outer, held):
            name = f"{outer_name}.{part.name}" if outer_name else part.name
            yield name, part
            yield from _parts(part, name)
