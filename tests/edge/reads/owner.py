"""An owner of products whose calls end when a test says so."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from edge.call import RequestContext
from edge.contracts.model import Method
from mesh.deadline import Deadline
from mesh.errors import (
    FieldViolation,
    InvalidArgument,
    MeshError,
    NotFound,
    Unavailable,
    Unimplemented,
)
from shop.catalog.v1 import catalog_pb2 as catalog
from shop.inventory.v1 import inventory_pb2 as inventory

SECONDS = 60.0


@dataclass(eq=False)
class Pending:
    """A call that has begun. What it will answer was settled then."""

    name: str
    request: bytes
    context: RequestContext
    outcome: bytes | MeshError
    number: int
    released: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    cancelled: bool = False


class Owner:
    """Answers as its state is when a call begins, once the test releases the call.

    `manners` name what it does unlike the shop's catalog: `atomic` fails a batch that lacks a
    product, `naming` says which one, `shuffled` answers backwards, `old` has no batch, `garbage`
    answers batches with what is no message; products called `bad…` are invalid, `alias…` are known
    by another name, and `down` fails everything.
    """

    def __init__(self, manners: frozenset[str] = frozenset()) -> None:
        self.manners = manners
        self.version = 0
        self.pending: list[Pending] = []
        self.log: list[Pending] = []
        self.served = True

    @property
    def counts(self) -> Counter[str]:
        return Counter(call.name for call in self.log)

    def serves(self, service: str) -> bool:
        return self.served

    async def stream(
        self, method: Method, request: bytes, context: RequestContext
    ) -> AsyncIterator[bytes]:
        yield await self.unary(method, request, context)

    async def unary(self, method: Method, request: bytes, context: RequestContext) -> bytes:
        outcome = self.outcome(method.name, request, context)
        call = Pending(method.name, request, context, outcome, len(self.log))
        self.log.append(call)
        self.pending.append(call)
        try:
            await call.released
        except asyncio.CancelledError:
            call.cancelled = True
            raise
        finally:
            self.pending.remove(call)
        if isinstance(call.outcome, MeshError):
            raise call.outcome
        return call.outcome

    def release(self, index: int = 0) -> None:
        self.pending[index].released.set_result(None)

    def outcome(self, name: str, request: bytes, context: RequestContext) -> bytes | MeshError:
        """What a call of its own would get now."""
        try:
            return self._answer(name, request, context)
        except MeshError as error:
            return error

    def _answer(self, name: str, request: bytes, context: RequestContext) -> bytes:
        who = dict(context.metadata).get("authorization", "")
        if "down" in self.manners:
            raise Unavailable("the catalog is down")
        match name:
            case "GetProduct":
                asked = catalog.GetProductRequest.FromString(request).name
                self._check([asked], "name")
                return self._product(asked, who).SerializeToString()
            case "BatchGetProducts":
                names = list(catalog.BatchGetProductsRequest.FromString(request).names)
                return self._batch(names, who)
            case "BatchListStocks":
                return self._stocks(inventory.BatchListStocksRequest.FromString(request), who)
            case _:  # any other read: says what it was asked, by whom, and when
                return b"\x1a\x00" + request + f"{self.version}/{who}".encode()

    def _check(self, names: list[str], at: str) -> None:
        for index, name in enumerate(names):
            if "bad" in name:
                where = at if at == "name" else f"names[{index}]"
                told = [FieldViolation(where, "is no name")] if "naming" in self.manners else []
                raise InvalidArgument("no name" if at == "name" else "no names", violations=told)

    def _batch(self, names: list[str], who: str) -> bytes:
        if "old" in self.manners:
            raise Unimplemented("no batch")
        self._check(names, "names")
        if "garbage" in self.manners and len(names) > 1:
            return b"\x0a\x7fno message"
        found = []
        for name in names:
            try:
                found.append(self._product(name, who))
            except NotFound as error:
                if "atomic" in self.manners:
                    raise NotFound(
                        f"{name} of {len(names)}",
                        metadata={"name": name} if "naming" in self.manners else {},
                    ) from error
        if "shuffled" in self.manners:
            found.reverse()
        return catalog.BatchGetProductsResponse(products=found).SerializeToString()

    def _product(self, name: str, who: str) -> catalog.Product:
        if "gone" in name:
            raise NotFound(f"{name} does not exist")
        known = name.replace("alias", "p")
        return catalog.Product(name=known, title=who, weight_grams=self.version)

    def _stocks(self, request: inventory.BatchListStocksRequest, who: str) -> bytes:
        answer = inventory.BatchListStocksResponse()
        for product in request.products:
            if "gone" not in product:
                answer.entries.add(product=product, total_size=request.page_size)
        return answer.SerializeToString()


def context(
    who: str = "", seconds: float = SECONDS, routing: str = "", no_cache: bool = False
) -> RequestContext:
    metadata = [("authorization", who)] if who else []
    metadata += [("x-goog-request-params", routing)] if routing else []
    return RequestContext("r", Deadline.after(seconds), tuple(metadata), no_cache)


async def turns(count: int = 8) -> None:
    """Lets everything that is ready run."""
    for _ in range(count):
        await asyncio.sleep(0)
