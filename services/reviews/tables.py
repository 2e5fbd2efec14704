"""The table of reviews, and its rows as reviews."""

from typing import Any

from sqlalchemy import Column, Integer, MetaData, Row, Table

from mesh.listing import Collection, NumberField, TextField, TimestampField
from mesh.store import TEXT, Instant
from services.reviews.review import Author, Review

reviews = Table(
    "reviews",
    MetaData(),
    Column("name", TEXT, primary_key=True),
    Column("product", TEXT, nullable=False),
    Column("author", TEXT, nullable=False),
    Column("rating", Integer, nullable=False),
    Column("title", TEXT, nullable=False),
    Column("body", TEXT, nullable=False),
    Column("create_time", Instant, nullable=False),
    Column("update_time", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("request_id", TEXT, unique=True),
    Column("author_region_code", TEXT, nullable=False),
    Column("language_code", TEXT, nullable=False),
)

REVIEWS = Collection(
    reviews,
    {
        "author.display_name": TextField(reviews.c.author),
        "author.region_code": TextField(reviews.c.author_region_code),
        "rating": NumberField(reviews.c.rating),
        "language_code": TextField(reviews.c.language_code),
        "create_time": TimestampField(reviews.c.create_time),
        "update_time": TimestampField(reviews.c.update_time),
    },
    order="create_time desc, name desc",
)


def review_of(row: Row[Any]) -> Review:
    """Returns the review that a row holds."""
    return Review(
        name=row.name,
        author=Author(row.author, row.author_region_code),
        rating=row.rating,
        create_time=row.create_time,
        update_time=row.update_time,
        headline=row.title,
        text=row.body,
        language_code=row.language_code,
        revision=row.revision,
    )


def review_row(review: Review) -> dict[str, object]:
    """Returns a review as it is written."""
    return {
        "name": review.name,
        "product": review.product,
        "author": review.author.display_name,
        "author_region_code": review.author.region_code,
        "rating": review.rating,
        "title": review.headline,
        "body": review.text,
        "language_code": review.language_code,
        "create_time": review.create_time,
        "update_time": review.update_time,
        "revision": review.revision,
    }
