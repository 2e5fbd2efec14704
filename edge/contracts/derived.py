"""Everything that the rules derive from a set of contracts, in one value."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from edge.contracts.fetchers import Fetchers, find_fetchers
from edge.contracts.joins import Joins, find_joins
from edge.contracts.long_running import LongRunning, find_long_running
from edge.contracts.model import Contracts
from edge.contracts.names import Names, find_names
from edge.contracts.operations import Operation, find_operations
from edge.contracts.resources import Resources, find_resources


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """The contracts and what follows from them.

    `fetchers` has the full names of the messages that own resources as keys, `operations` the
    paths of all methods, `long_running` those of methods whose answer comes later.
    """

    contracts: Contracts
    resources: Resources
    fetchers: Mapping[str, Fetchers]
    operations: Mapping[str, Operation]
    joins: Joins
    long_running: Mapping[str, LongRunning]
    names: Names


def derive(contracts: Contracts, bare_packages: Collection[str] = ()) -> Derived:
    """Returns what the rules derive; `bare_packages` are versions that keep bare names (R20).

    Raises:
        ContractError: the contracts contradict themselves (R1).
    """
    resources = find_resources(contracts)
    fetchers = find_fetchers(contracts, resources)
    operations = find_operations(contracts, resources)
    joins = find_joins(contracts, resources, fetchers, bare_packages)
    later = find_long_running(contracts, operations)
    names = find_names(contracts, operations, joins, later, bare_packages)
    return Derived(contracts, resources, fetchers, operations, joins, later, names)
