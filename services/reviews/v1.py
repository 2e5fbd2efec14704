"""Version 1 of the contract, served as an adapter over version 2.

Each method puts its request into the words of v2, asks v2's servicer, and puts the answer, or what
was refused, back into the words of v1. Requests were validated by v1's rules, and v2 asks no more
than those. What v1 has no word for, a change by v1 leaves as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from google.protobuf.empty_pb2 import Empty
from google.protobuf.field_mask_pb2 import FieldMask

from mesh.errors import MeshError
from mesh.listing import renamed_filter, renamed_order
from mesh.resource import changed_paths
from services.reviews.servicer import Context, ReviewsServicer
from shop.reviews.v1 import reviews_pb2 as v1
from shop.reviews.v1 import reviews_pb2_grpc
from shop.reviews.v2 import reviews_pb2 as v2

CHANGEABLE = {
    "author": "author.display_name",
    "rating": "rating",
    "title": "headline",
    "body": "text",
}
"""What an update mask may name, and what v2 calls it."""
FILTERABLE = {
    "author": "author.display_name",
    "rating": "rating",
    "create_time": "create_time",
    "update_time": "update_time",
}
"""What a filter and an order may name, and what v2 calls it."""
NOTHING = "name"
"""A path that no update changes. A mask without any path would name all that is set."""


class ReviewsV1(reviews_pb2_grpc.ReviewsServiceServicer):
    """Serves shop.reviews.v1.ReviewsService through the servicer of v2."""

    def __init__(self, newest: ReviewsServicer) -> None:
        self._v2 = newest

    async def GetReview(self, request: v1.GetReviewRequest, context: Context) -> v1.Review:
        asked = v2.GetReviewRequest(name=request.name)
        return in_v1(await self._v2.GetReview(asked, context))

    async def ListReviews(
        self, request: v1.ListReviewsRequest, context: Context
    ) -> v1.ListReviewsResponse:
        asked = v2.ListReviewsRequest(
            parent=request.parent,
            page_size=request.page_size,
            page_token=request.page_token,
            filter=renamed_filter(request.filter, FILTERABLE),
            order_by=renamed_order(request.order_by, {**FILTERABLE, "name": "name"}),
        )
        with _words_of_v1():
            answer = await self._v2.ListReviews(asked, context)
        return v1.ListReviewsResponse(
            reviews=map(in_v1, answer.reviews),
            next_page_token=answer.next_page_token,
            total_size=answer.total_size,
        )

    async def BatchGetReviews(
        self, request: v1.BatchGetReviewsRequest, context: Context
    ) -> v1.BatchGetReviewsResponse:
        asked = v2.BatchGetReviewsRequest(parent=request.parent, names=request.names)
        answer = await self._v2.BatchGetReviews(asked, context)
        return v1.BatchGetReviewsResponse(reviews=map(in_v1, answer.reviews))

    async def BatchListReviews(
        self, request: v1.BatchListReviewsRequest, context: Context
    ) -> v1.BatchListReviewsResponse:
        asked = v2.BatchListReviewsRequest(products=request.products, page_size=request.page_size)
        answer = await self._v2.BatchListReviews(asked, context)
        return v1.BatchListReviewsResponse(entries=map(_entry, answer.entries))

    async def CreateReview(self, request: v1.CreateReviewRequest, context: Context) -> v1.Review:
        asked = v2.CreateReviewRequest(
            parent=request.parent,
            review=in_v2(request.review),
            review_id=request.review_id,
            request_id=request.request_id,
        )
        return in_v1(await self._v2.CreateReview(asked, context))

    async def UpdateReview(self, request: v1.UpdateReviewRequest, context: Context) -> v1.Review:
        changed = changed_paths(request.review, request.update_mask)
        paths = [CHANGEABLE[path] for path in changed] or [NOTHING]
        asked = v2.UpdateReviewRequest(
            review=in_v2(request.review), update_mask=FieldMask(paths=paths)
        )
        with _words_of_v1():
            return in_v1(await self._v2.UpdateReview(asked, context))

    async def DeleteReview(self, request: v1.DeleteReviewRequest, context: Context) -> Empty:
        asked = v2.DeleteReviewRequest(name=request.name, etag=request.etag)
        return await self._v2.DeleteReview(asked, context)

    async def GetRatingSummary(
        self, request: v1.GetRatingSummaryRequest, context: Context
    ) -> v1.RatingSummary:
        asked = v2.GetRatingSummaryRequest(name=request.name)
        return _summary(await self._v2.GetRatingSummary(asked, context))

    async def BatchGetRatingSummaries(
        self, request: v1.BatchGetRatingSummariesRequest, context: Context
    ) -> v1.BatchGetRatingSummariesResponse:
        asked = v2.BatchGetRatingSummariesRequest(names=request.names)
        answer = await self._v2.BatchGetRatingSummaries(asked, context)
        return v1.BatchGetRatingSummariesResponse(
            rating_summaries=map(_summary, answer.rating_summaries)
        )


def in_v1(review: v2.Review) -> v1.Review:
    """Returns a review in the words of v1; where its author is and its language have none."""
    return v1.Review(
        name=review.name,
        product=review.product,
        author=review.author.display_name,
        rating=review.rating,
        title=review.headline,
        body=review.text,
        create_time=review.create_time,
        update_time=review.update_time,
        etag=review.etag,
    )


def in_v2(review: v1.Review) -> v2.Review:
    """Returns a review in the words of v2: what a caller of v1 may write of it."""
    return v2.Review(
        name=review.name,
        author=v2.Author(display_name=review.author),
        rating=review.rating,
        headline=review.title,
        text=review.body,
        etag=review.etag,
    )


def _entry(entry: v2.BatchListReviewsResponse.Entry) -> v1.BatchListReviewsResponse.Entry:
    return v1.BatchListReviewsResponse.Entry(
        product=entry.product,
        reviews=map(in_v1, entry.reviews),
        next_page_token=entry.next_page_token,
        total_size=entry.total_size,
    )


def _summary(summary: v2.RatingSummary) -> v1.RatingSummary:
    return v1.RatingSummary(
        name=summary.name,
        product=summary.product,
        count=summary.count,
        average=summary.average,
        counts=summary.counts,
    )


@contextmanager
def _words_of_v1() -> Iterator[None]:
    """Tells what v2 refuses by the names that its caller used."""
    try:
        yield
    except MeshError as error:
        error.message = _said(error.message)
        error.violations = tuple(
            replace(each, field=_said(each.field), description=_said(each.description))
            for each in error.violations
        )
        raise


def _said(text: str) -> str:
    """The author's name is all that v2 calls otherwise where it refuses something."""
    return text.replace(CHANGEABLE["author"], "author")
