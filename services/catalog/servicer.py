"""The catalog's methods: each turns a message into the domain's words, and the answer back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

import grpc
from google.protobuf.empty_pb2 import Empty

from mesh import errors
from mesh.clock import utc_now
from mesh.listing import PageQuery, page_size
from mesh.resource import Border, check_etag, etag_of, new_identifier, updated
from services.catalog.category import Category, CategoryExists, CategoryInUse, NoSuchCategory
from services.catalog.messages import category_message, category_of, product_message, product_of
from services.catalog.product import (
    NoCategoryForProduct,
    NoSuchProduct,
    Product,
    ProductExists,
    folded,
)
from services.catalog.store import CatalogStore
from shop.catalog.v1 import catalog_pb2, catalog_pb2_grpc

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

BORDER = Border(
    {
        NoSuchCategory: (errors.NotFound, "CATEGORY_NOT_FOUND", "{} does not exist"),
        NoSuchProduct: (errors.NotFound, "PRODUCT_NOT_FOUND", "{} does not exist"),
        CategoryExists: (errors.AlreadyExists, "CATEGORY_EXISTS", "{} is taken"),
        ProductExists: (errors.AlreadyExists, "PRODUCT_EXISTS", "{} is taken"),
        CategoryInUse: (errors.FailedPrecondition, "CATEGORY_IN_USE", "{} still holds products"),
        NoCategoryForProduct: (
            errors.FailedPrecondition,
            "CATEGORY_NOT_FOUND",
            "{} does not exist: create it first",
        ),
    }
)


class CatalogServicer(catalog_pb2_grpc.CatalogServiceServicer):
    """Serves shop.catalog.v1.CatalogService from a store. Messages were validated before."""

    def __init__(self, store: CatalogStore, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._now = now

    async def GetProduct(
        self, request: catalog_pb2.GetProductRequest, context: Context
    ) -> catalog_pb2.Product:
        with BORDER.crossed():
            return product_message(await self._store.product(request.name))

    async def ListProducts(
        self, request: catalog_pb2.ListProductsRequest, context: Context
    ) -> catalog_pb2.ListProductsResponse:
        page = await self._store.product_page(PageQuery.of(request))
        return catalog_pb2.ListProductsResponse(
            products=map(product_message, page.items),
            next_page_token=page.next_page_token,
            total_size=page.total_size,
        )

    async def BatchGetProducts(
        self, request: catalog_pb2.BatchGetProductsRequest, context: Context
    ) -> catalog_pb2.BatchGetProductsResponse:
        found = await self._store.products(request.names)
        return catalog_pb2.BatchGetProductsResponse(products=map(product_message, found))

    async def SearchProducts(
        self, request: catalog_pb2.SearchProductsRequest, context: Context
    ) -> catalog_pb2.SearchProductsResponse:
        words = sorted(set(folded(request.query).split()))
        if not words:
            raise errors.InvalidArgument(
                "query holds no word",
                reason="NO_WORD",
                violations=(errors.FieldViolation("query", "holds no word"),),
            )
        query = PageQuery(page_size(request.page_size), request.page_token)
        page = await self._store.search(words, query)
        return catalog_pb2.SearchProductsResponse(
            products=map(product_message, page.items), next_page_token=page.next_page_token
        )

    async def CreateProduct(
        self, request: catalog_pb2.CreateProductRequest, context: Context
    ) -> catalog_pb2.Product:
        now = self._now()
        product = replace(
            product_of(request.product),
            name=f"products/{request.product_id or new_identifier()}",
            create_time=now,
            update_time=now,
        )
        with BORDER.crossed():
            created = await self._store.create_product(product, request.request_id)
        return product_message(created)

    async def UpdateProduct(
        self, request: catalog_pb2.UpdateProductRequest, context: Context
    ) -> catalog_pb2.Product:
        def change(current: Product) -> Product:
            message = product_message(current)
            check_etag(request.product.etag, message.etag)
            wanted = updated(message, request.product, request.update_mask, at="product")
            return replace(product_of(wanted), revision=current.revision).revised(self._now())

        with BORDER.crossed():
            changed = await self._store.change_product(request.product.name, change)
        return product_message(changed)

    async def DeleteProduct(
        self, request: catalog_pb2.DeleteProductRequest, context: Context
    ) -> Empty:
        def check(current: Product) -> None:
            check_etag(request.etag, etag_of(current.create_time, current.revision))

        with BORDER.crossed():
            await self._store.delete_product(request.name, check)
        return Empty()

    async def GetCategory(
        self, request: catalog_pb2.GetCategoryRequest, context: Context
    ) -> catalog_pb2.Category:
        with BORDER.crossed():
            return category_message(await self._store.category(request.name))

    async def ListCategories(
        self, request: catalog_pb2.ListCategoriesRequest, context: Context
    ) -> catalog_pb2.ListCategoriesResponse:
        page = await self._store.category_page(PageQuery.of(request))
        return catalog_pb2.ListCategoriesResponse(
            categories=map(category_message, page.items),
            next_page_token=page.next_page_token,
            total_size=page.total_size,
        )

    async def BatchGetCategories(
        self, request: catalog_pb2.BatchGetCategoriesRequest, context: Context
    ) -> catalog_pb2.BatchGetCategoriesResponse:
        found = await self._store.categories(request.names)
        return catalog_pb2.BatchGetCategoriesResponse(categories=map(category_message, found))

    async def CreateCategory(
        self, request: catalog_pb2.CreateCategoryRequest, context: Context
    ) -> catalog_pb2.Category:
        now = self._now()
        category = replace(
            category_of(request.category),
            name=f"categories/{request.category_id}",
            create_time=now,
            update_time=now,
        )
        with BORDER.crossed():
            created = await self._store.create_category(category, request.request_id)
        return category_message(created)

    async def UpdateCategory(
        self, request: catalog_pb2.UpdateCategoryRequest, context: Context
    ) -> catalog_pb2.Category:
        def change(current: Category) -> Category:
            message = category_message(current)
            check_etag(request.category.etag, message.etag)
            wanted = updated(message, request.category, request.update_mask, at="category")
            return replace(category_of(wanted), revision=current.revision).revised(self._now())

        with BORDER.crossed():
            changed = await self._store.change_category(request.category.name, change)
        return category_message(changed)

    async def DeleteCategory(
        self, request: catalog_pb2.DeleteCategoryRequest, context: Context
    ) -> Empty:
        def check(current: Category) -> None:
            check_etag(request.etag, etag_of(current.create_time, current.revision))

        with BORDER.crossed():
            await self._store.delete_category(request.name, check)
        return Empty()
