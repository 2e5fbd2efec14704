import sqlite3
import uuid
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from google.type.money_pb2 import Money

from mesh import errors
from mesh.process import Servicer
from mesh.store import migrate, open_engine
from mesh.testing import serve
from services.catalog import tables
from services.catalog.servicer import CatalogServicer
from services.catalog.store import CatalogStore, SqlCatalogStore
from shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc

MIGRATIONS = Path(tables.__file__).parent / "migrations"
STARTED = datetime(2026, 5, 1, 12, tzinfo=UTC)
LAMP = catalog_pb2.Product(
    title="Desk Lamp",
    category="categories/lamps",
    description="Light for late hours",
    brand="Lumen",
    prices=[Money(currency_code="EUR", units=49, nanos=990_000_000)],
    tags=["desk", "light"],
    attributes={"colour": "brass"},
    related_products=["products/bulb"],
    weight_grams=1200,
    state=catalog_pb2.Product.STATE_ACTIVE,
)


class Minutes:
    """A clock that goes on by a minute whenever it is read."""

    def __init__(self) -> None:
        self.now = STARTED

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@asynccontextmanager
async def served(store: CatalogStore) -> AsyncIterator[Any]:
    """Yields a stub of a catalog over the store."""
    servicer = Servicer(
        catalog_pb2.DESCRIPTOR.services_by_name["CatalogService"],
        catalog_pb2_grpc.add_CatalogServiceServicer_to_server,
        CatalogServicer(store, now=Minutes()),
    )
    async with serve([servicer]) as channel:
        yield catalog_pb2_grpc.CatalogServiceStub(channel)


@pytest.fixture
async def catalog(store: CatalogStore) -> AsyncIterator[Any]:
    """A stub of a catalog that has the category `lamps`."""
    async with served(store) as stub:
        await stub.CreateCategory(
            catalog_pb2.CreateCategoryRequest(
                category=catalog_pb2.Category(display_name="Lamps", description="Light"),
                category_id="lamps",
            )
        )
        yield stub


async def created(catalog: Any, product_id: str = "lamp", **fields: Any) -> catalog_pb2.Product:
    product = catalog_pb2.Product()
    product.CopyFrom(LAMP)
    product.MergeFrom(catalog_pb2.Product(**fields))
    request = catalog_pb2.CreateProductRequest(product=product, product_id=product_id)
    answer: catalog_pb2.Product = await catalog.CreateProduct(request)
    return answer


async def patched(catalog: Any, *paths: str, **fields: Any) -> catalog_pb2.Product:
    answer: catalog_pb2.Product = await catalog.UpdateProduct(
        catalog_pb2.UpdateProductRequest(
            product=catalog_pb2.Product(**{"name": "products/lamp", **fields}),
            update_mask=FieldMask(paths=paths) if paths else None,
        )
    )
    return answer


def changed_fields(before: catalog_pb2.Product, after: catalog_pb2.Product) -> set[str]:
    old, new = MessageToDict(before), MessageToDict(after)
    return {name for name in old | new if old.get(name) != new.get(name)}


async def refused(
    call: Awaitable[Any], kind: type[errors.MeshError], reason: str
) -> errors.MeshError:
    with pytest.raises(kind) as caught:
        await call
    assert (caught.value.code, caught.value.reason) == (kind.code, reason)
    return caught.value


async def test_a_created_product_is_the_one_that_is_read(catalog: Any) -> None:
    product = await created(catalog)
    expected = catalog_pb2.Product(name="products/lamp", etag=product.etag)
    expected.create_time.FromDatetime(STARTED + timedelta(minutes=2))
    expected.update_time.FromDatetime(STARTED + timedelta(minutes=2))
    expected.MergeFrom(LAMP)
    assert product == expected
    assert await catalog.GetProduct(catalog_pb2.GetProductRequest(name=product.name)) == product


