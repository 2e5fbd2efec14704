"""Giving back what was held too long."""

from collections.abc import Callable
from datetime import datetime

from services.inventory.reservation_store import ReservationStore
from services.inventory.watch import StockWatch

SWEEP_SECONDS = 1.0


class Sweep:
    """Ends reservations that have expired. Several replicas may sweep at the same time."""

    def __init__(
        self, reservations: ReservationStore, watch: StockWatch, now: Callable[[], datetime]
    ) -> None:
        self._reservations = reservations
        self._watch = watch
        self._now = now

    async def once(self) -> None:
        """Gives back all that is due now."""
        while products := await self._reservations.sweep(self._now()):
            for product in products:
                self._watch.changed(product)
