"""The reviews of the example shop, put together from the phrases in data/."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

from mesh.seeding import fraction, moment, pick, rows, shuffled
from services.reviews.review import Author, Review

DATA = Path(__file__).parent / "data"
FIRST_REVIEW = datetime(2025, 11, 1, tzinfo=UTC)
LAST_REVIEW = datetime(2026, 10, 31, tzinfo=UTC)
RATINGS = {5: 0.48, 4: 0.29, 3: 0.12, 2: 0.07, 1: 0.04}
"""How the ratings of a product of middling quality are shared out."""
REGIONS = ("AU", "CA", "GB", "IE", "NZ", "US")
MOODS = {5: "good", 4: "good", 3: "fair", 2: "bad", 1: "bad"}

Phrases = Mapping[tuple[str, str], Sequence[str]]


def reviews() -> tuple[Review, ...]:
    """Returns the reviews of the example shop, those of one product together."""
    phrases = _phrases(DATA / "phrases.txt")
    details = _phrases(DATA / "details.txt")
    authors = [name for (name,) in rows(DATA / "authors.txt")]
    found: list[Review] = []
    for slug, subject, thing, count in rows(DATA / "products.txt"):
        told = _Telling(slug, thing, phrases, subject, details)
        writers = shuffled(authors, "authors", slug)[: int(count)]
        found.extend(told.review(number, author) for number, author in enumerate(writers, 1))
    return tuple(found)


def _phrases(table: Path) -> Phrases:
    phrases: dict[tuple[str, str], list[str]] = defaultdict(list)
    for kind, group, text in rows(table):
        phrases[kind, group].append(text)
    return phrases


class _Telling:
    """Writes the reviews of one product; says nothing twice while there is something unsaid."""

    def __init__(
        self, slug: str, thing: str, phrases: Phrases, subject: str, details: Phrases
    ) -> None:
        self._slug = slug
        self._thing = thing
        self._subject = subject
        self._known = {**phrases, **details}
        self._unsaid: dict[tuple[str, str], Iterator[str]] = {}

    def review(self, number: int, author: str) -> Review:
        rating = self._rating(number)
        written = moment(FIRST_REVIEW, LAST_REVIEW, "written", self._slug, number)
        return Review(
            name=f"products/{self._slug}/reviews/{number}",
            author=Author(author, pick(REGIONS, "region", author)),
            rating=rating,
            create_time=written,
            update_time=written,
            headline=self._say("title", str(rating)),
            text=self._text(rating, number),
            language_code="en",
        )

    def _rating(self, number: int) -> int:
        """A product's quality moves all of its ratings a little up or down."""
        quality = (fraction("quality", self._slug) - 0.5) / 3
        point = fraction("rating", self._slug, number) - quality
        for rating, share in RATINGS.items():
            point -= share
            if point < 0:
                return rating
        return min(RATINGS)

    def _text(self, rating: int, number: int) -> str:
        shape = pick(("od", "odc", "dc", "odd", "oddc", "oc"), "shape", self._slug, number)
        kinds = {"o": "opening", "d": self._subject, "c": "closing"}
        groups = {"o": str(rating), "d": MOODS[rating], "c": str(rating)}
        return " ".join(self._say(kinds[part], groups[part]) for part in shape)

    def _say(self, kind: str, group: str) -> str:
        key = kind, group
        if key not in self._unsaid:
            self._unsaid[key] = cycle(shuffled(self._known[key], key, self._slug))
        return next(self._unsaid[key]).replace("{thing}", self._thing)
