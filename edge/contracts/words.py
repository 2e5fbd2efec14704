"""How names change their spelling: snake to camel, singular to plural."""

import re

_CAMEL_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ILLEGAL = re.compile(r"[^0-9A-Za-z_]")


def camel(snake: str) -> str:
    """Returns `rating_summary` as `ratingSummary`, by the rule of proto3's JSON names."""
    return re.sub(r"_+([A-Za-z0-9]?)", lambda match: match[1].upper(), snake)


def pascal(name: str) -> str:
    """Returns `shop.catalog.v1` or `rating_summary` as `ShopCatalogV1`, `RatingSummary`."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[._]+", name))


def lower_first(name: str) -> str:
    """Returns `ListProducts` as `listProducts` and `IAMPolicy` as `iamPolicy`."""
    first = _CAMEL_BOUNDARY.split(name, maxsplit=1)[0]
    return first.lower() + name[len(first) :]


def snake(name: str) -> str:
    """Returns `RatingSummary` as `rating_summary`."""
    return _CAMEL_BOUNDARY.sub("_", name).lower()


def singular(noun: str) -> str:
    """Returns the singular of a regular English plural; any other word as it is."""
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return noun[:-2]
    if noun.endswith("s") and not noun.endswith(("ss", "us", "is")) and len(noun) > 1:
        return noun[:-1]
    return noun


def plural(noun: str) -> str:
    """Returns the regular English plural of a noun."""
    if noun.endswith("y") and noun[-2:-1] not in ("a", "e", "i", "o", "u", ""):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "z", "ch", "sh")) else "s")


def legal(name: str) -> str:
    """Returns a name that GraphQL accepts and does not keep to itself (no leading `__`)."""
    clean = _ILLEGAL.sub("_", name)
    if clean.startswith("__"):
        clean = "_" + clean.lstrip("_")
    return clean if clean and not clean[0].isdigit() else f"_{clean}"
