"""The tables of the catalog, and what a row of them says."""

from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Integer, MetaData, Row, Table

from mesh.listing import Collection, EnumField, NumberField, TextField, TimestampField
from mesh.store import TEXT, Instant
from services.catalog.category import Category
from services.catalog.product import Price, Product, State, folded

metadata = MetaData()

categories = Table(
    "categories",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("display_name", TEXT, nullable=False),
    Column("description", TEXT, nullable=False),
    Column("create_time", Instant, nullable=False),
    Column("update_time", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("request_id", TEXT, unique=True),
)

products = Table(
    "products",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("title", TEXT, nullable=False),
    Column("description", TEXT, nullable=False),
    Column("brand", TEXT, nullable=False),
    Column("category", TEXT, ForeignKey("categories.name"), nullable=False, index=True),
    Column("prices", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("related_products", JSON, nullable=False),
    Column("weight_grams", Integer),
    Column("state", TEXT, nullable=False),
    Column("create_time", Instant, nullable=False),
    Column("update_time", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    # Folded here, not by SQL: each database has its own idea of what a lower-case letter is.
    Column("folded_title", TEXT, nullable=False),
    Column("folded_text", TEXT, nullable=False),
    Column("request_id", TEXT, unique=True),
)

CATEGORIES = Collection(
    categories,
    {
        "display_name": TextField(categories.c.display_name),
        "create_time": TimestampField(categories.c.create_time),
        "update_time": TimestampField(categories.c.update_time),
    },
)

PRODUCTS = Collection(
    products,
    {
        "title": TextField(products.c.title),
        "brand": TextField(products.c.brand),
        "category": TextField(products.c.category),
        "state": EnumField(
            products.c.state, values={f"STATE_{state.name}": state.value for state in State}
        ),
        "weight_grams": NumberField(products.c.weight_grams, nullable=True),
        "create_time": TimestampField(products.c.create_time),
        "update_time": TimestampField(products.c.update_time),
    },
)


def category_row(category: Category) -> dict[str, Any]:
    """Returns the columns of a category."""
    return {
        "name": category.name,
        "display_name": category.display_name,
        "description": category.description,
        "create_time": category.create_time,
        "update_time": category.update_time,
        "revision": category.revision,
    }


def category_of(row: Row[Any]) -> Category:
    """Returns the category that a row says."""
    return Category(
        name=row.name,
        display_name=row.display_name,
        description=row.description,
        create_time=row.create_time,
        update_time=row.update_time,
        revision=row.revision,
    )


def product_row(product: Product) -> dict[str, Any]:
    """Returns the columns of a product."""
    return {
        "name": product.name,
        "title": product.title,
        "description": product.description,
        "brand": product.brand,
        "category": product.category,
        "prices": [[p.currency_code, p.units, p.nanos] for p in product.prices],
        "tags": list(product.tags),
        "attributes": dict(product.attributes),
        "related_products": list(product.related_products),
        "weight_grams": product.weight_grams,
        "state": product.state.value,
        "create_time": product.create_time,
        "update_time": product.update_time,
        "revision": product.revision,
        "folded_title": folded(product.title),
        "folded_text": folded(product.searched_text),
    }


def product_of(row: Row[Any]) -> Product:
    """Returns the product that a row says."""
    return Product(
        name=row.name,
        title=row.title,
        description=row.description,
        brand=row.brand,
        category=row.category,
        prices=tuple(Price(*price) for price in row.prices),
        tags=tuple(row.tags),
        attributes=row.attributes,
        related_products=tuple(row.related_products),
        weight_grams=row.weight_grams,
        state=State(row.state),
        create_time=row.create_time,
        update_time=row.update_time,
        revision=row.revision,
    )
