"""The stocks of the example shop, from the table in data/."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from mesh.seeding import moment, rows
from services.inventory.stock import Stock

STOCKS = Path(__file__).parent / "data" / "stocks.txt"
LOCATIONS = ("Rotterdam", "Lyon", "Leeds", "Austin", "Gdansk")
NOWHERE = "-"
FIRST_STOCK = datetime(2025, 11, 1, tzinfo=UTC)
LAST_COUNT = datetime(2026, 10, 31, tzinfo=UTC)


def stocks() -> tuple[Stock, ...]:
    """Returns the stocks of the example shop, those of one product together."""
    return tuple(_stocks())


def _stocks() -> Iterator[Stock]:
    for slug, *amounts in rows(STOCKS):
        for location, amount in zip(LOCATIONS, amounts, strict=True):
            if amount == NOWHERE:
                continue
            counted = moment(FIRST_STOCK, LAST_COUNT, "counted", slug, location)
            yield Stock(
                name=f"products/{slug}/stocks/{location.lower()}",
                location=location,
                create_time=FIRST_STOCK,
                update_time=counted,
                on_hand=int(amount),
                revision=2,
            )
