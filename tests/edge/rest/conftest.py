from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message

from cli.generate import compile_contracts
from edge.contracts.load import load_contracts
from edge.contracts.model import Contracts


@pytest.fixture(scope="session")
def desk_contracts(tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    image = tmp_path_factory.mktemp("desk") / "desk.binpb"
    compile_contracts(Path(__file__).parent / "desk", image)
    return load_contracts(image)


@pytest.fixture(scope="session")
def made_desks() -> dict[tuple[tuple[str, object], ...], Any]:
    return {}


@pytest.fixture
def desk(
    desk_contracts: Contracts,
    exchange_of: Callable[..., Any],
    caller: Any,
    made_desks: dict[tuple[tuple[str, object], ...], Any],
) -> Callable[..., Any]:
    """Returns the REST handler over the desk's contracts with these settings, and a fresh script.

    It is made once: that takes longer than most tests.
    """

    def make(**settings: object) -> Any:
        key = tuple(sorted(settings.items()))
        made = made_desks.setdefault(key, None) or exchange_of(desk_contracts, caller, **settings)
        made_desks[key] = made
        made.caller.answers.clear()
        made.caller.asked.clear()
        return made

    return make


@pytest.fixture(scope="session")
def kinds(desk_contracts: Contracts, oracle_of: Callable[[bytes], Any]) -> Callable[[str], Any]:
    """Returns the classes of the desk's messages by simple name."""
    oracle = oracle_of(desk_contracts.image)
    return lambda name: oracle.kind(f"desk.v1.{name}")


@pytest.fixture
def note(kinds: Callable[[str], Any]) -> Message:
    """A note with everything in it."""
    made: Message = kinds("Note")(
        name="notes/1",
        title="Milk",
        author={"full_name": "Ada", "mail": "a@x"},
        comments=[{"text": "yes", "author": {"full_name": "Bob"}}, {"text": "no"}],
        labels={"color": "red", "size": "s"},
        readers={"b": {"full_name": "Bob", "mail": "b@x"}, "c": {"full_name": "Cy"}},
        line_two="2",
        etag='"7-1"',
    )
    return made
