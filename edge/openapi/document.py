"""The OpenAPI 3.1 document of everything that REST serves, or of one version of it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from edge.contracts.derived import Derived
from edge.contracts.joins import Joins
from edge.contracts.model import Contracts, Service
from edge.contracts.version import packages_of, suffixes, version_of
from edge.openapi.answers import GOOGLE_ERROR, HEADERS, PROBLEM, error_components
from edge.openapi.examples import NO_EXAMPLES, Examples
from edge.openapi.links import Links, Place
from edge.openapi.operation import Operations
from edge.openapi.paths import Paths
from edge.openapi.schemas import Schema, Schemas
from edge.rest.around import Around
from edge.rest.router import Binding

VERBS = frozenset({"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"})
"""The HTTP methods that OpenAPI can say."""
_VERSION = re.compile(r"v\d+(?:p\d+)?(?:(?:alpha|beta)\d*)?")


@dataclass(frozen=True, slots=True)
class About:
    """What the document says of the API that no contract does."""

    title: str = "API"
    version: str = "1"
    google_errors: bool = False
    ignores_unknown: bool = False
    examples: Examples = NO_EXAMPLES


def versions_of(bindings: Iterable[Binding]) -> list[str]:
    """Returns the versions with which paths begin, `v1`, in order."""
    return sorted({version for binding in bindings if (version := _version(binding))})


def openapi_document(
    derived: Derived,
    arounds: Mapping[Binding, Around],
    about: About,
    version: str = "",
) -> dict[str, Any]:
    """Returns the document of some bindings as a JSON value; paths are in the contracts' order.

    With a `version`, of the paths that begin with it. A verb that OpenAPI does not know is left
    out, and of two bindings that it cannot tell apart (`*` and `**` in one place) the second.
    """
    contracts = derived.contracts
    order = {method.path: place for place, method in enumerate(contracts.methods)}
    ordered = sorted(arounds, key=lambda b: (order[b.method.path], b.index))
    known = [binding for binding in ordered if version in ("", _version(binding))]
    served = dict.fromkeys(binding.method.service for binding in known)
    services = [contracts.services[name] for name in served]
    schemas = Schemas(
        contracts, about.examples, _joins(derived.joins, version), closed=not about.ignores_unknown
    )
    tags = _tags(contracts)
    return {
        "openapi": "3.1.0",
        "info": _info(about, version, services),
        "servers": [{"url": "/"}],
        "tags": [
            {"name": tags[service.full_name], "description": service.comment}
            for service in services
        ],
        "paths": _paths(contracts, {b: arounds[b] for b in known}, schemas, tags),
        "components": {
            "schemas": dict(sorted(schemas.components.items()))
            | {"Problem": GOOGLE_ERROR if about.google_errors else PROBLEM},
            "responses": error_components(google=about.google_errors),
            "headers": HEADERS,
        },
    }


def _version(binding: Binding) -> str:
    first = binding.template.segments[0]
    return first if _VERSION.fullmatch(first) else ""


def _joins(joins: Joins, version: str) -> Joins:
    """The joins that lead to what the version knows: its document is closed in itself."""
    if not version:
        return joins

    def known(package: str) -> bool:
        return version_of(package).label in ("", version)

    return Joins(
        {n: tuple(j for j in js if known(j.target.package)) for n, js in joins.forward.items()},
        {n: tuple(j for j in js if known(j.child.package)) for n, js in joins.reverse.items()},
        joins.problems,
    )


def _info(about: About, version: str, services: list[Service]) -> dict[str, str]:
    packages = sorted({service.package for service in services})
    return {
        "title": about.title,
        "version": f"{about.version} {version}".strip(),
        "description": f"Packages: {', '.join(packages)}",
    }


def _tags(contracts: Contracts) -> Mapping[str, str]:
    """A service's simple name with the suffix of a later version, else its full name (R20)."""
    suffix = suffixes(packages_of(contracts))
    short = {
        name: name.rpartition(".")[2] + suffix[service.package]
        for name, service in contracts.services.items()
    }
    counted = Counter(short.values())
    return {full: name if counted[name] == 1 else full for full, name in short.items()}


def _paths(
    contracts: Contracts,
    arounds: Mapping[Binding, Around],
    schemas: Schemas,
    tags: Mapping[str, str],
) -> dict[str, Schema]:
    """Writes the paths; bindings whose paths OpenAPI holds for the same share one."""
    paths, operations = Paths(contracts), Operations(contracts, schemas)
    placed: dict[tuple[str, str], tuple[Binding, Place]] = {}
    for binding in arounds:
        if binding.rule.verb in VERBS:
            path, names = paths.place(binding.template)
            place = Place(_operation_id(binding, tags[binding.method.service]), path, names)
            placed.setdefault((path, binding.rule.verb.lower()), (binding, place))
    links = Links(place for _, place in placed.values())
    written: dict[str, Schema] = {}
    for (path, verb), (binding, place) in placed.items():
        told = {"operationId": place.operation_id, "tags": [tags[binding.method.service]]}
        operation = operations.write(binding, arounds[binding], place.names)
        if found := links.of(binding, place):
            operation["responses"]["200"]["links"] = found
        written.setdefault(path, {})[verb] = told | operation
    return written


def _operation_id(binding: Binding, tag: str) -> str:
    name = f"{tag.replace('.', '_')}_{binding.method.name}"
    return f"{name}_{binding.index + 1}" if binding.index else name
