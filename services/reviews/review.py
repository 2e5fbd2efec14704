"""A review, and the rating summary that a product's reviews make."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime


class ReviewError(Exception):
    """What keeps a review from being read or changed; its argument is a resource name."""


class NoSuchReview(ReviewError):
    """There is no review of that name."""


class ReviewExists(ReviewError):
    """The name belongs to another review."""


class NoSuchProduct(ReviewError):
    """The product that is to be reviewed does not exist."""


RATINGS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Author:
    """Whoever wrote a review. `region_code` is CLDR's (`DE`), empty where they did not say."""

    display_name: str
    region_code: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """What one person says about one product. `revision` counts its changes, from 1.

    `language_code` is that of the headline and the text (BCP 47), empty where nobody said.
    """

    name: str
    author: Author
    rating: int
    create_time: datetime
    update_time: datetime
    headline: str = ""
    text: str = ""
    language_code: str = ""
    revision: int = 1

    @property
    def product(self) -> str:
        """The name of the product that it is about."""
        return self.name.partition("/reviews/")[0]

    def revised(self, now: datetime) -> "Review":
        """Returns the review as changed at `now`."""
        return replace(self, update_time=now, revision=self.revision + 1)


@dataclass(frozen=True, slots=True)
class RatingSummary:
    """The ratings of one product: how many reviews gave each rating."""

    product: str
    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many reviews there are."""
        return sum(self.counts.values())

    @property
    def average(self) -> float:
        """The mean rating, 0 where there are no reviews."""
        total = sum(rating * count for rating, count in self.counts.items())
        return total / self.count if self.count else 0.0
