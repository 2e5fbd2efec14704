"""What the fields of a schema cost, derived from the contracts (policy `cost`, R4, R5, R7).

A field that makes a call costs what the policy of its method says, as often as the lists around it
have entries: `first`, or FIRST_ABSENT where that is absent; the names given to a BatchGet; and
REPEATED_LENGTH for a list that is part of an object or an answer, such as a repeated join, whose
length nobody can know before. `node` costs what the dearest fetcher does: its id is opaque.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edge.contracts.derived import Derived
from edge.contracts.fetchers import Fetchers
from edge.contracts.fields import field_names
from edge.loading.lengths import REPEATED_LENGTH

FIRST = "first"

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Price:
    """What a field costs.

    `cost` is that of its call, 0 where it makes none. What is selected below it counts `length`
    times, or as often as the argument `sized_by` says: its number, or how many it lists.
    """

    cost: int = 0
    length: int = 1
    sized_by: str = ""


Prices = Mapping[Key, Price]
"""The prices by the GraphQL names of the type and the field.

A field that is missing makes no call; where it is a list, it is REPEATED_LENGTH long.
"""


def find_prices(derived: Derived) -> Prices:
    """Returns the prices of the fields that make calls, and of those that only lead on."""
    prices: dict[Key, Price] = {}
    names_arguments = _names_arguments(derived)
    for operation in derived.operations.values():
        if operation.exposed:
            root = operation.kind.value.capitalize()
            key = root, derived.names.field_of(operation.method)
            names = names_arguments.get(operation.method.path, "")
            sized_by = FIRST if operation.page else names
            prices[key] = Price(operation.method.facts.cost, sized_by=sized_by)
    prices.update(_polls(derived))
    prices.update(_forward(derived))
    prices.update(_reverse(derived))
    prices.update(_sized_above(derived))
    prices["Query", "node"] = Price(max(map(_fetched, derived.fetchers.values()), default=0))
    return prices


def _names_arguments(derived: Derived) -> Mapping[str, str]:
    """Returns the argument of each BatchGet that holds the names, by the method's path."""
    batches = [f.batch_get for f in derived.fetchers.values() if f.batch_get]
    return {b.method.path: field_names(b.method.input)[b.names_field.name] for b in batches}


def _fetched(fetchers: Fetchers) -> int:
    return fetchers.method.facts.cost if fetchers.method else 0


def _polls(derived: Derived) -> Iterator[tuple[Key, Price]]:
    for later in derived.long_running.values():
        if later.poll:
            name = derived.names.poll_of(later.method)
            price = Price(later.poll.method.facts.cost)
            yield ("Query", name), price
            yield ("Subscription", name), price


def _forward(derived: Derived) -> Iterator[tuple[Key, Price]]:
    for owner, joins in derived.joins.forward.items():
        for join in joins if owner in derived.names.types else ():
            length = REPEATED_LENGTH if join.repeated else 1
            key = derived.names.type_of(owner), join.name
            yield key, Price(_fetched(join.fetchers), length)


def _reverse(derived: Derived) -> Iterator[tuple[Key, Price]]:
    for owner, joins in derived.joins.reverse.items():
        for join in joins if owner in derived.names.types else ():
            key = derived.names.type_of(owner), join.name
            yield key, Price(join.method.facts.cost, sized_by=FIRST)


def _sized_above(derived: Derived) -> Iterator[tuple[Key, Price]]:
    """The lists whose length is that of the field above them."""
    for (_, form), name in derived.names.forms.items():
        if form == "Connection":
            yield (name, "nodes"), Price()
            yield (name, "edges"), Price()
    for fetchers in derived.fetchers.values():
        batch = fetchers.batch_get
        if batch and batch.method.output.full_name in derived.names.types:
            answer = batch.method.output
            name = field_names(answer)[batch.items_field.name]
            yield (derived.names.type_of(answer.full_name), name), Price()
