import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.message import Message
from starlette.types import ASGIApp

from cli.generate import compile_contracts
from edge.call import RequestContext
from edge.codec import Codec
from edge.config import EdgeSettings
from edge.contracts.load import load_contracts
from edge.contracts.model import Contracts, Method
from edge.loading.reading import Reading
from edge.middleware.last_resort import LastResortMiddleware
from edge.rest.handler import RestHandler
from mesh.errors import MeshError, Unavailable

ROOT = Path(__file__).parents[2]


@dataclass
class ScriptedCaller:
    """Answers by method name as a test says; keeps what was asked."""

    answers: dict[str, bytes | MeshError | list[bytes | MeshError]] = field(default_factory=dict)
    asked: list[tuple[str, bytes, RequestContext]] = field(default_factory=list)
    unserved: set[str] = field(default_factory=set)

    def serves(self, service: str) -> bool:
        return service not in self.unserved

    async def unary(self, method: Method, request: bytes, context: RequestContext) -> bytes:
        self.asked.append((method.name, request, context))
        answer = self.answers.get(method.name, Unavailable("nobody is there"))
        if isinstance(answer, MeshError):
            raise answer
        assert isinstance(answer, bytes)
        return answer

    async def stream(
        self, method: Method, request: bytes, context: RequestContext
    ) -> AsyncIterator[bytes]:
        self.asked.append((method.name, request, context))
        answers = self.answers[method.name]
        assert isinstance(answers, list)
        for answer in answers:
            if isinstance(answer, MeshError):
                raise answer
            yield answer

    async def client_stream(
        self, method: Method, requests: AsyncIterator[bytes], context: RequestContext
    ) -> bytes:
        self.asked += [(method.name, request, context) async for request in requests]
        answer = self.answers[method.name]
        if isinstance(answer, MeshError):
            raise answer
        assert isinstance(answer, bytes)
        return answer


class Endless:
    """Never answers; says whether its calls were cancelled."""

    def __init__(self) -> None:
        self.started, self.ended = asyncio.Event(), asyncio.Event()

    def serves(self, service: str) -> bool:
        return True

    async def unary(self, method: Method, request: bytes, context: RequestContext) -> bytes:
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.set()
        return b""

    async def stream(
        self, method: Method, request: bytes, context: RequestContext
    ) -> AsyncIterator[bytes]:
        yield await self.unary(method, request, context)


class Oracle:
    """google.protobuf over the same image: what json_format says is right."""

    def __init__(self, image: bytes) -> None:
        self.pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(image).file:
            self.pool.Add(file)

    def kind(self, name: str) -> type[Message]:
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))

    def message(self, name: str, value: dict[str, object]) -> Message:
        return json_format.ParseDict(value, self.kind(name)(), descriptor_pool=self.pool)

    def value(self, message: Message, *, defaults: bool = True) -> dict[str, object]:
        return json_format.MessageToDict(
            message, always_print_fields_with_no_presence=defaults, descriptor_pool=self.pool
        )

    def read(self, name: str, data: bytes) -> dict[str, object]:
        """The value of a serialized message, without defaults."""
        return self.value(self.kind(name).FromString(data), defaults=False)


@dataclass
class Exchange:
    """A REST handler of its own over a scripted caller."""

    contracts: Contracts
    caller: ScriptedCaller
    settings: EdgeSettings

    def __post_init__(self) -> None:
        codec = Codec(
            self.contracts,
            emit_defaults=self.settings.rest_defaults == "emit",
            ignore_unknown=self.settings.unknown_fields == "ignore",
        )
        self.handler = RestHandler(
            self.contracts, codec, Reading(self.contracts), self.caller, self.settings
        )

    async def __call__(self, method: str, target: str, **options: object) -> httpx.Response:
        return await send_request(LastResortMiddleware(self.handler), method, target, **options)

    @property
    def request(self) -> bytes:
        """The message that reached the upstream last."""
        return self.caller.asked[-1][1]


async def send_request(app: ASGIApp, method: str, target: str, **options: object) -> httpx.Response:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
        return await client.request(method, target, **options)  # type: ignore[arg-type]  # handed on


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    image = tmp_path_factory.mktemp("probe") / "probe.binpb"
    compile_contracts(Path(__file__).parent / "probe", image)
    return load_contracts(image)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    image = tmp_path_factory.mktemp("files") / "files.binpb"
    compile_contracts(Path(__file__).parent / "files", image)
    return load_contracts(image)


@pytest.fixture(scope="session")
def shop() -> Contracts:
    return load_contracts(ROOT / "gen" / "contracts.binpb")


@pytest.fixture(scope="session")
def probe_oracle(probe: Contracts) -> Oracle:
    return Oracle(probe.image)


@pytest.fixture(scope="session")
def shop_oracle(shop: Contracts) -> Oracle:
    return Oracle(shop.image)


@pytest.fixture(scope="session")
def oracle_of() -> Callable[[bytes], Oracle]:
    return Oracle


@pytest.fixture
def caller() -> ScriptedCaller:
    return ScriptedCaller()


@pytest.fixture
def rest(probe: Contracts, caller: ScriptedCaller) -> Callable[..., Exchange]:
    def make(**settings: object) -> Exchange:
        return Exchange(probe, caller, EdgeSettings(**settings))  # type: ignore[arg-type]  # by name

    return make


@pytest.fixture
def exchange_of() -> Callable[..., Exchange]:
    def make(contracts: Contracts, caller: ScriptedCaller, **settings: object) -> Exchange:
        return Exchange(contracts, caller, EdgeSettings(**settings))  # type: ignore[arg-type]  # by name

    return make


@pytest.fixture
def ask() -> Callable[..., Awaitable[httpx.Response]]:
    return send_request


@pytest.fixture
async def endless() -> Endless:
    return Endless()
