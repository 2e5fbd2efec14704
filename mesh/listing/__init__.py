"""Lists: filters (AIP-160), orders (AIP-132) and pages (AIP-158) over a table."""

from mesh.listing.collection import Collection
from mesh.listing.fields import (
    BooleanField,
    EnumField,
    Field,
    NumberField,
    TextField,
    TimestampField,
)
from mesh.listing.order import Key
from mesh.listing.page import Page, PageQuery, first_pages, keyset_page, list_page, page_size
from mesh.listing.renaming import renamed_filter, renamed_order

__all__ = [
    "BooleanField",
    "Collection",
    "EnumField",
    "Field",
    "Key",
    "NumberField",
    "Page",
    "PageQuery",
    "TextField",
    "TimestampField",
    "first_pages",
    "keyset_page",
    "list_page",
    "page_size",
    "renamed_filter",
    "renamed_order",
]
