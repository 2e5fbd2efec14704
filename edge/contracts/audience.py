"""What an audience may see of a set of contracts: elements labelled for others are gone (R15).

The descriptors themselves are pruned, so that whatever is derived from them follows: a hidden field
is no part of any answer, is unknown on input, and stands in no document. Hiding is not authorising:
what somebody may not *do*, the service that does it must refuse.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.api import field_behavior_pb2
from google.longrunning import operations_pb2
from google.protobuf import descriptor_pb2 as d
from google.protobuf.message import Message

from edge.contracts.elements import VISIBILITY
from edge.contracts.model import ContractError

PUBLIC = "public"
"""The audience without labels: it sees only what has none."""

_PARTS: Mapping[type[Message], Mapping[str, int]] = {
    d.FileDescriptorProto: {"message_type": 4, "enum_type": 5, "service": 6, "extension": 7},
    d.DescriptorProto: {"field": 2, "nested_type": 3, "enum_type": 4, "extension": 6},
    d.EnumDescriptorProto: {"value": 2},
    d.ServiceDescriptorProto: {"method": 2},
}
"""What a descriptor holds: the names and the numbers of the fields that hold it."""
_ONEOF_DECL = 8
LABEL_KEY = bytes.fromhex("fad2e49302")
"""How every label begins on the wire: the six extensions have one number."""

_Place = tuple[int, ...]
_Hidden = dict[str, str]


@dataclass(frozen=True, slots=True)
class View:
    """A set of contracts as one audience sees it.

    `hidden` says by full name why an element is not in `image`; what is inside of it is not told.
    """

    image: bytes
    hidden: Mapping[str, str]


def labels_of(text: str) -> frozenset[str]:
    """Returns the labels of a restriction or a setting: a list with commas."""
    return frozenset(filter(None, map(str.strip, text.split(","))))


def view(image: bytes, labels: Collection[str]) -> View:
    """Returns what an audience with these labels sees of a serialized FileDescriptorSet.

    A label that it has is enough. What refers to something hidden (a field, a method, an extension)
    is hidden too. The image is the very same where nothing is hidden.

    Raises:
        ContractError: the first value of an enum is hidden: it is the default, which must be known.
    """
    if LABEL_KEY not in image:
        return View(image, {})
    known = d.FileDescriptorSet.FromString(image)
    elements = [e for file in known.file for e in _elements(file, file.package)]
    hidden = _hidden(elements, frozenset(labels))
    if not hidden:
        return View(image, {})
    for file in known.file:
        _Pruning(file, hidden)
    return View(known.SerializeToString(), {name: why for name, why in hidden.items() if why})


@dataclass(frozen=True, slots=True)
class _Element:
    """A part of a file, its full name, and that of what it is in."""

    name: str
    outer: str
    part: Any


def _elements(outer: Any, outer_name: str) -> Iterator[_Element]:
    for held in _PARTS.get(type(outer), ()):
        for part in getattr(outer, held):
            name = _full(outer_name, part)
            yield _Element(name, outer_name, part)
            yield from _elements(part, name)


def _full(outer: str, part: Any) -> str:
    return f"{outer}.{part.name}" if outer else str(part.name)


def _hidden(elements: list[_Element], labels: frozenset[str]) -> _Hidden:
    """Says why elements are hidden, "" where what they are in is."""
    hidden: _Hidden = {}
    for element in elements:
        if element.outer in hidden:
            hidden[element.name] = ""
        elif why := _not_for(element.part, labels):
            hidden[element.name] = why
    for element in elements:
        if isinstance(element.part, d.EnumDescriptorProto):
            _hide_empty(element, hidden)
    for entries in (True, False):  # only the entry of a map hands on that it is hidden
        for element in elements:
            if _is_map_entry(element.part) is entries:
                _hide_users(element, hidden)
    return hidden


def _not_for(part: Any, labels: frozenset[str]) -> str:
    wanted = labels_of(part.options.Extensions[VISIBILITY[type(part)]].restriction)
    if not wanted or wanted & labels:
        return ""
    behaviors = (
        part.options.Extensions[field_behavior_pb2.field_behavior] if _is_field(part) else ()
    )
    required = field_behavior_pb2.REQUIRED in behaviors
    return f"for {', '.join(sorted(wanted))}" + (", although REQUIRED" if required else "")


def _hide_empty(enum: _Element, hidden: _Hidden) -> None:
    values = [f"{enum.name}.{value.name}" for value in enum.part.value]
    if enum.name in hidden or values[0] not in hidden:
        return
    if not all(value in hidden for value in values):
        raise ContractError(f"{values[0]} is hidden, but it is the default value of {enum.name}")
    hidden[enum.name] = "all its values are hidden"


def _hide_users(element: _Element, hidden: _Hidden) -> None:
    used = next((name for name in _uses(element) if name in hidden), None)
    if used and element.name not in hidden:
        hidden[element.name] = f"refers to {used}" if element.outer not in hidden else ""


def _uses(element: _Element) -> Iterator[str]:
    """Yields the full names of the types that an element cannot be without."""
    part = element.part
    if _is_map_entry(part):
        yield from (field.type_name.lstrip(".") for field in part.field)
    elif _is_field(part):
        yield part.type_name.lstrip(".")
        yield part.extendee.lstrip(".")
    elif isinstance(part, d.MethodDescriptorProto):
        yield part.input_type.lstrip(".")
        yield part.output_type.lstrip(".")
        info = part.options.Extensions[operations_pb2.operation_info]
        package = element.outer.rpartition(".")[0]
        for name in (info.response_type, info.metadata_type):
            yield from (name, f"{package}.{name}")


def _is_field(part: object) -> bool:
    return isinstance(part, d.FieldDescriptorProto)


def _is_map_entry(part: object) -> bool:
    return isinstance(part, d.DescriptorProto) and part.options.map_entry


class _Pruning:
    """Takes the hidden elements out of one file, and moves comments to where theirs now are."""

    def __init__(self, file: d.FileDescriptorProto, hidden: Collection[str]) -> None:
        self._hidden = hidden
        self._moved: dict[_Place, int | None] = {}
        self._prune(file, file.package, ())
        if self._moved:
            self._move(file.source_code_info.location)

    def _prune(self, outer: Any, outer_name: str, place: _Place) -> None:
        for held, number in _PARTS.get(type(outer), {}).items():
            parts = getattr(outer, held)
            stay = [_full(outer_name, part) not in self._hidden for part in parts]
            for index, part in enumerate(parts):
                if stay[index]:
                    self._prune(part, _full(outer_name, part), (*place, number, index))
            self._keep(parts, stay, (*place, number))
        if isinstance(outer, d.DescriptorProto):
            self._drop_oneofs(outer, place)

    def _keep(self, parts: Any, stay: list[bool], place: _Place) -> None:
        """Deletes what does not stay, and notes the new index of what moves, None for gone."""
        if all(stay):
            return
        for index, stays in enumerate(stay):
            self._moved[*place, index] = sum(stay[:index]) if stays else None
        for index in reversed(range(len(stay))):
            if not stay[index]:
                del parts[index]

    def _drop_oneofs(self, message: d.DescriptorProto, place: _Place) -> None:
        """A oneof without members is no legal descriptor."""
        members = [field for field in message.field if field.HasField("oneof_index")]
        used = {field.oneof_index for field in members}
        stay = [index in used for index in range(len(message.oneof_decl))]
        for field in members:
            field.oneof_index = sum(stay[: field.oneof_index])
        self._keep(message.oneof_decl, stay, (*place, _ONEOF_DECL))

    def _move(self, locations: Any) -> None:
        for index in reversed(range(len(locations))):
            path = self._new_path(tuple(locations[index].path))
            if path is None:
                del locations[index]
            else:
                locations[index].path[:] = path

    def _new_path(self, path: _Place) -> Iterable[int] | None:
        """Returns the path by which a comment now finds its element, None where that is gone."""
        moved = list(path)
        for end in range(2, len(path) + 1, 2):
            index = self._moved.get(path[:end], path[end - 1])
            if index is None:
                return None
            moved[end - 1] = index
        return moved
