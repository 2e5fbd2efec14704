"""A product: something that can be sold."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum


class ProductError(Exception):
    """What keeps a product from being read or changed; its argument is a resource name."""


class NoSuchProduct(ProductError):
    """There is no product of that name."""


class ProductExists(ProductError):
    """The name belongs to another product."""


class NoCategoryForProduct(ProductError):
    """The category that the product should be in does not exist."""


class State(Enum):
    """Where a product is in its life."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


@dataclass(frozen=True, slots=True)
class Price:
    """An amount of a currency (ISO 4217): `units` whole ones and `nanos` billionths of one."""

    currency_code: str
    units: int
    nanos: int = 0


@dataclass(frozen=True, slots=True)
class Product:
    """Something that can be sold. `revision` counts its changes, from 1."""

    name: str
    title: str
    category: str
    create_time: datetime
    update_time: datetime
    description: str = ""
    brand: str = ""
    prices: tuple[Price, ...] = ()
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    related_products: tuple[str, ...] = ()
    weight_grams: int | None = None
    state: State = State.DRAFT
    revision: int = 1

    def revised(self, now: datetime) -> "Product":
        """Returns the product as changed at `now`."""
        return replace(self, update_time=now, revision=self.revision + 1)

    @property
    def searched_text(self) -> str:
        """What a search looks through, folded, one text a line."""
        return folded("\n".join((self.title, self.brand, self.description, *self.tags)))


def folded(text: str) -> str:
    """Returns the text as it is compared in a search: neither case nor width matters."""
    return unicodedata.normalize("NFKC", text).casefold()
