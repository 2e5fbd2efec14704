"""Filters and orders in the words of another version of a contract.

What needs no change stays as it is to the letter: page tokens are bound to it.
"""

from collections.abc import Iterator, Mapping

from mesh.listing.filter import And, Comparison, Filter, Not, Or, parse_filter, refusal
from mesh.listing.order import parse_order


def renamed_filter(text: str, names: Mapping[str, str]) -> str:
    """Returns an AIP-160 filter with each field called as `names` says.

    Raises:
        InvalidArgument: the filter cannot be read, or names what is not among the names.
    """
    tree = parse_filter(text)
    if tree is None:
        return text
    renamed, end = "", 0
    for found in sorted(_comparisons(tree), key=lambda comparison: comparison.at):
        if found.name not in names:
            raise refusal(f"names {found.name}: use {', '.join(names)}")
        renamed += text[end : found.at] + names[found.name]
        end = found.at + len(found.name)
    return renamed + text[end:]


def renamed_order(text: str, names: Mapping[str, str]) -> str:
    """Returns an AIP-132 order with each field called as `names` says.

    Raises:
        InvalidArgument: the order cannot be read, or names what is not among the names.
    """
    if not text.strip():
        return text
    fields = parse_order(text, names)
    parts = zip(text.split(","), fields, strict=True)
    return ",".join(part.replace(name, names[name], 1) for part, name in parts)


def _comparisons(tree: Filter) -> Iterator[Comparison]:
    match tree:
        case And(terms) | Or(terms):
            for term in terms:
                yield from _comparisons(term)
        case Not(term):
            yield from _comparisons(term)
        case Comparison():
            yield tree
