"""Where categories and products are kept."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from sqlalchemy import and_, case, delete, exists, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mesh.listing import Key, NumberField, Page, PageQuery, keyset_page, list_page
from mesh.store import (
    insert_absent,
    reading,
    row_created_by,
    row_named,
    rows_named,
    writing,
)
from services.catalog.category import Category, CategoryExists, CategoryInUse, NoSuchCategory
from services.catalog.product import NoCategoryForProduct, NoSuchProduct, Product, ProductExists
from services.catalog.tables import (
    CATEGORIES,
    PRODUCTS,
    categories,
    category_of,
    category_row,
    product_of,
    product_row,
    products,
)

Examples: TypeAlias = tuple[Sequence[Category], Sequence[Product]]


class CatalogStore(Protocol):
    """Keeps categories and products.

    A `request_id` that an earlier creation had makes a creation return what that one created.
    A `change` says, within the transaction, what becomes of what is there, or raises; a `check`
    lets it go, or raises.
    """

    async def category(self, name: str) -> Category:
        """Returns one category; raises NoSuchCategory."""
        ...

    async def categories(self, names: Sequence[str]) -> list[Category]:
        """Returns those that exist, in the order of the names, each once."""
        ...

    async def category_page(self, query: PageQuery) -> Page[Category]:
        """Returns a page of categories."""
        ...

    async def create_category(self, category: Category, request_id: str = "") -> Category:
        """Keeps a new category; raises CategoryExists."""
        ...

    async def change_category(self, name: str, change: Callable[[Category], Category]) -> Category:
        """Keeps what becomes of a category; raises NoSuchCategory."""
        ...

    async def delete_category(self, name: str, check: Callable[[Category], None]) -> None:
        """Drops a category; raises NoSuchCategory, CategoryInUse."""
        ...

    async def product(self, name: str) -> Product:
        """Returns one product; raises NoSuchProduct."""
        ...

    async def products(self, names: Sequence[str]) -> list[Product]:
        """Returns those that exist, in the order of the names, each once."""
        ...

    async def product_page(self, query: PageQuery) -> Page[Product]:
        """Returns a page of products."""
        ...

    async def search(self, words: Sequence[str], query: PageQuery) -> Page[Product]:
        """Returns a page of the products that hold every folded word, most in the title first."""
        ...

    async def create_product(self, product: Product, request_id: str = "") -> Product:
        """Keeps a new product; raises ProductExists, NoCategoryForProduct."""
        ...

    async def change_product(self, name: str, change: Callable[[Product], Product]) -> Product:
        """Keeps what becomes of a product; raises NoSuchProduct, NoCategoryForProduct."""
        ...

    async def delete_product(self, name: str, check: Callable[[Product], None]) -> None:
        """Drops a product; raises NoSuchProduct."""
        ...

    async def fill(self, examples: Callable[[], Examples]) -> bool:
        """Keeps the examples if there is no category yet; says whether it did."""
        ...


class SqlCatalogStore:
    """A CatalogStore on SQLite or PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def category(self, name: str) -> Category:
        """Returns one category."""
        async with reading(self._engine) as db:
            return await _category(db, name)

    async def categories(self, names: Sequence[str]) -> list[Category]:
        """Returns those that exist, in the order of the names, each once."""
        async with reading(self._engine) as db:
            return [category_of(row) for row in await rows_named(db, categories, names)]

    async def category_page(self, query: PageQuery) -> Page[Category]:
        """Returns a page of categories."""
        async with reading(self._engine) as db:
            return (await list_page(db, CATEGORIES, query)).map(category_of)

    async def create_category(self, category: Category, request_id: str = "") -> Category:
        """Keeps a new category."""
        async with writing(self._engine) as db:
            row = category_row(category) | {"request_id": request_id or None}
            if await insert_absent(db, categories, row):
                return category
            if earlier := await row_created_by(db, categories, request_id):
                return category_of(earlier)
            raise CategoryExists(category.name)

    async def change_category(self, name: str, change: Callable[[Category], Category]) -> Category:
        """Keeps what becomes of a category."""
        async with writing(self._engine) as db:
            changed = change(await _category(db, name, lock=True))
            row = category_row(changed)
            await db.execute(update(categories).where(categories.c.name == name).values(row))
            return changed

    async def delete_category(self, name: str, check: Callable[[Category], None]) -> None:
        """Drops a category that holds no product."""
        async with writing(self._engine) as db:
            check(await _category(db, name, lock=True))
            if await db.scalar(select(exists().where(products.c.category == name))):
                raise CategoryInUse(name)
            await db.execute(delete(categories).where(categories.c.name == name))

    async def product(self, name: str) -> Product:
        """Returns one product."""
        async with reading(self._engine) as db:
            return await _product(db, name)

    async def products(self, names: Sequence[str]) -> list[Product]:
        """Returns those that exist, in the order of the names, each once."""
        async with reading(self._engine) as db:
            return [product_of(row) for row in await rows_named(db, products, names)]

    async def product_page(self, query: PageQuery) -> Page[Product]:
        """Returns a page of products."""
        async with reading(self._engine) as db:
            return (await list_page(db, PRODUCTS, query)).map(product_of)

    async def search(self, words: Sequence[str], query: PageQuery) -> Page[Product]:
        """Returns a page of the products that hold every folded word, most in the title first."""
        holds = [products.c.folded_text.contains(word, autoescape=True) for word in words]
        in_title = [
            case((products.c.folded_title.contains(word, autoescape=True), 1), else_=0)
            for word in words
        ]
        keys = (Key(NumberField(sum(in_title, literal(0))), descending=True), Key(PRODUCTS.name))
        async with reading(self._engine) as db:
            page = await keyset_page(db, PRODUCTS, and_(*holds), keys, ("search", *words), query)
            return page.map(product_of)

    async def create_product(self, product: Product, request_id: str = "") -> Product:
        """Keeps a new product."""
        async with writing(self._engine) as db:
            if earlier := await row_created_by(db, products, request_id):
                return product_of(earlier)
            await _hold_category(db, product.category)
            row = product_row(product) | {"request_id": request_id or None}
            if await insert_absent(db, products, row):
                return product
            if earlier := await row_created_by(db, products, request_id):
                return product_of(earlier)
            raise ProductExists(product.name)

    async def change_product(self, name: str, change: Callable[[Product], Product]) -> Product:
        """Keeps what becomes of a product."""
        async with writing(self._engine) as db:
            changed = change(await _product(db, name, lock=True))
            await _hold_category(db, changed.category)
            row = product_row(changed)
            await db.execute(update(products).where(products.c.name == name).values(row))
            return changed

    async def delete_product(self, name: str, check: Callable[[Product], None]) -> None:
        """Drops a product."""
        async with writing(self._engine) as db:
            check(await _product(db, name, lock=True))
            await db.execute(delete(products).where(products.c.name == name))

    async def fill(self, examples: Callable[[], Examples]) -> bool:
        """Keeps the examples if there is no category yet; says whether it did."""
        async with writing(self._engine) as db:
            if await db.scalar(select(exists(select(categories.c.name)))):
                return False
            shelves, goods = examples()
            first, *others = map(category_row, shelves)
            if not await insert_absent(db, categories, first):
                return False  # another instance fills it at this moment
            await db.execute(insert(categories), others)
            await db.execute(insert(products), [product_row(product) for product in goods])
            return True


async def _category(db: AsyncConnection, name: str, *, lock: bool = False) -> Category:
    if row := await row_named(db, categories, name, lock=lock):
        return category_of(row)
    raise NoSuchCategory(name)


async def _product(db: AsyncConnection, name: str, *, lock: bool = False) -> Product:
    if row := await row_named(db, products, name, lock=lock):
        return product_of(row)
    raise NoSuchProduct(name)


async def _hold_category(db: AsyncConnection, name: str) -> None:
    """Makes sure that the category exists, and still will when the transaction commits."""
    statement = select(categories.c.name).where(categories.c.name == name)
    if await db.scalar(statement.with_for_update(read=True, key_share=True)) is None:
        raise NoCategoryForProduct(name)