async def test_an_etag_is_strong_and_quoted(catalog: Any) -> None:
    etag = (await created(catalog)).etag
    assert etag[0] == etag[-1] == '"'
    assert len(etag) > 2


async def test_without_an_id_the_service_chooses_one(catalog: Any) -> None:
    names = {(await created(catalog, "")).name for _ in range(2)}
    assert len(names) == 2
    assert all(name.startswith("products/") for name in names)


async def test_a_product_without_a_state_is_a_draft(catalog: Any) -> None:
    request = catalog_pb2.CreateProductRequest(
        product=catalog_pb2.Product(title="Bare", category="categories/lamps")
    )
    product = await catalog.CreateProduct(request)
    assert product.state == catalog_pb2.Product.STATE_DRAFT
    assert not product.HasField("weight_grams")


async def test_what_the_service_sets_cannot_be_given(catalog: Any) -> None:
    product = await created(catalog, name="products/other", etag='"mine"')
    assert (product.name, product.etag != '"mine"') == ("products/lamp", True)


async def test_a_repeated_request_gets_the_first_answer(catalog: Any) -> None:
    request = catalog_pb2.CreateProductRequest(
        product=LAMP, request_id=str(uuid.UUID(int=0, version=4))
    )
    assert await catalog.CreateProduct(request) == await catalog.CreateProduct(request)
    listed = await catalog.ListProducts(catalog_pb2.ListProductsRequest())
    assert listed.total_size == 1


async def test_creation_is_refused_by_name_or_category(catalog: Any) -> None:
    await created(catalog)
    await refused(created(catalog), errors.AlreadyExists, "PRODUCT_EXISTS")
    error = await refused(
        created(catalog, "other", category="categories/none"),
        errors.FailedPrecondition,
        "CATEGORY_NOT_FOUND",
    )
    assert error.message == "categories/none does not exist: create it first"


async def test_what_is_not_there_is_not_found(catalog: Any) -> None:
    name = "products/none"
    get = catalog.GetProduct(catalog_pb2.GetProductRequest(name=name))
    error = await refused(get, errors.NotFound, "PRODUCT_NOT_FOUND")
    assert error.message == "products/none does not exist"
    await refused(patched(catalog, name=name, title="x"), errors.NotFound, "PRODUCT_NOT_FOUND")
    delete = catalog.DeleteProduct(catalog_pb2.DeleteProductRequest(name=name))
    await refused(delete, errors.NotFound, "PRODUCT_NOT_FOUND")
    shelf = catalog.GetCategory(catalog_pb2.GetCategoryRequest(name="categories/none"))
    await refused(shelf, errors.NotFound, "CATEGORY_NOT_FOUND")


async def test_an_update_changes_what_the_mask_names(catalog: Any) -> None:
    before = await created(catalog)
    after = await patched(catalog, "title", title="Floor Lamp", brand="not meant")
    assert changed_fields(before, after) == {"title", "updateTime", "etag"}
    assert after.title == "Floor Lamp"


async def test_without_a_mask_the_set_fields_change(catalog: Any) -> None:
    before = await created(catalog)
    after = await patched(catalog, title="Floor Lamp", tags=["floor"])
    assert changed_fields(before, after) == {"title", "tags", "updateTime", "etag"}
    assert list(after.tags) == ["floor"]


async def test_a_named_field_that_is_not_set_is_cleared(catalog: Any) -> None:
    await created(catalog)
    after = await patched(catalog, "weight_grams", "tags", "attributes", "brand", "state")
    assert not after.HasField("weight_grams")
    assert (list(after.tags), dict(after.attributes), after.brand) == ([], {}, "")
    assert after.state == catalog_pb2.Product.STATE_DRAFT


async def test_the_whole_mask_replaces_everything(catalog: Any) -> None:
    before = await created(catalog)
    after = await patched(catalog, "*", title="New", category="categories/lamps")
    expected = catalog_pb2.Product(
        name=before.name,
        title="New",
        category="categories/lamps",
        state=catalog_pb2.Product.STATE_DRAFT,
        create_time=before.create_time,
        update_time=after.update_time,
        etag=after.etag,
    )
    assert after == expected


