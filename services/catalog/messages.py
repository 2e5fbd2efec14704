"""Products and categories as messages of the contract, and back."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from mesh.resource import etag_of
from services.catalog.category import Category
from services.catalog.product import Price, Product, State
from shop.catalog.v1 import catalog_pb2


def category_message(category: Category) -> catalog_pb2.Category:
    """Returns a category as its message."""
    return catalog_pb2.Category(
        name=category.name,
        display_name=category.display_name,
        description=category.description,
        create_time=category.create_time,
        update_time=category.update_time,
        etag=etag_of(category.create_time, category.revision),
    )


def category_of(message: catalog_pb2.Category) -> Category:
    """Returns the category that a message says, at its first revision."""
    return Category(
        name=message.name,
        display_name=message.display_name,
        description=message.description,
        create_time=_moment(message.create_time),
        update_time=_moment(message.update_time),
    )


def product_message(product: Product) -> catalog_pb2.Product:
    """Returns a product as its message."""
    return catalog_pb2.Product(
        name=product.name,
        title=product.title,
        description=product.description,
        brand=product.brand,
        category=product.category,
        prices=[
            Money(currency_code=price.currency_code, units=price.units, nanos=price.nanos)
            for price in product.prices
        ],
        tags=product.tags,
        attributes=product.attributes,
        related_products=product.related_products,
        weight_grams=product.weight_grams,
        state=f"STATE_{product.state.name}",
        create_time=product.create_time,
        update_time=product.update_time,
        etag=etag_of(product.create_time, product.revision),
    )


def product_of(message: catalog_pb2.Product) -> Product:
    """Returns the product that a message says, at its first revision."""
    return Product(
        name=message.name,
        title=message.title,
        description=message.description,
        brand=message.brand,
        category=message.category,
        prices=tuple(Price(p.currency_code, p.units, p.nanos) for p in message.prices),
        tags=tuple(message.tags),
        attributes=dict(message.attributes),
        related_products=tuple(message.related_products),
        weight_grams=message.weight_grams if message.HasField("weight_grams") else None,
        state=_state(message.state),
        create_time=_moment(message.create_time),
        update_time=_moment(message.update_time),
    )


def _state(number: catalog_pb2.Product.State) -> State:
    if number == catalog_pb2.Product.STATE_UNSPECIFIED:
        return State.DRAFT
    return State[catalog_pb2.Product.State.Name(number).removeprefix("STATE_")]


def _moment(timestamp: Timestamp) -> datetime:
    return timestamp.ToDatetime(UTC)
