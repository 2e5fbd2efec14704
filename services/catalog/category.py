"""A category: a shelf of products."""

from dataclasses import dataclass, replace
from datetime import datetime


class CategoryError(Exception):
    """What keeps a category from being read or changed; its argument is the category's name."""


class NoSuchCategory(CategoryError):
    """There is no category of that name."""


class CategoryExists(CategoryError):
    """The name belongs to another category."""


class CategoryInUse(CategoryError):
    """A product is still in the category."""


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of products. `revision` counts its changes, from 1."""

    name: str
    display_name: str
    create_time: datetime
    update_time: datetime
    description: str = ""
    revision: int = 1

    def revised(self, now: datetime) -> "Category":
        """Returns the category as changed at `now`."""
        return replace(self, update_time=now, revision=self.revision + 1)
