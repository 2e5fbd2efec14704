"""Reads an overlay: a service configuration in YAML (google.api.Service), with places for errors.

`docs/overlays.md` shows all that may be in one. Other sections of google.api.Service
mean nothing here and are passed over.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from google.api import service_pb2

from edge.contracts.model import ContractError

RULES: Mapping[tuple[str, str], str] = {
    ("http", "rules"): "selector",
    ("visibility", "rules"): "selector",
    ("selvedge", "methods"): "selector",
    ("selvedge", "resources"): "message",
    ("selvedge", "references"): "field",
    ("selvedge", "behaviors"): "field",
}
"""The lists of rules, and which key of a rule says what it is about."""
_IGNORED = {("http", "fully_decode_reserved_expansion")}
_SECTIONS = {section for section, _ in RULES}
_STANDARD = {"type", *service_pb2.Service.DESCRIPTOR.fields_by_name}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `kind` is a key of `RULES`; `about` is taken out of `says`; `place` is its line."""

    kind: tuple[str, str]
    about: str
    says: dict[str, Any]
    place: str


def read_overlay(path: Path, mistakes: list[str]) -> list[Rule]:
    """Returns the rules of a file in its order; what is wrong with one joins the mistakes.

    Raises:
        ContractError: the file cannot be read, or is no YAML.
    """
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
        document = loader.get_single_node()
    except OSError as error:
        raise ContractError(f"cannot read the overlay {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    return list(_Reader(path, loader, mistakes).rules(document))


class _Reader:
    """Walks the nodes of one document; they know their lines, which plain values do not."""

    def __init__(self, path: Path, loader: yaml.SafeLoader, mistakes: list[str]) -> None:
        self._path = path
        self._loader = loader
        self._mistakes = mistakes

    def rules(self, document: yaml.Node | None) -> Iterator[Rule]:
        for section, node in self._entries(document) if document else ():
            name = section.value
            if name in _SECTIONS:
                yield from self._section(name, node)
            elif name not in _STANDARD:
                self._mistake(section, f"{name!r} is no section of a service configuration")

    def _section(self, name: str, node: yaml.Node) -> Iterator[Rule]:
        for key, value in self._entries(node):
            kind = (name, key.value)
            if kind in RULES:
                yield from self._list(kind, value)
            elif kind not in _IGNORED:
                known = ", ".join(key for section, key in RULES if section == name)
                self._mistake(key, f"{name} has no {key.value!r}, only {known}")

    def _list(self, kind: tuple[str, str], node: yaml.Node) -> Iterator[Rule]:
        if not isinstance(node, yaml.SequenceNode):
            self._mistake(node, f"{'.'.join(kind)} is a list")
            return
        for item in node.value:
            says = {key.value: value for key, value in self._entries(item)}
            about = says.pop(RULES[kind], None)
            if isinstance(about, yaml.ScalarNode) and about.value:
                values = {key: self._plain(value) for key, value in says.items()}
                yield Rule(kind, about.value, values, self._place(item))
            elif isinstance(item, yaml.MappingNode):
                self._mistake(item, f"a rule of {'.'.join(kind)} needs a {RULES[kind]}")

    def _entries(self, node: yaml.Node) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self._mistake(node, "keys and values are wanted here")
            return []
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                self._mistake(key, f"{key.value!r} is there twice")
            seen.add(key.value)
        return [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]

    def _plain(self, node: yaml.Node) -> Any:
        return self._loader.construct_object(node, deep=True)

    def _mistake(self, node: yaml.Node, problem: str) -> None:
        self._mistakes.append(f"{self._place(node)}: {problem}")

    def _place(self, node: yaml.Node) -> str:
        return f"{self._path}:{node.start_mark.line + 1}"
