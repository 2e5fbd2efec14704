"""Validation in bounded time: graphql-core's rules, except for what takes too long.

That is the comparison of each field with each, in whose place `guard_merge` stands; the search for
names that were meant, which is made for few errors in short documents only; and the walks in search
of variables, which are made where there are some.
"""

from collections.abc import Collection

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    OverlappingFieldsCanBeMergedRule,
    VariablesInAllowedPositionRule,
    specified_rules,
    validate,
)
from graphql.validation.rules.defer_stream_directive_label import DeferStreamDirectiveLabel
from graphql.validation.rules.defer_stream_directive_on_root_field import (
    DeferStreamDirectiveOnRootField,
)
from graphql.validation.rules.defer_stream_directive_on_valid_operations_rule import (
    DeferStreamDirectiveOnValidOperationsRule,
)
from graphql.validation.rules.stream_directive_on_list_field import StreamDirectiveOnListField

from edge.graphql.guard.prune import with_variables_alone

ERRORS_MAX = 5
SUGGESTED_ERRORS_MAX = 2
SUGGESTED_NAMES_MAX = 200
SUGGESTED_TOKENS_MAX = 250
ONE_WALK_TOKENS_MAX = 150
"""Up to this length the rules about variables cost less than a walk of their own for them."""

_VARIABLES: tuple[type[ASTValidationRule], ...] = (
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    VariablesInAllowedPositionRule,
)
_DEFERRING = {
    DeferStreamDirectiveLabel,
    DeferStreamDirectiveOnRootField,
    DeferStreamDirectiveOnValidOperationsRule,
    StreamDirectiveOnListField,
}


class Validation:
    """Validates documents against one schema, but for the merging of fields."""

    def __init__(self, schema: GraphQLSchema, *, production: bool) -> None:
        self._schema = schema
        self._rules = tuple(_rules(schema, production=production))
        self._suggests = not production and _names_max(schema) <= SUGGESTED_NAMES_MAX

    def errors(
        self, document: DocumentNode, tokens: int, *, has_variables: bool
    ) -> list[GraphQLError]:
        """Returns what is wrong with a document of so many tokens; the first ERRORS_MAX of it."""
        walks_once = has_variables and tokens <= ONE_WALK_TOKENS_MAX
        rules = (*self._rules, *_VARIABLES) if walks_once else self._rules
        errors = self._errors(document, rules)
        few = 0 < len(errors) <= SUGGESTED_ERRORS_MAX and tokens <= SUGGESTED_TOKENS_MAX
        if few and self._suggests:
            errors = self._errors(document, rules, hide_suggestions=False)
        if has_variables and not walks_once and len(errors) < ERRORS_MAX:
            errors += self._errors(with_variables_alone(document), _VARIABLES)
        return errors[:ERRORS_MAX]

    def _errors(
        self,
        document: DocumentNode,
        rules: Collection[type[ASTValidationRule]],
        *,
        hide_suggestions: bool = True,
    ) -> list[GraphQLError]:
        return validate(
            self._schema,
            document,
            rules,
            max_errors=ERRORS_MAX,
            hide_suggestions=hide_suggestions,
        )


def _rules(schema: GraphQLSchema, *, production: bool) -> Collection[type[ASTValidationRule]]:
    """The rules that can find something: an unknown directive is refused before it misleads."""
    without: set[type[ASTValidationRule]] = {OverlappingFieldsCanBeMergedRule, *_VARIABLES}
    if not (schema.get_directive("defer") or schema.get_directive("stream")):
        without |= _DEFERRING
    rules = [rule for rule in specified_rules if rule not in without]
    return [*rules, NoSchemaIntrospectionCustomRule] if production else rules


def _names_max(schema: GraphQLSchema) -> int:
    """The most names among which one is sought."""
    counts = [len(schema.type_map)]
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            counts.append(len(type_.fields))
        elif isinstance(type_, GraphQLEnumType):
            counts.append(len(type_.values))
    return max(counts)
