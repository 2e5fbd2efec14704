"""The table of reviews, and its rows as reviews."""

import dataclasses
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Row, Table

from mesh.listing import Collection, NumberField, TextField, TimestampField
from mesh.store import TEXT, Instant
from services.reviews.review import Review

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
)

REVIEWS = Collection(
    reviews,
    {
        "author": TextField(reviews.c.author),
        "rating": NumberField(reviews.c.rating),
        "create_time": TimestampField(reviews.c.create_time),
        "update_time": TimestampField(reviews.c.update_time),
    },
    order="create_time desc, name desc",
)

_FIELDS = tuple(field.name for field in dataclasses.fields(Review))


def review_of(row: Row[Any]) -> Review:
    """Returns the review that a row holds."""
    return Review(**{field: getattr(row, field) for field in _FIELDS})


def review_row(review: Review) -> dict[str, object]:
    """Returns a review as it is written."""
    return {field: getattr(review, field) for field in _FIELDS} | {"product": review.product}
