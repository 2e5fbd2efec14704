"""Where reviews are kept."""

from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mesh.listing import Page, PageQuery, first_pages, list_page
from mesh.store import (
    insert_absent,
    reading,
    row_created_by,
    row_named,
    rows_named,
    writing,
)
from services.reviews.review import NoSuchReview, RatingSummary, Review, ReviewExists
from services.reviews.tables import REVIEWS, review_of, review_row, reviews

ANY_PRODUCT = "products/-"


class ReviewStore(Protocol):
    """Keeps reviews.

    A `request_id` that an earlier creation had makes a creation return what that one created.
    A `change` says, within the transaction, what becomes of what is there, or raises; a `check`
    lets it go, or raises.
    """

    async def review(self, name: str) -> Review:
        """Returns one review; raises NoSuchReview."""
        ...

    async def reviews(self, names: Sequence[str]) -> list[Review]:
        """Returns those that exist, in the order of the names, each once."""
        ...

    async def page(self, query: PageQuery) -> Page[Review]:
        """Returns a page of the reviews of a product, or of all, newest first."""
        ...

    async def first_pages(self, products: Sequence[str], size: int) -> dict[str, Page[Review]]:
        """Returns the first page of each product that has reviews."""
        ...

    async def summaries(self, products: Sequence[str]) -> list[RatingSummary]:
        """Returns the rating summaries, in the order of the products, each once."""
        ...

    async def created_by(self, request_id: str) -> Review | None:
        """Returns what an earlier creation with this request id created."""
        ...

    async def create(self, review: Review, request_id: str = "") -> Review:
        """Keeps a new review; raises ReviewExists."""
        ...

    async def change(self, name: str, change: Callable[[Review], Review]) -> Review:
        """Keeps what becomes of a review; raises NoSuchReview."""
        ...

    async def delete(self, name: str, check: Callable[[Review], None]) -> None:
        """Drops a review that passes the check; raises NoSuchReview."""
        ...

    async def fill(self, examples: Callable[[], Sequence[Review]]) -> bool:
        """Keeps the examples if there are no reviews yet; says whether it did."""
        ...


class SqlReviewStore:
    """Keeps reviews in SQLite or PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def review(self, name: str) -> Review:
        """Returns one review."""
        async with reading(self._engine) as db:
            return await _one(db, name)

    async def reviews(self, names: Sequence[str]) -> list[Review]:
        """Returns those that exist, in the order of the names, each once."""
        async with reading(self._engine) as db:
            return [review_of(row) for row in await rows_named(db, reviews, names)]

    async def page(self, query: PageQuery) -> Page[Review]:
        """Returns a page of the reviews of a product, or of all."""
        within = None if query.parent == ANY_PRODUCT else reviews.c.product == query.parent
        async with reading(self._engine) as db:
            return (await list_page(db, REVIEWS, query, within)).map(review_of)

    async def first_pages(self, products: Sequence[str], size: int) -> dict[str, Page[Review]]:
        """Returns the first page of each product that has reviews, by one statement."""
        async with reading(self._engine) as db:
            pages = await first_pages(db, REVIEWS, reviews.c.product, products, size)
        return {product: page.map(review_of) for product, page in pages.items()}

    async def summaries(self, products: Sequence[str]) -> list[RatingSummary]:
        """Returns the rating summaries, by one statement for all products."""
        statement = (
            select(reviews.c.product, reviews.c.rating, func.count())
            .where(reviews.c.product.in_(products))
            .group_by(reviews.c.product, reviews.c.rating)
        )
        counts: dict[str, dict[int, int]] = {product: {} for product in products}
        async with reading(self._engine) as db:
            for product, rating, count in await db.execute(statement):
                counts[product][rating] = count
        return [RatingSummary(product, found) for product, found in counts.items()]

    async def created_by(self, request_id: str) -> Review | None:
        """Returns what an earlier creation with this request id created."""
        async with reading(self._engine) as db:
            row = await row_created_by(db, reviews, request_id)
            return row and review_of(row)

    async def create(self, review: Review, request_id: str = "") -> Review:
        """Keeps a new review."""
        async with writing(self._engine) as db:
            row = review_row(review) | {"request_id": request_id or None}
            if await insert_absent(db, reviews, row):
                return review
            if earlier := await row_created_by(db, reviews, request_id):
                return review_of(earlier)
            raise ReviewExists(review.name)

    async def change(self, name: str, change: Callable[[Review], Review]) -> Review:
        """Keeps what becomes of a review."""
        async with writing(self._engine) as db:
            changed = change(await _one(db, name, lock=True))
            here = reviews.c.name == name
            await db.execute(update(reviews).where(here).values(**review_row(changed)))
            return changed

    async def delete(self, name: str, check: Callable[[Review], None]) -> None:
        """Drops a review that passes the check."""
        async with writing(self._engine) as db:
            check(await _one(db, name, lock=True))
            await db.execute(delete(reviews).where(reviews.c.name == name))

    async def fill(self, examples: Callable[[], Sequence[Review]]) -> bool:
        """Keeps the examples if there are no reviews yet; says whether it did."""
        async with writing(self._engine) as db:
            if await db.scalar(select(exists(select(reviews.c.name)))):
                return False
            first, *others = map(review_row, examples())
            if not await insert_absent(db, reviews, first):
                return False  # another instance fills it at this moment
            await db.execute(insert(reviews), others)
            return True


async def _one(db: AsyncConnection, name: str, *, lock: bool = False) -> Review:
    if row := await row_named(db, reviews, name, lock=lock):
        return review_of(row)
    raise NoSuchReview(name)
