"""Who gets which name, whatever the order in which they ask (R20)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """One claimant. `ladder` holds its names from the plainest to the most qualified."""

    key: str
    ladder: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settlement:
    """The name of every claimant by its key, and a line for each conflict."""

    names: Mapping[str, str]
    conflicts: tuple[str, ...]


def settle(claims: Iterable[Claim], reserved: Collection[str] = frozenset()) -> Settlement:
    """Gives every claimant a name of its own.

    All claimants of a name that is claimed twice, or reserved, climb one rung; at the top of
    their ladders they are numbered in the order of their keys.
    """
    wanted = {claim.key: claim for claim in claims}
    rungs = dict.fromkeys(wanted, 0)
    crowded = _crowded(wanted, rungs, reserved)
    climbing = {key for key in crowded if len(wanted[key].ladder) > 1}
    while climbing:
        for key in climbing:
            rungs[key] += 1
        top = {key for key, rung in rungs.items() if rung == len(wanted[key].ladder) - 1}
        climbing = _crowded(wanted, rungs, reserved) - top
    names = {key: wanted[key].ladder[rung] for key, rung in rungs.items()}
    _number(names, _crowded(wanted, rungs, reserved), reserved)
    changed = sorted(key for key in names if names[key] != wanted[key].ladder[0])
    return Settlement(
        names, tuple(f"{wanted[k].ladder[0]}: {k} is called {names[k]}" for k in changed)
    )


def _crowded(
    wanted: Mapping[str, Claim], rungs: Mapping[str, int], reserved: Collection[str]
) -> set[str]:
    """Returns the keys of those whose present names are reserved or claimed twice."""
    holders: dict[str, list[str]] = {}
    for key, claim in wanted.items():
        holders.setdefault(claim.ladder[rungs[key]], []).append(key)
    return {
        key for name, keys in holders.items() if len(keys) > 1 or name in reserved for key in keys
    }


def _number(names: dict[str, str], crowded: Collection[str], reserved: Collection[str]) -> None:
    taken = {*reserved, *(name for key, name in names.items() if key not in crowded)}
    for key in sorted(crowded):
        name, number = names[key], 1
        while name in taken:
            number += 1
            name = f"{names[key]}_{number}"
        names[key] = name
        taken.add(name)
