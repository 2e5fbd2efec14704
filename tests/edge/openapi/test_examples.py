from pathlib import Path
from typing import Any

import orjson
import pytest

from cli.examples import EXAMPLES
from edge.codec import Codec
from edge.config import EdgeSettings
from edge.contracts.model import ContractError, Contracts
from edge.faces import make_faces
from edge.openapi.examples import NO_EXAMPLES, Examples, as_seen, read_examples
from edge.openapi.published import published

PRODUCT = "shop.catalog.v1.Product"


def written(folder: Path, text: str) -> Path:
    path = folder / "examples.json"
    path.write_text(text)
    return path


def test_examples_are_read_as_the_contracts_say(shop: Contracts) -> None:
    seen = as_seen(read_examples(EXAMPLES, shop), shop, Codec(shop))
    assert seen.values[PRODUCT]["name"] == "products/oak-desk-lamp"
    assert read_examples(None, shop) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "are no JSON"),
        ("[]", "no object of examples"),
        ('{"shop.None": {}}', r"example of shop\.None, which the contracts do not hold"),
        ('{"shop.catalog.v1.Product": {"nme": 1}}', r"the example of shop\.catalog\.v1\.Product"),
    ],
)
def test_a_wrong_example_stops_the_start(
    tmp_path: Path, shop: Contracts, text: str, said: str
) -> None:
    with pytest.raises(ContractError, match=said):
        read_examples(written(tmp_path, text), shop)
    with pytest.raises(ContractError, match="cannot read the examples"):
        read_examples(tmp_path / "none.json", shop)


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        ("products/*", ["lamp"]),
        ("products/*/reviews/*", ["lamp", "1"]),
        ("categories/*", []),
        ("products/**", []),
    ],
)
def test_the_names_of_examples_fill_paths(template: str, parts: list[str]) -> None:
    names = ("products/lamp", "products/lamp/reviews/1")
    examples = Examples({name: {"name": name} for name in names})
    assert examples.parts(tuple(template.split("/"))) == parts
    assert NO_EXAMPLES.parts(tuple(template.split("/"))) == []


async def test_the_document_shows_them(shop: Contracts, caller: Any, ask: Any) -> None:
    settings = EdgeSettings(examples=EXAMPLES)
    documents = published(shop, make_faces(shop, caller, settings), settings)
    found = orjson.loads((await ask(documents["/v1/openapi.json"], "GET", "/")).content)
    product = found["paths"]["/v1/products/{product}"]["get"]["parameters"][0]
    assert product["example"] == "oak-desk-lamp"
    schemas = found["components"]["schemas"]
    [asked], [answered] = (schemas[f"{PRODUCT}{end}"]["examples"] for end in ("-Input", ""))
    assert answered.keys() - asked.keys() == {"name", "createTime", "updateTime", "etag"}
    patch = found["paths"]["/v1/products/{product}"]["patch"]["requestBody"]["content"]
    assert patch["application/json"]["schema"]["examples"] == [{"title": "Oak Desk Lamp"}]
