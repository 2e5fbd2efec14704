"""The example shop: twelve categories of things for home and outdoors, from the tables in data/."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from mesh.seeding import fraction, moment, pick, rows
from services.catalog.category import Category
from services.catalog.product import Price, Product, State

DATA = Path(__file__).parent / "data"
OPENED = datetime(2023, 10, 2, 8, tzinfo=UTC)
FIRST_PRODUCT = datetime(2023, 11, 1, tzinfo=UTC)
LAST_PRODUCT = datetime(2025, 10, 31, tzinfo=UTC)
LAST_CHANGE = datetime(2026, 10, 31, tzinfo=UTC)
RATES = {"EUR": Decimal("1"), "USD": Decimal("1.09"), "GBP": Decimal("0.86")}
RELATED_MAX = 4
REVISIONS_MAX = 4


@dataclass(frozen=True, slots=True)
class _Shelf:
    category: Category
    closings: Sequence[str]

    @property
    def slug(self) -> str:
        return self.category.name.removeprefix("categories/")


def categories() -> tuple[Category, ...]:
    """Returns the categories of the example shop."""
    return tuple(shelf.category for shelf in _shelves())


def products() -> tuple[Product, ...]:
    """Returns the products of the example shop, those of one category together."""
    alone = [
        _product(shelf, cells) for shelf in _shelves() for cells in rows(DATA / f"{shelf.slug}.txt")
    ]
    shown = [product for product in alone if product.state is State.ACTIVE]
    return tuple(replace(p, related_products=_related(p, shown)) for p in alone)


def _shelves() -> Iterator[_Shelf]:
    for slug, display_name, description, closings in rows(DATA / "categories.txt"):
        category = Category(
            name=f"categories/{slug}",
            display_name=display_name,
            description=description,
            create_time=OPENED,
            update_time=OPENED,
        )
        yield _Shelf(category, closings.split(" // "))


def _product(shelf: _Shelf, cells: Sequence[str]) -> Product:
    called, brand, euros, grams, tags, attributes, description = cells
    state, title = _state_and_title(called)
    slug = _slug(title)
    create_time = moment(FIRST_PRODUCT, LAST_PRODUCT, "created", slug)
    revision = 1 + int(fraction("revision", slug) * REVISIONS_MAX)
    changed = moment(create_time, LAST_CHANGE, "changed", slug)
    return Product(
        name=f"products/{slug}",
        title=title,
        category=shelf.category.name,
        create_time=create_time,
        update_time=create_time if revision == 1 else changed,
        description=f"{description} {pick(shelf.closings, 'closing', slug)}",
        brand=brand,
        prices=tuple(_price(currency, Decimal(euros)) for currency in RATES),
        tags=tuple(tags.split(", ")),
        attributes=dict(pair.split("=", 1) for pair in attributes.split(", ")),
        weight_grams=int(grams),
        state=state,
        revision=revision,
    )


def _state_and_title(called: str) -> tuple[State, str]:
    before, colon, after = called.partition(": ")
    return (State(before.upper()), after) if colon else (State.ACTIVE, called)


def _slug(title: str) -> str:
    plain = title.lower().replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _price(currency: str, euros: Decimal) -> Price:
    """Prices are converted by the whole unit, so that they end as a shop's prices end."""
    whole, cents = divmod(euros, 1)
    return Price(currency, round(whole * RATES[currency]), int(cents * 10**9))


def _related(product: Product, shown: Sequence[Product]) -> tuple[str, ...]:
    """The products that share most tags with it; of equals, those of its category go first."""
    tags = set(product.tags)

    def distance(other: Product) -> tuple[int, bool]:
        return -len(tags.intersection(other.tags)), other.category != product.category

    others = sorted((other for other in shown if other.name != product.name), key=distance)
    return tuple(other.name for other in others[:RELATED_MAX])
