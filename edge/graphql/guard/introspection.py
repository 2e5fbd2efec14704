"""How much of a schema a document may ask for by `__schema` and `__type`.

Lists of types lie within lists of types, so a short document can ask for more than the schema
holds many times over. It may ask for twice what the usual query of the tools asks for.
"""

from collections.abc import Mapping

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLWrappingType,
    OperationDefinitionNode,
    get_introspection_query,
    is_abstract_type,
    is_enum_type,
    parse,
)

from edge.graphql.guard.fields import Fields, Groups

USUAL_TIMES_MAX = 2
ANSWERED_FIELDS_MIN = 5_000
"""Always allowed, however small the schema."""
_OTHER_TYPES = frozenset({"type", "ofType", "interfaces", "possibleTypes"})
"""Fields that lead from one type to others, which need not be average."""

Lengths = Mapping[str, float]


class Introspection:
    """Says how many fields an answer to introspection has, near enough, and how many it may."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._means, self._maxima = _lengths(schema)
        usual = parse(
            get_introspection_query(
                specified_by_url=True,
                directive_is_repeatable=True,
                schema_description=True,
                input_value_deprecation=True,
                one_of=True,
            )
        )
        (operation, *_) = usual.definitions
        assert isinstance(operation, OperationDefinitionNode)
        asked = self.answered(Fields(schema, usual), operation)
        self.answered_max = max(USUAL_TIMES_MAX * asked, ANSWERED_FIELDS_MIN)

    def answered(self, fields: Fields, operation: OperationDefinitionNode) -> int:
        """Returns how many fields of introspection the answer to a valid operation has."""
        roots = fields.roots(operation)
        meta = {
            name: alike
            for name, alike in roots.items()
            if alike[0].node.name.value in ("__schema", "__type")
        }
        return int(self._count(fields, meta, self._maxima))

    def _count(self, fields: Fields, groups: Groups, lengths: Lengths) -> float:
        """Fields below `__schema` have no definition here: their names say what they are."""
        total = 0.0
        for alike in groups.values():
            name = alike[0].node.name.value
            below = fields.below(alike)
            if below:
                inner = self._means if name == "types" else lengths
                if name in _OTHER_TYPES:
                    inner = self._maxima
                total += lengths.get(name, 1) * self._count(fields, below, inner)
            total += 1
        return total


def _lengths(schema: GraphQLSchema) -> tuple[Lengths, Lengths]:
    """How long the lists of introspection are on average over all types, and at the most."""
    types = list(schema.type_map.values())
    composite = [t for t in types if isinstance(t, GraphQLObjectType | GraphQLInterfaceType)]
    fields = [field for type_ in composite for field in type_.fields.values()]
    references = [_wrappers(field.type) for field in fields]
    lists = {
        "fields": [len(t.fields) for t in composite],
        "interfaces": [len(t.interfaces) for t in composite],
        "inputFields": [len(t.fields) for t in types if isinstance(t, GraphQLInputObjectType)],
        "enumValues": [len(t.values) for t in types if is_enum_type(t)],
        "possibleTypes": [len(schema.get_possible_types(t)) for t in types if is_abstract_type(t)],
    }
    arguments = [len(field.args) for field in fields]
    everywhere = {
        "types": float(len(types)),
        "directives": float(len(schema.directives)),
        "ofType": sum(references) / sum(count + 1 for count in references),
    }
    means = {name: sum(lengths) / len(types) for name, lengths in lists.items()}
    maxima = {name: float(max(lengths, default=0)) for name, lengths in lists.items()}
    return (
        {**everywhere, **means, "args": sum(arguments) / len(fields)},
        {**everywhere, **maxima, "args": float(max(arguments))},
    )


def _wrappers(type_: object) -> int:
    return 1 + _wrappers(type_.of_type) if isinstance(type_, GraphQLWrappingType) else 0
