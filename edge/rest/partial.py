"""Partial answers: `?fields=a,b.c` on a read (R10).

A path goes from the answer inwards, by proto or JSON names, through lists as if they were not
there; `*` is every key of a map, every element of a list, or a whole message. What is asked for
becomes the `read_mask` of a method that takes one (AIP-157), and in any case what is left of the
answer. A request field that is called `fields` itself stays what it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import unquote_plus

import orjson
from google.protobuf import field_mask_pb2

from edge.codec import JsonValue
from edge.contracts.model import Contracts, Field, MessageType
from edge.contracts.operations import masked_list, read_mask_of, reads
from edge.contracts.upload import answers_raw
from edge.contracts.well_known import WELL_KNOWN
from edge.rest.query import taken
from edge.rest.router import Binding
from edge.rest.values import PATH_DEPTH_MAX, violation
from edge.wire import delimited, peek

FIELDS = "fields"
PATHS_MAX = 100
CACHED_SELECTIONS_MAX = 256
"""Of all bindings together: a set of contracts may have thousands."""
EVERY = "*"

Keys: TypeAlias = "dict[str, Tree]"
Tree: TypeAlias = "Keys | None"
"""What is left of a value: of an object, by JSON name; None is all of it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of an answer that one request asks for. `mask` is the field to add to it."""

    tree: Tree
    mask: bytes
    mask_number: int

    def complete(self, request: bytes) -> bytes:
        """Returns the request with its read mask, unless it has one."""
        if not self.mask or peek(self.mask_number)(request):
            return request
        return request + self.mask

    def prune(self, text: bytes) -> bytes:
        """Returns the JSON of an answer without what was not asked for."""
        return text if self.tree is None else orjson.dumps(_pruned(orjson.loads(text), self.tree))


class Partial:
    """Reads `fields` for one binding."""

    def __init__(self, binding: Binding, contracts: Contracts) -> None:
        self._contracts = contracts
        name = binding.rule.response_body
        output = binding.method.output
        self._root = self._place(output.by_name[name]) if name else _Place(output)
        self._mask = read_mask_of(binding.method)
        self._within = masked_list(binding.method)
        if self._within is not None and self._within.name == name:
            self._within = None

    def take(self, query: bytes) -> tuple[bytes, Selection | None]:
        """Returns a query without its `fields`, and what they select.

        Raises:
            InvalidArgument: a path leads nowhere, or there are too many.
        """
        rest, texts = taken(query, b"fields")
        return rest, _selection(self, b",".join(texts)) if texts else None

    def select(self, text: bytes) -> Selection:
        """Returns what paths select, with commas between; raises as `take`."""
        paths = [path.strip() for path in unquote_plus(text.decode("latin-1")).split(",")]
        if len(paths) > PATHS_MAX:
            raise violation(FIELDS, f"may have {PATHS_MAX} paths")
        tree: Tree = {}
        masked: list[str] = []
        for path in paths:
            names = tuple(path.split("."))
            if len(names) > PATH_DEPTH_MAX:
                raise violation(FIELDS, f"a path may have {PATH_DEPTH_MAX} names")
            steps = list(self._steps(path, names))
            tree = _added(tree, [step.key for step in steps])
            masked += self._masked_path(steps)
        return Selection(tree, *self._encoded(masked))

    def _steps(self, path: str, names: tuple[str, ...]) -> Iterator["_Step"]:
        """Yields the keys on the way of a path, which ends early at `*` for a whole value."""
        place = self._root
        for index, name in enumerate(names):
            if place.entries is not None:
                yield _Step(name, None)
                place = self._place(place.entries)
            elif name == EVERY and index + 1 == len(names):
                return
            elif name == EVERY and place.listed:
                place = _Place(place.message)
            else:
                field = place.message.field_called(name) if place.message else None
                if field is None:
                    raise violation(FIELDS, f"{path!r} is no path of the answer")
                yield _Step(field.json_name, field)
                place = self._place(field)

    def _place(self, field: Field) -> "_Place":
        if field.map_value is not None:
            return _Place(None, entries=field.map_value)
        known = field.is_message and field.type_name not in WELL_KNOWN
        message = self._contracts.messages.get(field.type_name) if known else None
        return _Place(message, listed=field.repeated)

    def _masked_path(self, steps: list["_Step"]) -> Iterator[str]:
        """Yields the path as a mask has it: of the resource, and no further than a list."""
        fields = [step.field for step in steps]
        if self._within is not None:
            if not fields or fields[0] is not self._within:
                return
            fields = fields[1:]
        names = []
        for field in fields:
            if field is None:
                break
            names.append(field.name)
            if field.repeated:
                break
        yield ".".join(names) or EVERY

    def _encoded(self, paths: list[str]) -> tuple[bytes, int]:
        if self._mask is None or not paths:
            return b"", 0
        unique = [EVERY] if EVERY in paths else list(dict.fromkeys(paths))
        mask = field_mask_pb2.FieldMask(paths=unique).SerializeToString()
        return delimited((self._mask.number,), mask), self._mask.number


@lru_cache(maxsize=CACHED_SELECTIONS_MAX)
def _selection(partial: Partial, text: bytes) -> Selection:
    return partial.select(text)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a path has come to: a message, or each of a list; or the entries of a map."""

    message: MessageType | None
    listed: bool = False
    entries: Field | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """One key of the answer, and its field; None inside a map."""

    key: str
    field: Field | None


def partial_of(binding: Binding, contracts: Contracts) -> Partial | None:
    """Returns how a binding reads `fields`; None where it does not, or means a field of its own."""
    method = binding.method
    taken = method.input.field_called(FIELDS) or answers_raw(method, binding.rule)
    return None if taken or not reads(method) else Partial(binding, contracts)


def _added(tree: Tree, keys: list[str]) -> Tree:
    """Adds a path to a tree; what is whole already stays so."""
    if tree is None or not keys:
        return None
    key, *rest = keys
    tree[key] = _added(tree.get(key, {}), rest)
    return tree


def _pruned(value: JsonValue, tree: Tree) -> JsonValue:
    if tree is None:
        return value
    if isinstance(value, list):
        return [_pruned(element, tree) for element in value]
    if not isinstance(value, dict):
        return value
    if EVERY in tree:
        return {key: _pruned(inner, _under(tree, key)) for key, inner in value.items()}
    return {key: _pruned(inner, tree[key]) for key, inner in value.items() if key in tree}


def _under(tree: Keys, key: str) -> Tree:
    """What is left of an entry of a map: what its key asks for, and what every key does."""
    own = tree.get(key, {})
    every = tree[EVERY]
    return None if own is None or every is None else _united(own, every)


def _united(one: Keys, other: Keys) -> Keys:
    united = dict(one)
    for key, inner in other.items():
        mine = united.get(key, {})
        united[key] = None if mine is None or inner is None else _united(mine, inner)
    return united
