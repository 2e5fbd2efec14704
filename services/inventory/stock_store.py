"""Where stocks are kept."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mesh.listing import Page, PageQuery, first_pages, list_page
from mesh.store import (
    insert_absent,
    reading,
    row_created_by,
    row_named,
    rows_named,
    writing,
)
from services.inventory.stock import NoSuchStock, Stock, StockExists
from services.inventory.tables import STOCKS, stock_of, stock_row, stocks

ANY_PRODUCT = "products/-"


class StockStore(Protocol):
    """Keeps stocks.

    A `request_id` that an earlier creation had makes a creation return what that one created.
    A `change` says, within the transaction, what becomes of what is there, or raises; a `check`
    lets it go, or raises.
    """

    async def stock(self, name: str) -> Stock:
        """Returns one stock; raises NoSuchStock."""
        ...

    async def stocks(self, names: Sequence[str]) -> list[Stock]:
        """Returns those that exist, in the order of the names, each once."""
        ...

    async def page(self, query: PageQuery) -> Page[Stock]:
        """Returns a page of the stocks of a product, or of all."""
        ...

    async def first_pages(self, products: Sequence[str], size: int) -> dict[str, Page[Stock]]:
        """Returns the first page of each product that has stocks."""
        ...

    async def of_product(self, product: str) -> list[Stock]:
        """Returns all stocks of a product, by name."""
        ...

    async def revisions(self, products: Collection[str]) -> dict[str, dict[str, int]]:
        """Returns the revisions of all stocks of the products, by product and by stock."""
        ...

    async def created_by(self, request_id: str) -> Stock | None:
        """Returns what an earlier creation with this request id created."""
        ...

    async def create(self, stock: Stock, request_id: str = "") -> Stock:
        """Keeps a new stock; raises StockExists."""
        ...

    async def change(self, name: str, change: Callable[[Stock], Stock]) -> Stock:
        """Keeps what becomes of a stock; raises NoSuchStock."""
        ...

    async def delete(self, name: str, check: Callable[[Stock], None]) -> None:
        """Drops a stock; raises NoSuchStock."""
        ...

    async def fill(self, examples: Callable[[], Sequence[Stock]]) -> bool:
        """Keeps the examples if there are no stocks yet; says whether it did."""
        ...


class SqlStockStore:
    """A StockStore on SQLite or PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def stock(self, name: str) -> Stock:
        """Returns one stock."""
        async with reading(self._engine) as db:
            return await _one(db, name)

    async def stocks(self, names: Sequence[str]) -> list[Stock]:
        """Returns those that exist, in the order of the names, each once."""
        async with reading(self._engine) as db:
            return [stock_of(row) for row in await rows_named(db, stocks, names)]

    async def page(self, query: PageQuery) -> Page[Stock]:
        """Returns a page of the stocks of a product, or of all."""
        within = None if query.parent == ANY_PRODUCT else stocks.c.product == query.parent
        async with reading(self._engine) as db:
            return (await list_page(db, STOCKS, query, within)).map(stock_of)

    async def first_pages(self, products: Sequence[str], size: int) -> dict[str, Page[Stock]]:
        """Returns the first page of each product that has stocks, by one statement."""
        async with reading(self._engine) as db:
            pages = await first_pages(db, STOCKS, stocks.c.product, products, size)
        return {product: page.map(stock_of) for product, page in pages.items()}

    async def of_product(self, product: str) -> list[Stock]:
        """Returns all stocks of a product, by name."""
        async with reading(self._engine) as db:
            return await stocks_of_product(db, product)

    async def revisions(self, products: Collection[str]) -> dict[str, dict[str, int]]:
        """Returns the revisions of all stocks of the products, by product and by stock."""
        found: dict[str, dict[str, int]] = {product: {} for product in products}
        columns = select(stocks.c.product, stocks.c.name, stocks.c.revision)
        async with reading(self._engine) as db:
            rows = await db.execute(columns.where(stocks.c.product.in_(list(products))))
            for product, name, revision in rows:
                found[product][name] = revision
        return found

    async def created_by(self, request_id: str) -> Stock | None:
        """Returns what an earlier creation with this request id created."""
        async with reading(self._engine) as db:
            row = await row_created_by(db, stocks, request_id)
            return row and stock_of(row)

    async def create(self, stock: Stock, request_id: str = "") -> Stock:
        """Keeps a new stock."""
        async with writing(self._engine) as db:
            row = stock_row(stock) | {"request_id": request_id or None}
            if await insert_absent(db, stocks, row):
                return stock
            if earlier := await row_created_by(db, stocks, request_id):
                return stock_of(earlier)
            raise StockExists(stock.name)

    async def change(self, name: str, change: Callable[[Stock], Stock]) -> Stock:
        """Keeps what becomes of a stock."""
        async with writing(self._engine) as db:
            changed = change(await _one(db, name, lock=True))
            await write_stock(db, changed)
            return changed

    async def delete(self, name: str, check: Callable[[Stock], None]) -> None:
        """Drops a stock that passes the check."""
        async with writing(self._engine) as db:
            check(await _one(db, name, lock=True))
            await db.execute(delete(stocks).where(stocks.c.name == name))

    async def fill(self, examples: Callable[[], Sequence[Stock]]) -> bool:
        """Keeps the examples if there are no stocks yet; says whether it did."""
        async with writing(self._engine) as db:
            if await db.scalar(select(exists(select(stocks.c.name)))):
                return False
            first, *others = map(stock_row, examples())
            if not await insert_absent(db, stocks, first):
                return False  # another instance fills it at this moment
            await db.execute(insert(stocks), others)
            return True


async def stocks_of_product(
    db: AsyncConnection, product: str, *, lock: bool = False
) -> list[Stock]:
    """Returns all stocks of a product, by name, if asked locked until the transaction ends."""
    statement = select(stocks).where(stocks.c.product == product).order_by(stocks.c.name)
    rows = await db.execute(statement.with_for_update() if lock else statement)
    return [stock_of(row) for row in rows]


async def write_stock(db: AsyncConnection, stock: Stock) -> None:
    """Writes a stock that is there over what it was."""
    here = stocks.c.name == stock.name
    await db.execute(update(stocks).where(here).values(stock_row(stock)))


async def _one(db: AsyncConnection, name: str, *, lock: bool = False) -> Stock:
    if row := await row_named(db, stocks, name, lock=lock):
        return stock_of(row)
    raise NoSuchStock(name)