async def test_what_callers_cannot_change_is_passed_over(catalog: Any) -> None:
    before = await created(catalog)
    after = await patched(catalog, "name", "create_time", "etag", "brand", brand="Other")
    assert changed_fields(before, after) == {"brand", "updateTime", "etag"}


async def test_an_update_cannot_empty_what_is_required(catalog: Any) -> None:
    await created(catalog)
    error = await refused(patched(catalog, "title"), errors.InvalidArgument, "REQUIRED_FIELD")
    assert [violation.field for violation in error.violations] == ["product.title"]
    error = await refused(patched(catalog, "*"), errors.InvalidArgument, "REQUIRED_FIELD")
    fields = [violation.field for violation in error.violations]
    assert fields == ["product.title", "product.category"]


@pytest.mark.parametrize("path", ["colour", "title.length", "attributes.colour", ""])
async def test_an_unknown_path_is_refused(catalog: Any, path: str) -> None:
    await created(catalog)
    error = await refused(patched(catalog, path), errors.InvalidArgument, "INVALID_UPDATE_MASK")
    assert [violation.field for violation in error.violations] == ["update_mask"]


async def test_an_update_is_held_against_the_etag(catalog: Any) -> None:
    first = (await created(catalog)).etag
    second = (await patched(catalog, "title", title="Two", etag=first)).etag
    assert second != first
    stale = patched(catalog, "title", title="Three", etag=first)
    error = await refused(stale, errors.Aborted, "ETAG_MISMATCH")
    assert error.metadata == {"etag": second}
    assert (await patched(catalog, "title", title="Four", etag="*")).title == "Four"


async def test_a_deletion_is_held_against_the_etag(catalog: Any) -> None:
    first = (await created(catalog)).etag
    second = (await patched(catalog, "title", title="Two")).etag
    request = catalog_pb2.DeleteProductRequest(name="products/lamp", etag=first)
    await refused(catalog.DeleteProduct(request), errors.Aborted, "ETAG_MISMATCH")
    request.etag = second
    await catalog.DeleteProduct(request)
    await refused(catalog.DeleteProduct(request), errors.NotFound, "PRODUCT_NOT_FOUND")


async def test_a_name_given_again_has_another_etag(catalog: Any) -> None:
    first = await created(catalog)
    await catalog.DeleteProduct(catalog_pb2.DeleteProductRequest(name=first.name))
    assert (await created(catalog)).etag != first.etag


async def test_a_batch_has_what_exists_in_order_and_once(catalog: Any) -> None:
    a, b = await created(catalog, "a"), await created(catalog, "b")
    names = ["products/b", "products/none", "products/a", "products/b"]
    batch = await catalog.BatchGetProducts(catalog_pb2.BatchGetProductsRequest(names=names))
    assert list(batch.products) == [b, a]
    names = ["categories/none", "categories/lamps"]
    shelves = await catalog.BatchGetCategories(catalog_pb2.BatchGetCategoriesRequest(names=names))
    assert [shelf.name for shelf in shelves.categories] == ["categories/lamps"]


