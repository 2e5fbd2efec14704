"""What reading a set of contracts leans on, worked out when it is first needed."""

from collections.abc import Collection
from functools import cached_property

from edge.contracts.derived import Derived, derive
from edge.contracts.model import Contracts
from edge.messages import Messages
from edge.routing import Routes


class Reading:
    """What GraphQL and `?expand` share of one set of contracts.

    REST alone needs none of it, so a large set starts without.
    """

    def __init__(self, contracts: Contracts, bare_packages: Collection[str] = ()) -> None:
        self._contracts = contracts
        self._bare_packages = bare_packages
        self.messages = Messages(contracts)
        self.routes = Routes(contracts)

    @cached_property
    def derived(self) -> Derived:
        """What the rules derive from the contracts.

        Raises:
            ContractError: the contracts contradict themselves.
        """
        return derive(self._contracts, self._bare_packages)
