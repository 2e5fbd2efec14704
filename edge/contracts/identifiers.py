"""What protoc lets names be: an image that was not made by it may hold anything."""

import re
from collections.abc import Iterator

from edge.contracts.model import ContractError, Contracts

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def check_identifiers(contracts: Contracts) -> None:
    """Does nothing where every name is an identifier.

    Raises:
        ContractError: one is not; the message says where.
    """
    for where, name in _names(contracts):
        if not _IDENTIFIER.fullmatch(name):
            raise ContractError(f"{name[:100]!r} in {where[:200]!r} is no name of protobuf")


def _names(contracts: Contracts) -> Iterator[tuple[str, str]]:
    for message in contracts.messages.values():
        yield from ((message.full_name, name) for name in message.path)
        yield from ((message.full_name, field.name) for field in message.fields)
    for enum in contracts.enums.values():
        yield from ((enum.full_name, value.name) for value in enum.values)
    for method in contracts.methods:
        yield method.service, method.name
