"""Reviews and rating summaries as messages of the newest contract, and back."""

from datetime import UTC

from mesh.listing import Page
from mesh.resource import etag_of
from services.reviews.review import RATINGS, Author, RatingSummary, Review
from shop.reviews.v2 import reviews_pb2


def review_message(review: Review) -> reviews_pb2.Review:
    """Returns a review as its message."""
    return reviews_pb2.Review(
        name=review.name,
        product=review.product,
        author=reviews_pb2.Author(
            display_name=review.author.display_name, region_code=review.author.region_code
        ),
        rating=review.rating,
        headline=review.headline,
        text=review.text,
        language_code=review.language_code,
        create_time=review.create_time,
        update_time=review.update_time,
        etag=etag_of(review.create_time, review.revision),
    )


def review_of(message: reviews_pb2.Review) -> Review:
    """Returns the review that a message says, at its first revision."""
    return Review(
        name=message.name,
        author=Author(message.author.display_name, message.author.region_code),
        rating=message.rating,
        headline=message.headline,
        text=message.text,
        language_code=message.language_code,
        create_time=message.create_time.ToDatetime(UTC),
        update_time=message.update_time.ToDatetime(UTC),
    )


def entry_message(product: str, page: Page[Review]) -> reviews_pb2.BatchListReviewsResponse.Entry:
    """Returns the first page of a product's reviews as its message."""
    return reviews_pb2.BatchListReviewsResponse.Entry(
        product=product,
        reviews=map(review_message, page.items),
        next_page_token=page.next_page_token,
        total_size=page.total_size,
    )


def summary_message(summary: RatingSummary) -> reviews_pb2.RatingSummary:
    """Returns a rating summary as its message, with a count for every rating."""
    return reviews_pb2.RatingSummary(
        name=f"{summary.product}/ratingSummary",
        product=summary.product,
        count=summary.count,
        average=summary.average,
        counts={rating: summary.counts.get(rating, 0) for rating in RATINGS},
    )
