"""What the fields of a message and the values of an enum are called in GraphQL."""

import re
from collections import Counter
from collections.abc import Mapping

from edge.contracts.claims import Claim, settle
from edge.contracts.model import EnumType, Field, MessageType
from edge.contracts.words import camel, legal, lower_first, pascal

NODE_ID = "id"
"""The field of Relay's Node."""
_VALUE_NAME = re.compile(r"[A-Za-z][0-9A-Za-z_]*|_[0-9A-Za-z][0-9A-Za-z_]*|_")
_RESERVED_VALUES = {"true", "false", "null"}


def field_names(message: MessageType, *, node: bool = False) -> Mapping[str, str]:
    """Returns the GraphQL name of every field by its proto name: as in JSON, made legal.

    Where the message is a Relay node, `id` is the node's, and an own field `id` is called
    `<type>Id` (R7).
    """
    claims = []
    for field in message.fields:
        name = legal(field.json_name)
        if node and name == NODE_ID:
            name = f"{lower_first(legal(message.path[-1]))}{pascal(field.name)}"
        claims.append(Claim(field.name, (name, legal(field.name), f"{legal(field.name)}_field")))
    return settle(claims, {NODE_ID} if node else ()).names


def input_names(message: MessageType) -> Mapping[str, str]:
    """Returns the input name of every field and of every oneof by its proto name (R16).

    Fields and oneofs share one scope in a contract, so none of them has the name of another.
    """
    own = [(f.name, f.json_name) for f in message.fields]
    groups = [(name, camel(name)) for name in oneofs(message)]
    claims = (
        Claim(name, (legal(shown), legal(name), f"{legal(name)}_{kind}"))
        for kind, found in (("field", own), ("oneof", groups))
        for name, shown in found
    )
    return settle(claims).names


def oneofs(message: MessageType) -> Mapping[str, tuple[Field, ...]]:
    """Returns the members of each oneof that the contract wrote, in the order of the fields."""
    found: dict[str, tuple[Field, ...]] = {}
    for field in message.fields:
        if field.oneof:
            found[field.oneof] = (*found.get(field.oneof, ()), field)
    return found


def enum_value_names(enum: EnumType) -> Mapping[str, str]:
    """Returns the GraphQL name of every value by its proto name: without the type's prefix (R18).

    A value keeps its whole name where the rest is no legal name, or is another value's.
    """
    letters = enum.path[-1].replace("_", "")
    prefix = re.compile("_?".join(map(re.escape, letters)) + "_", re.IGNORECASE)
    short = {
        value.name: prefix.sub("", value.name, count=1)
        for value in enum.values
        if prefix.match(value.name)
    }
    whole = {value.name for value in enum.values if value.name not in short}
    uses = Counter(short.values())
    kept = {
        name: rest
        for name, rest in short.items()
        if _VALUE_NAME.fullmatch(rest)
        and rest not in _RESERVED_VALUES
        and uses[rest] == 1
        and rest not in whole
    }
    return {value.name: kept.get(value.name) or _legal_value(value.name) for value in enum.values}


def _legal_value(name: str) -> str:
    clean = legal(name)
    return f"{clean}_" if clean in _RESERVED_VALUES else clean
