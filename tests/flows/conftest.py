from collections.abc import Iterator

import httpx
import pytest

from tests.flows.processes import Mesh, running


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """One mesh for all tests that leave it as they found it."""
    with running(tmp_path_factory.mktemp("mesh") / "data", SELVEDGE_TRACES="file") as found:
        yield found


@pytest.fixture
def client(mesh: Mesh) -> Iterator[httpx.Client]:
    with mesh.client() as client:
        yield client
