from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cli.generate import compile_contracts
from edge.contracts.derived import Derived, derive
from edge.contracts.load import load_contracts

HEADER = """\
syntax = "proto3";
package {package};
import "google/api/annotations.proto";
import "google/api/field_behavior.proto";
import "google/api/resource.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/timestamp.proto";
"""
Deriving = Callable[..., Derived]


@pytest.fixture(scope="session")
def shop() -> Derived:
    """What follows from our own contracts."""
    return derive(load_contracts(Path(__file__).parents[3] / "gen" / "contracts.binpb"))


@pytest.fixture(scope="session")
def deriving(tmp_path_factory: pytest.TempPathFactory) -> Deriving:
    """Compiles one body for each package, in that order, and derives; the same text only once."""
    known: dict[tuple[tuple[str, str], ...], Derived] = {}

    def compiled(bodies: Mapping[str, str]) -> Derived:
        text = tuple(bodies.items())
        if text not in known:
            folder = tmp_path_factory.mktemp("contracts")
            (folder / "proto").mkdir()
            for number, (package, body) in enumerate(text):
                file = folder / "proto" / f"{number}.proto"
                file.write_text(HEADER.format(package=package) + body)
            compile_contracts(folder / "proto", folder / "image.binpb")
            known[text] = derive(load_contracts(folder / "image.binpb"))
        return known[text]

    return compiled
