import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.listing import PageQuery
from mesh.store import reading
from services.catalog.category import Category, CategoryExists, CategoryInUse, NoSuchCategory
from services.catalog.product import (
    NoCategoryForProduct,
    NoSuchProduct,
    Price,
    Product,
    ProductExists,
    State,
    folded,
)
from services.catalog.store import CatalogStore
from services.catalog.tables import metadata

NOW = datetime(2026, 5, 1, 12, 0, 0, 123456, UTC)
LATER = NOW + timedelta(minutes=1)
LAMPS = Category("categories/lamps", "Lamps", NOW, NOW, description="Light")
CHAIRS = Category("categories/chairs", "Chairs", NOW, NOW)
LAMP = Product(
    name="products/lamp",
    title="Desk Lamp",
    category=LAMPS.name,
    create_time=NOW,
    update_time=NOW,
    description="Light for late hours",
    brand="Lumen & Söhne",
    prices=(Price("EUR", 49, 990_000_000), Price("JPY", 8000)),
    tags=("desk", "light"),
    attributes={"colour": "brass"},
    related_products=("products/bulb",),
    weight_grams=1200,
    state=State.ACTIVE,
)


def product(name: str, title: str, **fields: object) -> Product:
    plain = Product(f"products/{name}", title, LAMPS.name, NOW, NOW)
    return replace(plain, **fields)  # type: ignore[arg-type]  # fields of every type


@pytest.fixture
async def stocked(store: CatalogStore) -> CatalogStore:
    await store.create_category(LAMPS)
    await store.create_category(CHAIRS)
    await store.create_product(LAMP)
    return store


def unchecked(current: object) -> None:
    """Lets anything go."""


async def test_the_migrations_make_the_tables(engine: AsyncEngine) -> None:
    async with reading(engine) as db:
        difference = await db.run_sync(
            lambda connection: compare_metadata(MigrationContext.configure(connection), metadata)
        )
    assert difference == []


async def test_a_product_comes_back_as_it_was_kept(stocked: CatalogStore) -> None:
    assert await stocked.product(LAMP.name) == LAMP
    bare = product("bare", "Bare")
    assert await stocked.create_product(bare) == bare
    assert await stocked.product(bare.name) == bare


async def test_a_category_comes_back_as_it_was_kept(stocked: CatalogStore) -> None:
    assert await stocked.category(LAMPS.name) == LAMPS


async def test_what_is_not_there_is_said_by_name(store: CatalogStore) -> None:
    with pytest.raises(NoSuchProduct, match="products/none"):
        await store.product("products/none")
    with pytest.raises(NoSuchCategory, match="categories/none"):
        await store.category("categories/none")


async def test_a_batch_has_what_exists_in_the_order_of_the_names(stocked: CatalogStore) -> None:
    bulb = await stocked.create_product(product("bulb", "Bulb"))
    names = [LAMP.name, "products/none", bulb.name, LAMP.name]
    assert await stocked.products(names) == [LAMP, bulb]
    assert await stocked.categories([LAMPS.name, "categories/none", CHAIRS.name]) == [LAMPS, CHAIRS]


async def test_a_name_is_given_once(stocked: CatalogStore) -> None:
    with pytest.raises(ProductExists, match=LAMP.name):
        await stocked.create_product(replace(LAMP, title="Another"))
    with pytest.raises(CategoryExists, match=LAMPS.name):
        await stocked.create_category(replace(LAMPS, display_name="Another"))
    assert await stocked.product(LAMP.name) == LAMP


async def test_a_repeated_request_creates_nothing_new(stocked: CatalogStore) -> None:
    first = await stocked.create_product(product("one", "One"), request_id="r")
    assert await stocked.create_product(product("two", "Two"), request_id="r") == first
    assert (await stocked.product_page(PageQuery())).total_size == 2
    shelf = await stocked.create_category(replace(LAMPS, name="categories/a"), request_id="r")
    again = await stocked.create_category(replace(LAMPS, name="categories/b"), request_id="r")
    assert again == shelf


async def test_of_creations_at_once_one_wins(stocked: CatalogStore) -> None:
    tries = [stocked.create_product(product("one", str(n)), request_id="r") for n in range(5)]
    created = await asyncio.gather(*tries)
    assert created == 5 * [await stocked.product("products/one")]


async def test_a_product_needs_its_category(stocked: CatalogStore) -> None:
    with pytest.raises(NoCategoryForProduct, match="categories/none"):
        await stocked.create_product(product("one", "One", category="categories/none"))
    with pytest.raises(NoCategoryForProduct, match="categories/none"):
        await stocked.change_product(LAMP.name, lambda p: replace(p, category="categories/none"))
    assert (await stocked.product(LAMP.name)).category == LAMPS.name


async def test_a_change_is_kept(stocked: CatalogStore) -> None:
    changed = await stocked.change_product(
        LAMP.name, lambda p: replace(p, title="Floor Lamp", weight_grams=None).revised(LATER)
    )
    assert changed == replace(
        LAMP, title="Floor Lamp", weight_grams=None, update_time=LATER, revision=2
    )
    assert await stocked.product(LAMP.name) == changed
    assert (await stocked.search(["floor"], PageQuery())).items == (changed,)
    shelf = await stocked.change_category(
        LAMPS.name, lambda c: replace(c, display_name="Lights").revised(LATER)
    )
    assert await stocked.category(LAMPS.name) == shelf
    assert shelf.revision == 2


