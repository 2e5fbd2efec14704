"""Which services there are, and who may call what of them. Data only: it imports no service."""

from collections.abc import Mapping
from dataclasses import dataclass

EVERY_METHOD = "*"
"""Stands for every method of the callee. What of it the world can reach, its contract says: the
edge serves methods with an HTTP rule, and reads BatchGet and BatchList methods for joins."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service of the reference backend.

    `contracts` are full names of proto services. `callers` maps the name of each service that may
    call this one, or `edge`, to the methods it may call, as `package.Service/Method`.
    """

    name: str
    module: str
    contracts: tuple[str, ...]
    callers: Mapping[str, tuple[str, ...]]
    replicas: int = 1


SERVICES: tuple[Service, ...] = (
    Service(
        name="catalog",
        module="services.catalog",
        contracts=("shop.catalog.v1.CatalogService",),
        callers={
            "edge": (EVERY_METHOD,),
            "inventory": ("shop.catalog.v1.CatalogService/GetProduct",),
            "reviews": ("shop.catalog.v1.CatalogService/GetProduct",),
        },
    ),
    Service(
        name="inventory",
        module="services.inventory",
        contracts=("shop.inventory.v1.InventoryService",),
        callers={"edge": (EVERY_METHOD,)},
    ),
    Service(
        name="reviews",
        module="services.reviews",
        contracts=("shop.reviews.v1.ReviewsService", "shop.reviews.v2.ReviewsService"),
        callers={"edge": (EVERY_METHOD,)},
    ),
)
