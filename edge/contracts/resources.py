"""The resources of a set of contracts: who owns a type, and how it is named (R1)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from edge.contracts.model import (
    ContractError,
    Contracts,
    Field,
    Kind,
    MessageType,
    ResourceAnnotation,
)
from edge.contracts.pattern import Pattern
from edge.contracts.version import version_of
from edge.contracts.words import lower_first, plural

ANY_TYPE = "*"
"""A resource_reference to any type: a field like google.iam.v1's `resource`."""


@dataclass(frozen=True, eq=False)
class Resource:
    """A resource type and the message that owns it. `key` holds what identifies one."""

    type: str
    message: MessageType
    patterns: tuple[Pattern, ...]
    key: Field
    singular: str
    plural: str

    @property
    def package(self) -> str:
        """The package of the message that owns the type."""
        return self.message.package

    @cached_property
    def collection(self) -> str:
        """What a parent calls its children of this type: `reviews`, `ratingSummary`."""
        literal = next((p.collection for p in self.patterns if p.collection), "")
        return literal or self.plural

    @cached_property
    def keyed_by_id(self) -> bool:
        """True where the key holds a bare id (`42`), not a resource name (`products/42`)."""
        return holds_id(self.key)

    @cached_property
    def id_pattern(self) -> Pattern | None:
        """The pattern that makes a name of one bare id, where exactly one has one variable."""
        single = [p for p in self.patterns if len(p.variables) == 1]
        return single[0] if len(single) == 1 else None

    def matches(self, name: str) -> dict[str, str] | None:
        """Returns the variables of a resource name of this type, or None for another name."""
        found = (pattern.matches(name) for pattern in self.patterns)
        return next((values for values in found if values is not None), None)

    def name_of(self, value: str) -> str:
        """Returns the resource name of a name, a full name (`//host/…`, AIP-122) or a bare id."""
        if value.startswith("//"):
            value = value[2:].partition("/")[2]
        if "/" in value:  # nearly all are
            return value
        pattern = self.id_pattern
        if pattern is None or self.matches(value) is not None:
            return value
        return pattern.format(**{pattern.variables[0]: value})

    def id_of(self, value: str) -> str:
        """Returns the bare id of a resource name of one variable; any other value as it is."""
        values = self.id_pattern.matches(self.name_of(value)) if self.id_pattern else None
        return next(iter(values.values())) if values else value

    def key_of(self, value: str) -> str:
        """Returns what the key field of the resource holds to which a reference points."""
        return self.id_of(value) if self.keyed_by_id else self.name_of(value)

    def argument_of(self, field: Field, value: str) -> str:
        """Returns the value as a request field takes it: a bare id or a name."""
        return self.argument_to(field)(value)

    def argument_to(self, field: Field) -> Callable[[str], str]:
        """Returns what `argument_of` does for one request field."""
        return self.id_of if holds_id(field) else self.name_of

    def accepts(self, field: Field) -> bool:
        """Says whether what the field holds can be turned into the key, and back (R4)."""
        return holds_id(field) == self.keyed_by_id or self.id_pattern is not None


def holds_id(field: Field) -> bool:
    """Says whether the name of a field promises a bare id."""
    return field.name in ("id", "ids") or field.name.endswith(("_id", "_ids"))


@dataclass(frozen=True, eq=False)
class Resources:
    """Every resource, in the order of the files. `problems` tells what is not joinable and why."""

    all: tuple[Resource, ...]
    by_type: Mapping[str, tuple[Resource, ...]]
    by_message: Mapping[str, Resource]
    by_shape: Mapping[str, tuple[Resource, ...]]
    problems: tuple[str, ...]

    def resolve(self, type_: str, package: str) -> Resource | None:
        """Returns what a message of the package means by a type.

        The owner in its own package comes first, else the oldest version, whatever the load order.
        """
        owners = self.by_type.get(type_, ())
        own = next((owner for owner in owners if owner.package == package), None)
        return own or min(owners, key=_by_age, default=None)

    def parents(self, child: Resource) -> list[Resource]:
        """Returns the resources whose patterns are the parents of a child's patterns.

        Several services may name their things alike, so the child's own service is asked first,
        then its own package; elsewhere the parent must be the only one of its shape.
        """
        shapes = dict.fromkeys(p.parent.shape for p in child.patterns if p.parent)
        found = (self._parent(child, self.by_shape.get(shape, ())) for shape in shapes)
        return list(dict.fromkeys(parent for parent in found if parent))

    def _parent(self, child: Resource, candidates: tuple[Resource, ...]) -> Resource | None:
        domain = child.type.partition("/")[0]
        near = [c for c in candidates if c.type.partition("/")[0] == domain]
        types = {candidate.type for candidate in near or candidates}
        return self.resolve(types.pop(), child.package) if len(types) == 1 else None


def find_resources(contracts: Contracts) -> Resources:
    """Returns the resources of the contracts.

    Raises:
        ContractError: two messages of one package own one type.
    """
    problems: list[str] = []
    found: dict[str, Resource] = {}
    for message in contracts.messages.values():
        if message.resource is not None:
            resource = _resource(message, message.resource)
            if isinstance(resource, Resource):
                found[message.full_name] = resource
            else:
                problems.append(resource)
    by_type = _grouped((resource.type, resource) for resource in found.values())
    for owners in by_type.values():
        _check_owners(owners)
    problems += _unowned(contracts.resource_definitions, by_type)
    shapes = ((p.shape, r) for r in found.values() for p in r.patterns if p.variables)
    return Resources(tuple(found.values()), by_type, found, _grouped(shapes), tuple(problems))


def _resource(message: MessageType, annotation: ResourceAnnotation) -> Resource | str:
    key = message.by_name.get(annotation.name_field or "name")
    if key is None or key.kind is not Kind.STRING or key.repeated:
        wanted = annotation.name_field or "name"
        return f"{annotation.type}: its message {message.full_name} has no string `{wanted}`"
    one = annotation.singular or lower_first(annotation.type.rpartition("/")[2])
    many = annotation.plural or plural(one)
    patterns = tuple(map(Pattern, annotation.patterns))
    return Resource(annotation.type, message, patterns, key, one, many)


def _grouped(
    pairs: Iterable[tuple[str, Resource]],
) -> dict[str, tuple[Resource, ...]]:
    groups: dict[str, list[Resource]] = {}
    for key, resource in pairs:
        groups.setdefault(key, []).append(resource)
    return {key: tuple(group) for key, group in groups.items()}


def _check_owners(owners: tuple[Resource, ...]) -> None:
    by_package: dict[str, Resource] = {}
    for owner in owners:
        other = by_package.setdefault(owner.package, owner)
        if other is not owner:
            raise ContractError(
                f"{owner.type} is owned twice: by {other.message.full_name} ({other.message.file}) "
                f"and by {owner.message.full_name} ({owner.message.file})"
            )


def _unowned(
    definitions: tuple[ResourceAnnotation, ...], by_type: Mapping[str, tuple[Resource, ...]]
) -> list[str]:
    types = dict.fromkeys(definition.type for definition in definitions)
    return [f"{t}: defined for a file, owned by no message" for t in types if t not in by_type]


def _by_age(resource: Resource) -> tuple[tuple[int, ...], str]:
    return version_of(resource.package).age, resource.package
