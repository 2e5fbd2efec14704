"""The pages say every setting as the code has it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from edge.config import EdgeSettings
from mesh.config import PREFIX, MeshSettings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = DOCS / "settings.md"
SECTIONS: dict[str, type[BaseSettings]] = {"The edge": EdgeSettings, "Every process": MeshSettings}
SET_BY_US = {"supervised"}
"""What one process tells another, and nobody else should."""


def shown(kind: type[BaseSettings]) -> Iterator[str]:
    """Yields the rows that a page should have."""
    for name, field in kind.model_fields.items():
        if name not in SET_BY_US:
            yield f"| `{PREFIX}{name.upper()}` | {_default(field)} | {_escaped(field)} |"


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True)
    if isinstance(value, bool):
        value = str(value).lower()
    if value in (None, "", (), {}):
        return ""
    others = [each for each in get_args(field.annotation) if isinstance(each, str)]
    return " / ".join(f"`{each}`" for each in dict.fromkeys([value, *others]))


def _escaped(field: FieldInfo) -> str:
    assert field.description
    return field.description.replace("|", "\\|")


@pytest.mark.parametrize("section", SECTIONS)
def test_the_page_has_every_setting_with_its_default(section: str) -> None:
    part = PAGE.read_text().partition(f"## {section}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `.*$", part, re.MULTILINE)
    expected = list(shown(SECTIONS[section]))
    assert rows == expected, "the table should be:\n" + "\n".join(expected)


def test_every_setting_that_a_page_names_exists() -> None:
    known = {name.upper() for kind in SECTIONS.values() for name in kind.model_fields}
    for page in (ROOT / "README.md", *DOCS.glob("*.md")):
        named = set(re.findall(rf"\b{PREFIX}([A-Z0-9_]*[A-Z0-9])\b", page.read_text()))
        assert named <= known, page.name


def test_the_limits_of_graphql_are_told_with_their_defaults() -> None:
    rows = re.findall(
        r"^\| `([A-Z_]+_MAX)` \| ([\d,]+) \|", (DOCS / "graphql.md").read_text(), re.M
    )
    assert len(rows) == 8
    for name, told in rows:
        default = EdgeSettings.model_fields[f"graphql_{name.lower()}"].default
        assert int(told.replace(",", "")) == default, name