async def test_products_are_listed_page_by_page(catalog: Any) -> None:
    for product_id, weight in (("a", 3), ("b", 1), ("c", 2), ("d", 9)):
        await created(catalog, product_id, weight_grams=weight)
    request = catalog_pb2.ListProductsRequest(
        page_size=2, filter="weight_grams < 5", order_by="weight_grams desc"
    )
    first = await catalog.ListProducts(request)
    request.page_token = first.next_page_token
    second = await catalog.ListProducts(request)
    names = [product.name for page in (first, second) for product in page.products]
    assert names == ["products/a", "products/c", "products/b"]
    assert (first.total_size, second.total_size, second.next_page_token) == (3, 3, "")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("filter", "colour = red", "INVALID_FILTER"),
        ("order_by", "colour", "INVALID_ORDER"),
        ("page_token", "nonsense", "INVALID_PAGE_TOKEN"),
    ],
)
async def test_a_list_that_cannot_be_read_is_refused(
    catalog: Any, field: str, value: str, reason: str
) -> None:
    for method, request in (
        (catalog.ListProducts, catalog_pb2.ListProductsRequest),
        (catalog.ListCategories, catalog_pb2.ListCategoriesRequest),
    ):
        error = await refused(method(request(**{field: value})), errors.InvalidArgument, reason)
        assert [violation.field for violation in error.violations] == [field]


async def test_a_search_finds_every_word_titles_first(catalog: Any) -> None:
    await created(catalog, "a", title="Shade", description="for every floor LAMP")
    await created(catalog, "b", title="Floor Lamp")
    await created(catalog, "c", title="Floor", description="no light", tags=[], brand="")
    request = catalog_pb2.SearchProductsRequest(query="lamp FLOOR", page_size=1)
    first = await catalog.SearchProducts(request)
    request.page_token = first.next_page_token
    second = await catalog.SearchProducts(request)
    names = [product.name for page in (first, second) for product in page.products]
    assert (names, second.next_page_token) == (["products/b", "products/a"], "")
    request.query = "floor"
    await refused(catalog.SearchProducts(request), errors.InvalidArgument, "INVALID_PAGE_TOKEN")


async def test_a_search_needs_a_word(catalog: Any) -> None:
    search = catalog.SearchProducts(catalog_pb2.SearchProductsRequest(query="  "))
    error = await refused(search, errors.InvalidArgument, "NO_WORD")
    assert [violation.field for violation in error.violations] == ["query"]


async def test_a_category_is_changed_and_goes_once_it_is_empty(catalog: Any) -> None:
    await created(catalog)
    name = "categories/lamps"
    before = await catalog.GetCategory(catalog_pb2.GetCategoryRequest(name=name))
    after = await catalog.UpdateCategory(
        catalog_pb2.UpdateCategoryRequest(
            category=catalog_pb2.Category(name=name, display_name="Lights", etag=before.etag),
            update_mask=FieldMask(paths=["display_name"]),
        )
    )
    assert (after.display_name, after.description) == ("Lights", "Light")
    request = catalog_pb2.DeleteCategoryRequest(name=name, etag=before.etag)
    await refused(catalog.DeleteCategory(request), errors.Aborted, "ETAG_MISMATCH")
    request.etag = after.etag
    await refused(catalog.DeleteCategory(request), errors.FailedPrecondition, "CATEGORY_IN_USE")
    await catalog.DeleteProduct(catalog_pb2.DeleteProductRequest(name="products/lamp"))
    await catalog.DeleteCategory(request)
    listed = await catalog.ListCategories(catalog_pb2.ListCategoriesRequest())
    assert (list(listed.categories), listed.total_size) == ([], 0)


async def test_a_category_id_is_given_once(catalog: Any) -> None:
    request = catalog_pb2.CreateCategoryRequest(
        category=catalog_pb2.Category(display_name="Again"), category_id="lamps"
    )
    await refused(catalog.CreateCategory(request), errors.AlreadyExists, "CATEGORY_EXISTS")


async def test_a_busy_database_is_unavailable_for_writers_alone(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    engine = open_engine(f"sqlite:///{path}", lock_timeout_seconds=0.02)
    await migrate(engine, MIGRATIONS)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    async with served(SqlCatalogStore(engine)) as catalog:
        await refused(created(catalog), errors.Unavailable, "DATABASE_UNAVAILABLE")
        listed = await catalog.ListProducts(catalog_pb2.ListProductsRequest())
        assert listed.total_size == 0
    holder.close()
    await engine.dispose()
