"""Random documents that fit a schema: fragments, aliases, conditions, variables, repeats."""

import json
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_required_argument,
)

DEPTH = 6
FIELDS_MAX = 4
LIST_MAX = 2
SCALARS: dict[str, tuple[Any, ...]] = {
    "Int": (1, 2, 3, 7),
    "Float": (0.5, -2),
    "Boolean": (True, False),
    "String": ("products/product-1", "products/product-2", "a", "", "ünïcode ✓"),
    "ID": ("eA==", "nothing"),
    "Int64": ("5", 7),
    "UInt64": ("5", 7),
    "UInt32": (5,),
    "Bytes": ("aGk=",),
    "DateTime": ("2030-01-31T12:00:00Z",),
    "Duration": ("3.500s",),
    "FieldMask": ("name",),
    "JSON": ({"a": [1, None]}, "text", None),
}


class Writer:
    """Writes one document; the same for the same state of `random`."""

    def __init__(self, schema: GraphQLSchema, random: Random) -> None:
        self._schema = schema
        self._random = random
        self._fragments: list[str] = []
        self._declared: dict[str, str] = {}
        self._aliases = 0
        self.variables: dict[str, Any] = {}

    def query(self) -> str:
        """Returns the text of a query; its variables are in `variables`."""
        assert self._schema.query_type
        body = self._selection(self._schema.query_type, DEPTH)
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self._declared.items())
        head = f"query Q({declared})" if declared else "query Q"
        return " ".join([head, body, *self._fragments])

    def _selection(self, type_: GraphQLObjectType, depth: int) -> str:
        parts = []
        for name in self._chosen(type_, depth):
            head = self._head(name, type_.fields[name])
            for _ in range(1 + self._often(0.1)):  # what is written twice is merged
                text = head + self._below(type_.fields[name].type, depth)
                parts.append(self._wrapped(type_, text))
        if not parts or self._often(0.1):
            parts.append(self._wrapped(type_, "__typename"))
        return "{ " + " ".join(parts) + " }"

    def _chosen(self, type_: GraphQLObjectType, depth: int) -> list[str]:
        names = [n for n, f in type_.fields.items() if depth > 1 or _leaf(f.type)]
        self._random.shuffle(names)
        return names[: self._random.randint(1, FIELDS_MAX)]

    def _head(self, name: str, field: GraphQLField) -> str:
        alias = ""
        if self._often(0.4):
            self._aliases += 1
            alias = f"a{self._aliases}: "
        return alias + name + self._arguments(field.args) + self._condition()

    def _below(self, type_: GraphQLOutputType, depth: int) -> str:
        named = get_named_type(type_)
        if is_leaf_type(named):
            return ""
        if is_object_type(named):
            return " " + self._selection(named, depth - 1)
        some = self._random.choice(self._schema.get_possible_types(named))
        return f" {{ id ... on {some.name} {self._selection(some, depth - 1)} }}"

    def _wrapped(self, type_: GraphQLObjectType, text: str) -> str:
        choice = self._random.random()
        if choice < 0.1:
            return f"...{self._condition()} {{ {text} }}"
        if choice < 0.2:
            return f"... on {type_.name}{self._condition()} {{ {text} }}"
        if choice < 0.3:
            name = f"F{len(self._fragments)}"
            self._fragments.append(f"fragment {name} on {type_.name} {{ {text} }}")
            return f"...{name}{self._condition()}"
        return text

    def _condition(self) -> str:
        if not self._often(0.12):
            return ""
        word = self._random.choice(("skip", "include"))
        value = self._often(0.5)
        if self._often(0.5):
            return f" @{word}(if: {json.dumps(value)})"
        return f" @{word}(if: {self._variable('Boolean!', value)})"

    def _arguments(self, arguments: dict[str, GraphQLArgument]) -> str:
        given = []
        for name, argument in arguments.items():
            rare = 0.03 if name == "after" else 0.3
            if is_required_argument(argument) or self._often(rare):
                given.append(f"{name}: {self._given(argument.type)}")
        return f"({', '.join(given)})" if given else ""

    def _given(self, type_: GraphQLInputType) -> str:
        value = self._value(type_)
        return self._variable(str(type_), value) if self._often(0.4) else literal(type_, value)

    def _variable(self, type_: str, value: object) -> str:
        name = f"v{len(self._declared)}"
        self._declared[name] = type_
        self.variables[name] = value
        return f"${name}"

    def _value(self, type_: GraphQLInputType) -> Any:
        if is_non_null_type(type_):
            return self._value(type_.of_type)
        if is_list_type(type_):
            return [self._value(type_.of_type) for _ in range(self._random.randint(0, LIST_MAX))]
        if is_enum_type(type_):
            return self._random.choice(list(type_.values))
        if is_input_object_type(type_) and type_.is_one_of:
            return self._chosen_member(type_)
        if is_input_object_type(type_):
            return {
                name: self._value(field.type)
                for name, field in type_.fields.items()
                if is_non_null_type(field.type) or (not _deep(field.type) and self._often(0.2))
            }
        return self._random.choice(SCALARS[get_named_type(type_).name])

    def _chosen_member(self, type_: GraphQLInputObjectType) -> dict[str, Any]:
        members = type_.fields.items()
        near = [name for name, field in members if not _deep(field.type)]
        name = self._random.choice(near or list(type_.fields))
        value = self._value(type_.fields[name].type)
        return {name: {} if value is None else value}

    def _often(self, share: float) -> bool:
        return self._random.random() < share


def literal(type_: GraphQLInputType, value: Any) -> str:
    """Returns a value as a document writes it."""
    named = get_named_type(type_)
    if is_enum_type(named) and isinstance(value, str):
        return value
    if isinstance(value, list):
        inner = type_.of_type if is_non_null_type(type_) else type_
        item = inner.of_type if is_list_type(inner) else inner
        return "[" + ", ".join(literal(item, one) for one in value) + "]"
    if isinstance(value, dict):
        fields = named.fields if is_input_object_type(named) else {}
        parts = (
            f"{k}: {literal(fields[k].type if k in fields else named, v)}" for k, v in value.items()
        )
        return "{" + ", ".join(parts) + "}"
    return json.dumps(value, ensure_ascii=False)


def _leaf(type_: GraphQLOutputType) -> bool:
    return is_leaf_type(get_named_type(type_))


def _deep(type_: GraphQLInputType) -> bool:
    return is_input_object_type(get_named_type(type_))