async def test_a_change_that_raises_changes_nothing(stocked: CatalogStore) -> None:
    with pytest.raises(ZeroDivisionError):
        await stocked.change_product(LAMP.name, lambda p: replace(p, revision=1 // 0))
    assert await stocked.product(LAMP.name) == LAMP


async def test_no_change_is_lost(stocked: CatalogStore) -> None:
    changes = [stocked.change_product(LAMP.name, lambda p: p.revised(LATER)) for _ in range(8)]
    await asyncio.gather(*changes)
    assert (await stocked.product(LAMP.name)).revision == 9


async def test_what_is_not_there_cannot_be_changed_or_deleted(store: CatalogStore) -> None:
    with pytest.raises(NoSuchProduct):
        await store.change_product("products/none", lambda p: p)
    with pytest.raises(NoSuchProduct):
        await store.delete_product("products/none", unchecked)
    with pytest.raises(NoSuchCategory):
        await store.change_category("categories/none", lambda c: c)
    with pytest.raises(NoSuchCategory):
        await store.delete_category("categories/none", unchecked)


async def test_a_category_goes_after_its_products(stocked: CatalogStore) -> None:
    with pytest.raises(CategoryInUse, match=LAMPS.name):
        await stocked.delete_category(LAMPS.name, unchecked)
    await stocked.delete_product(LAMP.name, unchecked)
    await stocked.delete_category(LAMPS.name, unchecked)
    assert (await stocked.categories([LAMPS.name]), await stocked.products([LAMP.name])) == ([], [])


async def test_a_category_never_goes_from_under_a_product(stocked: CatalogStore) -> None:
    one = product("stool", "Stool", category=CHAIRS.name)
    created, deleted = await asyncio.gather(
        stocked.create_product(one),
        stocked.delete_category(CHAIRS.name, unchecked),
        return_exceptions=True,
    )
    refused = isinstance(created, NoCategoryForProduct), isinstance(deleted, CategoryInUse)
    assert refused in ((True, False), (False, True))


async def test_a_check_that_raises_keeps_it(stocked: CatalogStore) -> None:
    def refuse(current: Product) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await stocked.delete_product(LAMP.name, refuse)
    assert await stocked.product(LAMP.name) == LAMP


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (PageQuery(), ["bulb", "heavy", "lamp"]),
        (PageQuery(filter='title = "*lamp"'), ["heavy"]),
        (PageQuery(filter="weight_grams > 1000", order_by="weight_grams desc"), ["heavy", "lamp"]),
        (PageQuery(filter="state = STATE_ACTIVE"), ["lamp"]),
        (PageQuery(filter='category = "categories/lamps" NOT brand:*'), ["bulb"]),
        (PageQuery(filter="create_time < 2026-05-01T12:00:00.123456Z"), []),
        (PageQuery(order_by="weight_grams, title"), ["bulb", "lamp", "heavy"]),
    ],
)
async def test_products_are_listed_by_filter_and_order(
    stocked: CatalogStore, query: PageQuery, names: list[str]
) -> None:
    heavy = product("heavy", "a lamp", weight_grams=9000, brand="Iron", category=CHAIRS.name)
    await stocked.create_product(heavy)
    await stocked.create_product(product("bulb", "Bulb"))
    page = await stocked.product_page(query)
    assert [item.name.removeprefix("products/") for item in page.items] == names
    assert page.total_size == len(names)


async def test_categories_are_listed(stocked: CatalogStore) -> None:
    page = await stocked.category_page(PageQuery(1, order_by="display_name desc"))
    assert (page.items, page.total_size) == ((LAMPS,), 2)
    query = PageQuery(1, page.next_page_token, order_by="display_name desc")
    assert (await stocked.category_page(query)).items == (CHAIRS,)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("oak", ["table", "chair", "shelf", "tin"]),
        ("OAK table", ["table", "chair"]),
        ("table oak", ["table", "chair"]),
        ("öl", ["tin"]),
        ("ÖL", ["tin"]),
        ("STRASSE", ["shelf"]),
        ("straße", ["shelf"]),
        ("100%", ["tin"]),
        ("%", ["tin"]),
        ("o_k", []),
        ("oak nothing", []),
    ],
)
async def test_a_search_finds_every_word_and_titles_first(
    store: CatalogStore, query: str, names: list[str]
) -> None:
    await store.create_category(LAMPS)
    for found in (
        product("chair", "Chair", description="Goes with the oak table"),
        product("shelf", "Shelf", tags=("Oak", "wall"), brand="Straße 8"),
        product("table", "Oak Table"),
        product("tin", "Tin of 100% Öl", description="For oak"),
    ):
        await store.create_product(found)
    page = await store.search(sorted(set(folded(query).split())), PageQuery())
    assert [item.name.removeprefix("products/") for item in page.items] == names


async def test_a_search_has_pages(store: CatalogStore) -> None:
    await store.create_category(LAMPS)
    for number in range(5):
        title = "Oak" if number % 2 else "Elm"
        await store.create_product(product(f"p{number}", title, description="oak"))
    found: list[str] = []
    token = ""
    while token or not found:
        page = await store.search(["oak"], PageQuery(2, token))
        found += [item.name for item in page.items]
        token = page.next_page_token
    assert found == [f"products/p{number}" for number in (1, 3, 0, 2, 4)]


async def test_an_empty_store_is_filled_once(store: CatalogStore) -> None:
    filled = await asyncio.gather(
        *(store.fill(lambda: ([LAMPS, CHAIRS], [LAMP])) for _ in range(3))
    )
    assert sorted(filled) == [False, False, True]
    assert not await store.fill(lambda: ([LAMPS], [LAMP]))
    assert await store.product(LAMP.name) == LAMP
    assert (await store.category_page(PageQuery())).total_size == 2
