"""The methods of reviews: each turns a message into the domain's words, and the answer back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

import grpc
from google.protobuf.empty_pb2 import Empty

from mesh import errors
from mesh.clock import utc_now
from mesh.listing import Page, PageQuery, page_size
from mesh.resource import Border, check_etag, etag_of, new_identifier, updated
from mesh.resource.parent import check_children
from services.reviews.messages import entry_message, review_message, review_of, summary_message
from services.reviews.review import NoSuchProduct, NoSuchReview, Review, ReviewExists
from services.reviews.store import ReviewStore
from services.reviews.upstreams import Catalog
from shop.reviews.v2 import reviews_pb2, reviews_pb2_grpc

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

BORDER = Border(
    {
        NoSuchReview: (errors.NotFound, "REVIEW_NOT_FOUND", "{} does not exist"),
        NoSuchProduct: (errors.NotFound, "PRODUCT_NOT_FOUND", "{} does not exist"),
        ReviewExists: (errors.AlreadyExists, "REVIEW_EXISTS", "{} is taken"),
    }
)


class ReviewsServicer(reviews_pb2_grpc.ReviewsServiceServicer):
    """Serves shop.reviews.v2.ReviewsService from a store. Messages were validated before."""

    def __init__(
        self, store: ReviewStore, catalog: Catalog, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._now = now

    async def GetReview(
        self, request: reviews_pb2.GetReviewRequest, context: Context
    ) -> reviews_pb2.Review:
        with BORDER.crossed():
            return review_message(await self._store.review(request.name))

    async def ListReviews(
        self, request: reviews_pb2.ListReviewsRequest, context: Context
    ) -> reviews_pb2.ListReviewsResponse:
        page = await self._store.page(PageQuery.of(request, request.parent))
        return reviews_pb2.ListReviewsResponse(
            reviews=map(review_message, page.items),
            next_page_token=page.next_page_token,
            total_size=page.total_size,
        )

    async def BatchGetReviews(
        self, request: reviews_pb2.BatchGetReviewsRequest, context: Context
    ) -> reviews_pb2.BatchGetReviewsResponse:
        check_children(request.parent, request.names)
        found = await self._store.reviews(request.names)
        return reviews_pb2.BatchGetReviewsResponse(reviews=map(review_message, found))

    async def BatchListReviews(
        self, request: reviews_pb2.BatchListReviewsRequest, context: Context
    ) -> reviews_pb2.BatchListReviewsResponse:
        pages = await self._store.first_pages(request.products, page_size(request.page_size))
        nothing: Page[Review] = Page(())
        return reviews_pb2.BatchListReviewsResponse(
            entries=[entry_message(name, pages.get(name, nothing)) for name in request.products]
        )

    async def CreateReview(
        self, request: reviews_pb2.CreateReviewRequest, context: Context
    ) -> reviews_pb2.Review:
        if earlier := await self._store.created_by(request.request_id):
            return review_message(earlier)
        now = self._now()
        review = replace(
            review_of(request.review),
            name=f"{request.parent}/reviews/{request.review_id or new_identifier()}",
            create_time=now,
            update_time=now,
        )
        with BORDER.crossed():
            if not await self._catalog.has_product(request.parent):
                raise NoSuchProduct(request.parent)
            return review_message(await self._store.create(review, request.request_id))

    async def UpdateReview(
        self, request: reviews_pb2.UpdateReviewRequest, context: Context
    ) -> reviews_pb2.Review:
        def change(current: Review) -> Review:
            message = review_message(current)
            check_etag(request.review.etag, message.etag)
            wanted = updated(message, request.review, request.update_mask, at="review")
            return replace(review_of(wanted), revision=current.revision).revised(self._now())

        with BORDER.crossed():
            return review_message(await self._store.change(request.review.name, change))

    async def DeleteReview(
        self, request: reviews_pb2.DeleteReviewRequest, context: Context
    ) -> Empty:
        def check(current: Review) -> None:
            check_etag(request.etag, etag_of(current.create_time, current.revision))

        with BORDER.crossed():
            await self._store.delete(request.name, check)
        return Empty()

    async def GetRatingSummary(
        self, request: reviews_pb2.GetRatingSummaryRequest, context: Context
    ) -> reviews_pb2.RatingSummary:
        (summary,) = await self._store.summaries([_product(request.name)])
        return summary_message(summary)

    async def BatchGetRatingSummaries(
        self, request: reviews_pb2.BatchGetRatingSummariesRequest, context: Context
    ) -> reviews_pb2.BatchGetRatingSummariesResponse:
        found = await self._store.summaries([*map(_product, request.names)])
        return reviews_pb2.BatchGetRatingSummariesResponse(
            rating_summaries=map(summary_message, found)
        )


def _product(summary: str) -> str:
    """Returns the product that a rating summary is of."""
    return summary.removesuffix("/ratingSummary")
