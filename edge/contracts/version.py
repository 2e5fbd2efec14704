"""The version at the end of a package's name (AIP-185, AIP-181): `v1`, `v2beta1`, `v1p1beta1`."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from edge.contracts.model import Contracts

_VERSION = re.compile(r"v(\d+)(?:p(\d+))?(?:(alpha|beta)(\d*))?")
_STAGES = {"alpha": 0, "beta": 1, None: 2}


@dataclass(frozen=True, slots=True)
class PackageVersion:
    """A package taken apart: the family `shop.catalog`, the label `v1` ("" without one).

    `age` orders the versions of a family, the oldest first: v1alpha1, v1beta1, v1, v2.
    """

    family: str
    label: str
    age: tuple[int, ...]


def version_of(package: str) -> PackageVersion:
    """Returns the version of a package; a package without one is older than any version."""
    family, _, label = package.rpartition(".")
    match = _VERSION.fullmatch(label)
    if match is None:
        return PackageVersion(package, "", ())
    major, point, stage, minor = match.groups()
    age = (int(major), int(point or 0), _STAGES[stage], int(minor or 0))
    return PackageVersion(family, label, age)


def suffixes(packages: Iterable[str], bare: Collection[str] = ()) -> Mapping[str, str]:
    """Returns what the names of each package end in: "" or, for a later version, `V2` (R20).

    The oldest version of a family keeps the bare names, unless `bare` holds another one of it.
    """
    families: dict[str, set[str]] = {}
    for package in packages:
        families.setdefault(version_of(package).family, set()).add(package)
    return {
        package: "" if package == first else version_of(package).label.capitalize()
        for family in families.values()
        for first in (min(family, key=lambda p: (p not in bare, version_of(p).age, p)),)
        for package in family
    }


def packages_of(contracts: Contracts) -> set[str]:
    """Returns every package that declares a message, an enum or a service."""
    declared = (contracts.messages, contracts.enums, contracts.services)
    return {thing.package for things in declared for thing in things.values()}
