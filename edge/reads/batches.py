"""The methods that read many things in one call (R2, R5), and what the bytes of a read ask for.

A batch may stand in for a read only where nobody can tell: the same service, the same scopes, keys
that are written alike in request and answer, and an answer that holds nothing but items.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from edge.contracts.fetchers import Fetchers, find_fetchers
from edge.contracts.joins import BatchList, find_joins
from edge.contracts.model import Contracts, Field, Method
from edge.contracts.operations import reads
from edge.contracts.resources import Resource, find_resources, holds_id
from edge.reads.pieces import joined, keys, pieces, split
from edge.wire import LENGTH_DELIMITED

VIEW = "view"


class Wanted(NamedTuple):
    """What one read asks a batch for: keys, and the other fields of its request as they stand.

    `single` is true for a Get, whose answer is the item itself. A tuple, because every read that
    comes makes one: a frozen dataclass takes four times as long.
    """

    keys: tuple[bytes, ...]
    rest: bytes
    single: bool


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """A method that answers a list of keys with a list of items.

    The numbers are those of fields: `keys` of the request, `items` of the answer, `key` of an item.
    """

    method: Method
    keys: int
    items: int
    key: int

    def request(self, wanted: Sequence[bytes], rest: bytes) -> bytes:
        """Returns the request for keys; `rest` holds its other fields."""
        return rest + joined(wanted, self.keys)

    def found(self, answer: bytes) -> dict[bytes, list[bytes]]:
        """Returns the items of an answer by their keys.

        Raises:
            Internal: the answer is no message.
        """
        found: dict[bytes, list[bytes]] = {}
        of = keys(answer, self.items, self.key)
        for key, item in zip(of, pieces(answer, self.items), strict=True):
            found.setdefault(key, []).append(item)
        return found

    def answer(self, items: Sequence[bytes]) -> bytes:
        """Returns the answer that holds these items."""
        return joined(items, self.items)


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """How the reads of one method join others: by a batch, in which they are single or many.

    `single` is the number of the request field that holds the only key, 0 where there are many.
    Without a batch only reads that ask the very same thing join.
    """

    batch: Batch | None = None
    single: int = 0

    def wanted(self, request: bytes) -> Wanted | None:
        """Returns what a request asks the batch for, None where only a call of its own can say."""
        if self.batch is None:
            return None
        if not self.single:
            return _many(request, self.batch.keys)
        key = _only(request, self.single)
        return Wanted((key,), b"", True) if key else None


def ways(contracts: Contracts) -> Mapping[str, Way]:
    """Returns the way of every method with one answer that reads, by path.

    Raises:
        ContractError: the contracts contradict themselves (R1).
    """
    resources = find_resources(contracts)
    fetchers = find_fetchers(contracts, resources)
    found = {m.path: Way() for m in contracts.methods if m.unary and reads(m)}
    if any(m.name.startswith("BatchList") for m in contracts.methods):  # joins take their time
        for joins in find_joins(contracts, resources, fetchers).reverse.values():
            for batch in (join.batch for join in joins if join.batch):
                _add_by_parents(found, batch)
    for name, resource in resources.by_message.items():
        _add(found, resource, fetchers[name])
    return found


def _add(found: dict[str, Way], resource: Resource, fetchers: Fetchers) -> None:
    many, get = fetchers.batch_get, fetchers.get
    if many is None or many.method.path not in found:
        return
    if holds_id(many.names_field) != resource.keyed_by_id:
        return
    batch = _batch(many.method, many.names_field, many.items_field, resource.key)
    if len(many.method.output.fields) == 1:
        found[many.method.path] = Way(batch)
    joins = get and get.method.path in found and _alike(get.method, many.method)
    if get and joins and holds_id(get.name_field) == resource.keyed_by_id:
        found[get.method.path] = Way(batch, get.name_field.number)


def _alike(get: Method, batch: Method) -> bool:
    """Says whether whoever may call one may call the other, and sees as much of an item."""
    one, many = get.facts, batch.facts
    allowed = (one.service, one.scopes, one.public) == (many.service, many.scopes, many.public)
    # What a view shows when nothing is said may differ between the two (AIP-157).
    return allowed and not (VIEW in get.input.by_name or VIEW in batch.input.by_name)


def _add_by_parents(found: dict[str, Way], many: BatchList) -> None:
    """Adds a BatchList, whose items are the entries of one parent each."""
    method, parents, parent = many.method, many.parents_field, many.entry_parent_field
    alike = holds_id(parents) == holds_id(parent) and len(method.output.fields) == 1
    if alike and method.path in found:
        found[method.path] = Way(_batch(method, parents, many.entries_field, parent))


def _batch(method: Method, keys: Field, items: Field, key: Field) -> Batch:
    return Batch(method, keys.number, items.number, key.number)


def _only(request: bytes, number: int) -> bytes:
    """Returns the string that is all that a request says, empty where it says more or nothing."""
    size = len(request) - 2
    tag = number << 3 | LENGTH_DELIMITED
    if 0 < size < 0x80 and request[0] == tag and request[1] == size:
        return request[2:]  # nearly all are like that, and this takes a fifth of the time
    found, rest = split(request, number)
    return found[0] if len(found) == 1 and not rest else b""


def _many(request: bytes, number: int) -> Wanted | None:
    wanted, rest = split(request, number)
    # An owner may count a key twice, or refuse an empty one: a batch could not tell.
    plain = wanted and all(wanted) and len(set(wanted)) == len(wanted)
    return Wanted(wanted, rest, False) if plain else None
