"""Joins beside an answer: `?expand=reviews,category` on a read (R23).

A path goes from the answer inwards, from the items of a page where there is one, by field names
and the names of joins. What a join leads to stands in a member `expanded` of the object that it
starts from, so every value that the contract knows stays as it is: a resource as it is read by
itself, or null; the children of a parent as their list answers them. Loading, batching, the cost
limit and what becomes of a failure are GraphQL's: a join that fails is null, and the answer's
member `expandErrors` says why.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from urllib.parse import unquote_plus

import orjson
from google.protobuf.message import Message

from edge.codec import Codec, JsonValue
from edge.contracts.fetchers import BatchGet
from edge.contracts.joins import ForwardJoin, ReverseJoin
from edge.contracts.model import Field, MessageType
from edge.contracts.operations import page_of, reads
from edge.contracts.well_known import WELL_KNOWN
from edge.errors import ErrorContext, problem
from edge.loading.execution import Execution
from edge.loading.lengths import FIRST_ABSENT, REPEATED_LENGTH
from edge.loading.levels import Levels, Unprojectable
from edge.loading.pages import Page
from edge.loading.reading import Reading
from edge.loading.slot import Slot
from edge.loading.stage import Join, Joined, Stage, Waiting
from edge.rest.query import taken
from edge.rest.router import Binding
from edge.rest.values import violation
from mesh.errors import Internal, InvalidArgument, MeshError

EXPAND = "expand"
PATHS_MAX = 20
PATH_DEPTH_MAX = 8
CACHED_EXPANSIONS_MAX = 256
"""Of all bindings together: a set of contracts may have thousands."""
EXPANDED, ERRORS = "expanded", "expandErrors"

Prune = Callable[[bytes], bytes]
Sized = tuple[Field, int]
"""A list of an answer, and the length that the request gave it."""


class _NoArguments:
    """A join on REST has the arguments that its list has where none are given."""

    def read(self, variables: object) -> dict[str, JsonValue]:
        return {}


@dataclass(slots=True)
class _Place:
    """A message on the way of some paths: the joins and the fields that they take from it."""

    message: MessageType
    joins: dict[str, tuple[Join, "_Place"]] = field(default_factory=dict)
    fields: dict[str, tuple[Field, "_Place"]] = field(default_factory=dict)
    first: int = 0

    def within(self) -> Iterator["_Place"]:
        """Yields this place and those that its fields lead to without a call."""
        yield self
        for _, inner in self.fields.values():
            yield from inner.within()


class Expand:
    """Reads `expand` for one binding."""

    def __init__(self, binding: Binding, reading: Reading, codec: Codec, cost_max: int) -> None:
        self._method = binding.method
        self._page = page_of(binding.method)
        self._reading, self._codec, self._cost_max = reading, codec, cost_max

    def take(self, query: bytes) -> tuple[bytes, "Expansion | None"]:
        """Returns a query without its `expand`, and what that asks for.

        Raises:
            InvalidArgument: a path leads nowhere, or there are too many.
        """
        rest, texts = taken(query, b"expand")
        return rest, _expansion(self, b",".join(texts)) if texts else None

    def check(self, expansion: "Expansion", request: bytes) -> None:
        """Lets an expansion pass that a request can afford; only the whole request has its size.

        Raises:
            InvalidArgument: it costs too much.
        """
        cost = expansion.cost(self._method.facts.cost, self._sized(request))
        if cost > self._cost_max:
            told = f"costs {cost}; the limit is {self._cost_max}"
            error = violation(EXPAND, told)
            raise InvalidArgument(error.message, reason="COST_LIMIT", violations=error.violations)

    def paths(self) -> list[str]:
        """Returns the paths of one join each, from the answer or from the items of its page."""
        derived, name = self._reading.derived, self._start().full_name
        forward = [join.name for join in derived.joins.forward.get(name, ())]
        return [*forward, *(join.name for join in derived.joins.reverse.get(name, ()))]

    def _sized(self, request: bytes) -> Sized | None:
        """The list of the answer whose length a request says: of a page, or of a BatchGet."""
        if self._page is None and self._batch is None:
            return None
        message = self._reading.messages.read(self._method.input.full_name, request)
        if self._page is not None:
            asked = getattr(message, self._page.size_field.name)
            size: int = getattr(asked, "value", asked)  # it may be wrapped
            return self._page.items_field, size if size > 0 else FIRST_ABSENT
        assert self._batch
        return self._batch.items_field, len(getattr(message, self._batch.names_field.name))

    @cached_property
    def _batch(self) -> BatchGet | None:
        """The method itself, where it is a BatchGet."""
        batches = (fetchers.batch_get for fetchers in self._reading.derived.fetchers.values())
        return next((b for b in batches if b and b.method.path == self._method.path), None)

    def _start(self) -> MessageType:
        if self._page is None:
            return self._method.output
        return self._reading.derived.contracts.messages[self._page.items_field.type_name]

    def read(self, text: bytes) -> "Expansion":
        """Returns what paths ask for, with commas between; raises as `take`."""
        paths = [path.strip() for path in unquote_plus(text.decode("latin-1")).split(",")]
        if len(paths) > PATHS_MAX:
            raise violation(EXPAND, f"may have {PATHS_MAX} paths")
        start = _Place(self._start())
        for path in paths:
            names = path.split(".")
            if len(names) > PATH_DEPTH_MAX:
                raise violation(EXPAND, f"a path may have {PATH_DEPTH_MAX} names")
            place, joined = start, False
            for name in names:
                place, joined = self._step(place, name, path)
            if not joined:
                raise violation(EXPAND, f"{path!r} ends in no join")
        if self._page is None:
            return Expansion(start, self._codec)
        whole = _Place(self._method.output)
        whole.fields[self._page.items_field.json_name] = (self._page.items_field, start)
        return Expansion(whole, self._codec)

    def _step(self, place: _Place, name: str, path: str) -> tuple[_Place, bool]:
        """Returns where a name leads from a place, and whether it is a join."""
        joins = self._reading.derived.joins
        full_name = place.message.full_name
        for forward in joins.forward.get(full_name, ()):
            if forward.name == name:
                target = _Place(forward.target.message)
                return place.joins.setdefault(name, (forward, target))[1], True
        for reverse in joins.reverse.get(full_name, ()):
            if reverse.name == name:
                target = _Place(reverse.child.message)
                return place.joins.setdefault(name, (reverse, target))[1], True
        found = place.message.field_called(name)
        if found is None or not found.is_message or found.map_key or found.type_name in WELL_KNOWN:
            raise violation(EXPAND, f"{path!r} is no path of the answer")
        inner = _Place(self._reading.derived.contracts.messages[found.type_name])
        return place.fields.setdefault(found.json_name, (found, inner))[1], False


class Expansion:
    """What one `expand` asks for."""

    def __init__(self, place: _Place, codec: Codec) -> None:
        self._place = place
        self._codec = codec
        self._joins = self._joined(place)

    def cost(self, call: int, sized: Sized | None) -> int:
        """Returns what it costs with the call itself."""
        return call + _cost(self._place, 1, sized)

    async def fill(
        self, answer: bytes, execution: Execution, errors: ErrorContext, prune: Prune | None
    ) -> bytes:
        """Returns the JSON of an answer with its joins; `prune` leaves out fields of it.

        Raises:
            Internal: an answer has no JSON.
        """
        message = execution.messages.read(self._place.message.full_name, answer)
        stage = Stage(lambda m, w: self._object(self._place, m, w, prune), self._joins)
        whole: dict[str, JsonValue] = {}
        levels = Levels(execution)
        try:
            await levels.put(Slot(whole, "", stage, ()), message)
        except* Unprojectable as group:
            raise Internal("an upstream answered what has no JSON") from group
        if failures := _told(levels.failures(whole), errors):
            whole[""][ERRORS] = failures
            execution.request.notes.max_age_seconds = 0.0  # the next answer may lack nothing
        return orjson.dumps(whole[""])

    def _joined(self, place: _Place) -> tuple[Joined, ...]:
        """Returns the joins of a place and of its fields; each place keeps where its own begin."""
        found: list[Joined] = []
        for each in place.within():
            each.first = len(found)
            for key, (join, target) in each.joins.items():
                found.append(Joined(key, join, _NoArguments(), False, self._stage(join, target)))
        return tuple(found)

    def _stage(self, join: Join, target: _Place) -> Stage:
        joins = self._joined(target)
        if isinstance(join, ForwardJoin):
            return Stage(lambda m, w: self._object(target, m, w), joins)
        return Stage(lambda page, w: self._list(join, target, page, w), joins)

    def _object(
        self, place: _Place, message: Message, waiting: Waiting, prune: Prune | None = None
    ) -> JsonValue:
        text = self._codec.to_json(place.message.full_name, message.SerializeToString())
        value = orjson.loads(prune(text) if prune else text)
        _collect(place, value, message, waiting)
        return value

    def _list(self, join: ReverseJoin, target: _Place, page: Page, waiting: Waiting) -> JsonValue:
        """Returns the children of a parent as their list answers them."""
        items = [self._object(target, node, waiting) for node in page.nodes]
        answer: dict[str, JsonValue] = {join.items_field.json_name: items}
        if join.page:
            answer[join.page.next_token_field.json_name] = page.next_token
            if join.page.total_field and page.total is not None:
                answer[join.page.total_field.json_name] = page.total
        return answer


@lru_cache(maxsize=CACHED_EXPANSIONS_MAX)
def _expansion(expand: Expand, text: bytes) -> Expansion:
    return expand.read(text)


def member_of(message: MessageType) -> str:
    """Returns what the joined objects of a message stand in: a name that no field of it has."""
    return f"_{EXPANDED}" if message.field_called(EXPANDED) else EXPANDED


def expand_of(binding: Binding, reading: Reading, codec: Codec, cost_max: int) -> Expand | None:
    """Returns how a binding reads `expand`; None where it does not, or means a field of its own."""
    method = binding.method
    taken = method.input.field_called(EXPAND) or binding.rule.response_body
    answers = reads(method) and method.unary and method.output.full_name not in WELL_KNOWN
    return Expand(binding, reading, codec, cost_max) if answers and not taken else None


def _cost(place: _Place, times: int, sized: Sized | None = None) -> int:
    total = 0
    for join, target in place.joins.values():
        if isinstance(join, ForwardJoin):
            method, length = join.fetchers.method, REPEATED_LENGTH if join.repeated else 1
        else:
            method, length = join.method, FIRST_ABSENT
        cost = method.facts.cost if method else 0
        total += times * cost + _cost(target, times * length)
    for field_, inner in place.fields.values():
        length = REPEATED_LENGTH if field_.repeated else 1
        if sized and field_ is sized[0]:
            length = sized[1]
        total += _cost(inner, times * length)
    return total


def _collect(place: _Place, value: JsonValue, message: Message, waiting: Waiting) -> None:
    """Lets the objects of a value that joins start from wait for them."""
    if place.joins:
        expanded = value[member_of(place.message)] = dict.fromkeys(place.joins)
        for at in range(place.first, place.first + len(place.joins)):
            waiting[at].append((expanded, message))
    for name, (field_, inner) in place.fields.items():
        found = value.get(name)  # what was left out, or is not set, has nothing to join
        if isinstance(found, list):
            for one, source in zip(found, getattr(message, field_.name), strict=True):
                _collect(inner, one, source, waiting)
        elif found is not None:
            _collect(inner, found, getattr(message, field_.name), waiting)


def _told(
    failures: Iterable[tuple[list[str | int], Slot, MeshError]], context: ErrorContext
) -> list[JsonValue]:
    """Returns each error once, as a problem with the paths of the joins that it left null."""
    by_cause: dict[int, tuple[MeshError, list[list[str | int]]]] = {}
    for path, _, error in failures:
        by_cause.setdefault(id(error), (error, []))[1].append(path[1:])
    return [
        {"paths": paths, **orjson.loads(problem(error, context)[2])}
        for error, paths in by_cause.values()
    ]
