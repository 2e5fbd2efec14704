"""What pages hold beside their items: what was unreachable, for instance (AIP-217)."""

from collections.abc import Iterable, Mapping

from edge.contracts.claims import Claim, settle
from edge.contracts.model import Field, Kind
from edge.contracts.operations import Operation, Page
from edge.contracts.well_known import WELL_KNOWN
from edge.contracts.words import legal

OWN_NAMES = frozenset({"nodes", "edges", "pageInfo", "totalCount"})
"""The names of what every connection has, or may have (R9)."""


def page_fields(operations: Iterable[Operation]) -> Mapping[str, Mapping[str, Field]]:
    """Returns the further fields of pages by the full name of their items, and by GraphQL name.

    One connection stands for every list of a type. So a field that lists do not agree on is left
    out, and so is what is no plain value.
    """
    found: dict[str, dict[str, list[Field]]] = {}
    for operation in operations:
        if operation.page:
            of_type = found.setdefault(operation.page.items_field.type_name, {})
            for field in _further(operation, operation.page):
                of_type.setdefault(field.name, []).append(field)
    return {name: _named(of_type) for name, of_type in found.items() if of_type}


def _further(operation: Operation, page: Page) -> Iterable[Field]:
    own = (page.items_field, page.next_token_field, page.total_field)
    return [f for f in operation.method.output.fields if f not in own and not f.map_key]


def _named(of_type: Mapping[str, list[Field]]) -> Mapping[str, Field]:
    agreed = {
        name: fields[0]
        for name, fields in of_type.items()
        if _plain(fields[0]) and len({(f.kind, f.type_name, f.repeated) for f in fields}) == 1
    }
    claims = (
        Claim(name, (legal(field.json_name), f"{legal(name)}_field"))
        for name, field in agreed.items()
    )
    return {shown: agreed[name] for name, shown in settle(claims, OWN_NAMES).names.items()}


def _plain(field: Field) -> bool:
    return field.type_name in WELL_KNOWN or not (field.is_message or field.kind is Kind.ENUM)
