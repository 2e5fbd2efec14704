"""Makes GraphQL documents of every kind: valid ones, several writings of one, and hostile ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from tests.fuzz import pieces

BYTES_MAX = 16 * 1024
DEPTH_MAX = 7


@dataclass(frozen=True)
class Field:
    """One field of an operation, before anybody decides how to write it."""

    name: str
    arguments: str
    alias: str
    on: str
    below: tuple["Field", ...] = ()


@dataclass
class Operations:
    """Draws operations that fit a schema."""

    schema: GraphQLSchema
    random: Random
    aliases: int = 0

    def draw(self) -> Field:
        """Returns an operation, as a field of no name."""
        self.aliases = 0
        root = self.random.choice([self.schema.query_type] * 4 + [self.schema.mutation_type])
        assert root
        return Field("", root.name.lower(), "", root.name, self._below(root, DEPTH_MAX, 3))

    def _below(self, type_: GraphQLObjectType, depth: int, width: int) -> tuple[Field, ...]:
        names = [n for n, f in type_.fields.items() if depth > 1 or self._is_leaf(f)]
        chosen = self.random.sample(names, min(len(names), self.random.randint(1, width)))
        drawn = [self._field(type_, name, depth) for name in chosen]
        return (*drawn, Field("__typename", "", "", type_.name)) if not drawn else tuple(drawn)

    def _field(self, parent: GraphQLObjectType, name: str, depth: int) -> Field:
        definition = parent.fields[name]
        type_ = get_named_type(definition.type)
        arguments = ", ".join(
            f"{key}: {self._value(key, argument)}"
            for key, argument in definition.args.items()
            if is_required_argument(argument) or (key == "first" and self.random.random() < 0.6)
        )
        below: tuple[Field, ...] = ()
        if isinstance(type_, GraphQLInterfaceType):
            type_ = self.random.choice(self.schema.get_possible_types(type_))
        if isinstance(type_, GraphQLObjectType):
            below = self._below(type_, depth - 1, 4)
        return Field(name, f"({arguments})" * bool(arguments), self._alias(), parent.name, below)

    def _alias(self) -> str:
        if self.aliases >= 12 or self.random.random() > 0.2:
            return ""
        self.aliases += 1
        return f"alias{self.aliases}"

    def _value(self, name: str, argument: GraphQLArgument) -> str:
        if name == "first":
            return str(self.random.choice([0, 1, 2, 3, 20, 100]))
        text = str(argument.type).rstrip("!")
        if text.startswith("["):
            return "[" + ", ".join(['"x"'] * self.random.randint(0, 9)) + "]"
        known = {"Int": "1", "String": '"x"', "ID": '"x"', "Boolean": "true"}
        return known.get(text, "{}")

    def _is_leaf(self, definition: GraphQLField) -> bool:
        return is_leaf_type(get_named_type(definition.type))


@dataclass
class Writing:
    """Writes one operation in one of many ways that mean the same."""

    random: Random
    restless: float = 0.3
    fragments: list[str] = field(default_factory=list)

    def write(self, operation: Field) -> str:
        """Returns a document."""
        text = f"{operation.arguments} {self._set(operation)}"
        return " ".join([text, *self.fragments])

    def _set(self, parent: Field) -> str:
        parts = [self._part(child) for child in parent.below]
        return "{ " + " ".join(parts) + " }"

    def _part(self, child: Field) -> str:
        text = self._field(child)
        while self.random.random() < self.restless:
            text = self.random.choice(self._ways)(self, child, text)
        return text

    def _field(self, child: Field) -> str:
        alias = f"{child.alias}: " if child.alias else ""
        below = self._set(child) if child.below else ""
        if child.below and child.below[0].on not in ("", child.on) and child.name == "node":
            below = f"{{ ... on {child.below[0].on} {below} }}"
        return f"{alias}{child.name}{child.arguments} {below}"

    def _twice(self, child: Field, text: str) -> str:
        return f"{text} {self._field(child)}"

    def _inline(self, child: Field, text: str) -> str:
        return f"... {{ {text} }}"

    def _inline_on(self, child: Field, text: str) -> str:
        return f"... on {child.on} {{ {text} }}"

    def _spread(self, child: Field, text: str) -> str:
        name = f"F{len(self.fragments)}"
        self.fragments.append(f"fragment {name} on {child.on} {{ {text} }}")
        return f"...{name} " * self.random.randint(1, 2)

    _ways = (_twice, _inline, _inline_on, _spread)


@dataclass
class Hostile:
    """Draws documents that are made to take long, not to be answered."""

    schema: GraphQLSchema
    random: Random

    def draw(self) -> tuple[str, str]:
        """Returns the kind and the text of a document, cut to BYTES_MAX."""
        make = self.random.choice(self._kinds)
        text = make(self)
        while len(text.encode()) > BYTES_MAX:
            text = text[: len(text) * 3 // 4]
        return make.__name__.strip("_"), text

    def _repeated(self) -> str:
        """One snippet as often as the limits allow, somewhere."""
        snippet, limit = self._snippet(), self.random.choice([200, 480, 900, 990])
        times = max(1, limit // max(1, _tokens(snippet)))
        parts = (snippet.replace("#", str(i)) for i in range(times))
        around = self.random.choice(pieces.AROUND)
        return around.replace("@@", " ".join(parts))

    def _nested(self) -> str:
        opening, closing = self.random.choice(pieces.NESTS)
        times = self.random.choice([7, 30, 60, 150, 300])
        around = self.random.choice(pieces.AROUND)
        body = (opening * times).replace("#", "0") + self._snippet() + closing * times
        return around.replace("@@", body)

    def _fragments(self) -> str:
        """Fragments that spread each other: chains, bombs, circles, complete graphs."""
        count, spreads = self.random.randint(2, 60), self.random.randint(1, 12)
        step = self.random.choice([lambda i: i + 1, lambda i: self.random.randrange(count)])
        types = ["Product", "Query", "Review", "Stock"]
        type_ = self.random.choice(types)
        made = [
            f"fragment F{i} on {type_} {{ "
            + " ".join(f"...F{step(i)}" for _ in range(spreads))
            + f" {self.random.choice(pieces.LEAVES)} }}"
            for i in range(count)
        ]
        return "{ products { nodes { ...F0 } } ...F0 } " + " ".join(made)

    def _variables(self) -> str:
        count = self.random.randint(1, 150)
        names = [f"$v{i}: {self.random.choice(pieces.TYPES)}" for i in range(count)]
        uses = " ".join(
            f"a{i}: product(name: $v{self.random.randrange(count + 3)}) {{ title }}"
            for i in range(self.random.randint(0, 60))
        )
        flat = f"products(first: $v0) {{ nodes {{ {'title ' * self.random.randint(1, 300)} }} }}"
        return f"query({' '.join(names)}) {{ {self.random.choice([uses, flat])} }}"

    def _operations(self) -> str:
        count = self.random.randint(2, 150)
        body = self.random.choice(["{ __typename }", "{ ...F }", "($a: Int) { ...F }"])
        made = " ".join(f"query Q{i} {body}" for i in range(count))
        return made + " fragment F on Query { " + " ".join([self._snippet()] * 20) + " }"

    def _lexical(self) -> str:
        text, fill = self.random.choice(pieces.LEXICAL)
        return text.replace("@@", fill * (self.random.randint(100, BYTES_MAX) // len(fill)))

    def _introspection(self) -> str:
        links = ["fields", "type", "ofType", "interfaces", "possibleTypes", "args", "inputFields"]
        path = [self.random.choice(links) for _ in range(self.random.randint(1, 22))]
        leaves = " ".join(self.random.sample(["name", "kind", "description", "__typename"], 2))
        body = "".join(f"{{ {leaves} {link} " for link in path) + "{ name }" + "}" * len(path)
        return f"{{ __schema {{ types {body} }} }}"

    def _soup(self) -> str:
        return " ".join(self.random.choice(pieces.SOUP) for _ in range(self.random.randint(1, 950)))

    def _mutated(self) -> str:
        _, text = self.draw()
        for _ in range(self.random.randint(1, 6)):
            start = self.random.randrange(len(text) + 1)
            end = min(len(text), start + self.random.randint(0, 60))
            piece = text[start:end]
            text = self.random.choice(
                [
                    text[:start] + text[end:],
                    text[:end] + piece * self.random.randint(1, 40) + text[end:],
                    text[:start] + self.random.choice(pieces.SOUP) + text[end:],
                ]
            )
        return text

    def _snippet(self) -> str:
        return self.random.choice(pieces.SNIPPETS)

    _kinds: tuple[Callable[["Hostile"], str], ...] = (
        _repeated,
        _repeated,
        _nested,
        _fragments,
        _variables,
        _operations,
        _lexical,
        _introspection,
        _soup,
        _mutated,
    )


def _tokens(text: str) -> int:
    return len([c for c in text if c in "{}()[]:!=|@$&"]) + len(text.replace("{", " ").split())
