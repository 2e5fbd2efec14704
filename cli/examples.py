"""The examples of our own API documents: one of each resource, from the seed of the example shop.

python -m cli.examples        writes `cli/examples.json` anew
"""

from pathlib import Path

import orjson
from google.protobuf import json_format
from google.protobuf.message import Message

from services.catalog import messages as catalog
from services.catalog import seed as catalog_seed
from services.inventory import messages as inventory
from services.inventory import seed as inventory_seed
from services.reviews import messages as reviews
from services.reviews import seed as reviews_seed
from services.reviews.v1 import in_v1

EXAMPLES = Path(__file__).with_name("examples.json")


def shop_examples() -> bytes:
    """Returns the examples as JSON by the full name of their message."""
    review = reviews.review_message(reviews_seed.reviews()[0])
    product = next(p for p in catalog_seed.products() if p.name == review.product)
    category = next(c for c in catalog_seed.categories() if c.name == product.category)
    stock = next(s for s in inventory_seed.stocks() if s.name.startswith(f"{product.name}/"))
    examples: list[Message] = [
        catalog.category_message(category),
        catalog.product_message(product),
        inventory.stock_message(stock),
        in_v1(review),
        review,
    ]
    values = {m.DESCRIPTOR.full_name: json_format.MessageToDict(m) for m in examples}
    # Sorted: maps of protobuf have no order of their own.
    return orjson.dumps(values, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


if __name__ == "__main__":
    EXAMPLES.write_bytes(shop_examples())
