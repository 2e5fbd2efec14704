"""Where one resource leads to another: by a reference (R4), and from a parent (R5)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from edge.contracts.claims import Claim, settle
from edge.contracts.fetchers import Fetchers
from edge.contracts.fields import NODE_ID, field_names
from edge.contracts.model import Contracts, Field, Kind, MessageType, Method
from edge.contracts.operations import Page, page_of
from edge.contracts.reach import outputs
from edge.contracts.resources import ANY_TYPE, Resource, Resources
from edge.contracts.version import packages_of, suffixes
from edge.contracts.words import camel, legal, pascal, plural, singular, snake


@dataclass(frozen=True, slots=True)
class ForwardJoin:
    """A field that refers to a resource, and the name under which that resource appears.

    `raw_name` is where the field's own value stays; None where that name was taken.
    """

    owner: MessageType
    field: Field
    target: Resource
    fetchers: Fetchers
    name: str
    raw_name: str | None

    @property
    def repeated(self) -> bool:
        """True where the field holds a list of references; their order is kept."""
        return self.field.repeated

    def key_of(self, value: str) -> str | None:
        """Returns what the target's key field holds for a value of the field; None for "".

        `target.argument_of(fetcher's request field, key)` is what to ask the fetcher for.
        """
        return self.target.key_of(value) if value else None


@dataclass(frozen=True, slots=True)
class BatchList:
    """A method that lists the children of many parents at once, one entry for each parent."""

    method: Method
    parents_field: Field
    entries_field: Field
    entry_parent_field: Field
    entry_items_field: Field
    page_size_field: Field | None
    entry_token_field: Field | None
    entry_total_field: Field | None


@dataclass(frozen=True, slots=True)
class ReverseJoin:
    """The children of a resource, as a connection on it.

    `list_method` takes the parent in `parent_field`; `page` is None where it does not page.
    """

    owner: Resource
    name: str
    child: Resource
    list_method: Method
    parent_field: Field
    items_field: Field
    page: Page | None
    batch: BatchList | None

    @property
    def method(self) -> Method:
        """The method that the join calls where it can: BatchList for a level, else List."""
        return self.batch.method if self.batch else self.list_method

    def argument_of(self, key: str) -> str:
        """Returns the parent's key as `parent_field` takes it."""
        return self.owner.argument_of(self.parent_field, key)


@dataclass(frozen=True, slots=True)
class Joins:
    """Every join, by the full name of the message that it appears on."""

    forward: Mapping[str, tuple[ForwardJoin, ...]]
    reverse: Mapping[str, tuple[ReverseJoin, ...]]
    problems: tuple[str, ...]


def find_joins(
    contracts: Contracts,
    resources: Resources,
    fetchers: Mapping[str, Fetchers],
    bare_packages: Collection[str] = (),
) -> Joins:
    """Returns the joins of every message that some method answers with."""
    problems: list[str] = []
    reached = outputs(contracts)
    forward: dict[str, tuple[ForwardJoin, ...]] = {}
    for message in contracts.messages.values():
        if message.full_name in reached.messages:
            found = tuple(_Forward(message, resources, fetchers, problems).joins())
            forward.update({message.full_name: found} if found else {})
    lists = _Lists(contracts, resources, problems)
    endings = suffixes(packages_of(contracts), bare_packages)
    reverse = {}
    for parent, candidates in lists.by_parent().items():
        joins = forward.get(parent.message.full_name, ())
        taken = _taken(parent, fetchers[parent.message.full_name], joins)
        named = tuple(_named(parent, candidates, taken, endings, problems))
        reverse.update({parent.message.full_name: named} if named else {})
    return Joins(forward, reverse, tuple(problems))


class _Forward:
    """Finds the forward joins of one message."""

    def __init__(
        self,
        message: MessageType,
        resources: Resources,
        fetchers: Mapping[str, Fetchers],
        problems: list[str],
    ) -> None:
        self._message = message
        self._resources = resources
        self._fetchers = fetchers
        self._problems = problems
        own = resources.by_message.get(message.full_name)
        self._key = own.key if own else None
        self._node = bool(own and fetchers[message.full_name].joinable)

    def joins(self) -> Iterator[ForwardJoin]:
        names = field_names(self._message, node=self._node)
        taken = set(names.values()) | ({NODE_ID} if self._node else set())
        for field in self._message.fields:
            target = self._target(field)
            if target is None:
                continue
            own = names[field.name]
            stem = _stem(field, target)
            name = own if stem == field.name else legal(camel(stem))
            if name != own and name in taken:
                self._problems.append(f"{self._at(field)}: the name {name} is taken")
                continue
            raw = own if name != own else _raw_name(field, target)
            raw_name = raw if raw == own or raw not in taken else None
            taken.update({name, raw_name or name})
            fetchers = self._fetchers[target.message.full_name]
            yield ForwardJoin(self._message, field, target, fetchers, name, raw_name)

    def _target(self, field: Field) -> Resource | None:
        """The resource that a field joins; why not, where it refers to one and joins none."""
        outward = field.reference and "INPUT_ONLY" not in field.behaviors
        if not outward or field.reference == ANY_TYPE or field is self._key:
            return None
        target = self._resources.resolve(field.reference, self._message.package)
        why = self._why_not(field, target)
        if why:
            self._problems.append(f"{self._at(field)}: {why}")
        return None if why else target

    def _why_not(self, field: Field, target: Resource | None) -> str:
        if field.kind is not Kind.STRING:
            return f"a reference to {field.reference} that is no string"
        if target is None:
            return f"no message owns {field.reference}"
        if why := self._fetchers[target.message.full_name].why_not:
            return f"{field.reference} cannot be fetched: {why}"
        if not target.accepts(field):
            return f"a bare id is not enough to name a {field.reference}"
        return ""

    def _at(self, field: Field) -> str:
        return f"{self._message.full_name}.{field.name}"


def _stem(field: Field, target: Resource) -> str:
    """The field's name without `_name(s)` or `_id(s)`; what was plural stays plural."""
    for suffix in ("_name", "_id"):
        if field.name.endswith(suffix):
            return field.name.removesuffix(suffix)
        if field.name.endswith(suffix + "s"):
            stem = field.name.removesuffix(suffix + "s")
            return _replaced(stem, target.singular, target.plural) or plural(stem)
    return field.name


def _raw_name(field: Field, target: Resource) -> str:
    if not field.repeated:
        return legal(f"{field.json_name}Name")
    one = _replaced(field.name, target.plural, target.singular) or singular(field.name)
    return legal(f"{camel(one)}Names")


def _replaced(name: str, old: str, new: str) -> str | None:
    """The name with the resource's own noun at its end replaced; None where it ends otherwise."""
    return name.removesuffix(snake(old)) + snake(new) if name.endswith(snake(old)) else None


@dataclass(frozen=True, slots=True)
class _List:
    """A List method of one child below one parent."""

    method: Method
    child: Resource
    parent: Resource
    parent_field: Field
    items_field: Field


class _Lists:
    """Finds the List and BatchList methods that lead from a parent to its children."""

    def __init__(self, contracts: Contracts, resources: Resources, problems: list[str]) -> None:
        self._contracts = contracts
        self._resources = resources
        self._problems = problems

    def by_parent(self) -> dict[Resource, list[tuple[_List, BatchList | None]]]:
        """Returns what is found, a parent's children in a fixed order: by the method's path."""
        found: dict[tuple[Resource, Resource], _List] = {}
        batches: dict[tuple[Resource, Resource], BatchList] = {}
        for method in sorted(self._contracts.methods, key=lambda m: (len(m.name), m.path)):
            for item in self._lists(method):
                first = found.setdefault((item.parent, item.child), item)
                if first is not item:
                    self._problems.append(f"{method.path}: {first.method.path} already lists these")
            for pair, batch in self._batch_lists(method):
                batches.setdefault(pair, batch)
        grouped: dict[Resource, list[tuple[_List, BatchList | None]]] = {}
        for pair, item in sorted(found.items(), key=lambda entry: entry[1].method.path):
            grouped.setdefault(pair[0], []).append((item, batches.get(pair)))
        return grouped

    def _lists(self, method: Method) -> Iterator[_List]:
        if not (method.unary and method.name.startswith("List")):
            return
        items = self._items(method.output)
        parent_field = _parent_field(method)
        if items is None or parent_field is None:
            return
        field, child = items
        others = [f.name for f in method.input.fields if f.required and f is not parent_field]
        if others:
            self._problems.append(f"{method.path}: also requires {', '.join(others)}")
            return
        for parent in self._parents(method, parent_field, child):
            if parent.accepts(parent_field):
                yield _List(method, child, parent, parent_field, field)

    def _parents(self, method: Method, field: Field, child: Resource) -> list[Resource]:
        parents: list[Resource] = []
        if field.reference not in ("", ANY_TYPE):
            owner = self._resources.resolve(field.reference, method.package)
            parents = [owner] if owner else []
        elif field.child_reference == child.type:
            parents = self._resources.parents(child)
        if not parents:
            self._problems.append(f"{method.path}: no message owns what {field.name} refers to")
        return parents

    def _batch_lists(self, method: Method) -> Iterator[tuple[tuple[Resource, Resource], BatchList]]:
        if not (method.unary and method.name.startswith("BatchList")):
            return
        parents = _only(f for f in method.input.fields if f.repeated and f.reference)
        entries = _only(f for f in method.output.fields if f.repeated and f.is_message)
        others = [f for f in method.input.fields if f.required and f is not parents]
        entry = self._contracts.messages.get(entries.type_name) if entries else None
        if not (parents and entries and entry) or others:
            return
        parent_in_entry = _only(f for f in entry.fields if f.reference == parents.reference)
        items = self._items(entry)
        owner = self._resources.resolve(parents.reference, method.package)
        if parent_in_entry and items and owner:
            yield (
                (owner, items[1]),
                BatchList(
                    method=method,
                    parents_field=parents,
                    entries_field=entries,
                    entry_parent_field=parent_in_entry,
                    entry_items_field=items[0],
                    page_size_field=_number(method.input.by_name.get("page_size")),
                    entry_token_field=entry.by_name.get("next_page_token"),
                    entry_total_field=entry.by_name.get("total_size"),
                ),
            )

    def _items(self, message: MessageType) -> tuple[Field, Resource] | None:
        """The one list of one resource in an answer."""
        field = _only(
            f for f in message.fields if f.repeated and f.type_name in self._resources.by_message
        )
        return (field, self._resources.by_message[field.type_name]) if field else None


def _parent_field(method: Method) -> Field | None:
    parent = method.input.by_name.get("parent")
    if parent is None:
        parent = _only(f for f in method.input.fields if f.required and f.kind is Kind.STRING)
    refers = parent and (parent.reference or parent.child_reference)
    return parent if refers and parent and not parent.repeated else None


def _number(field: Field | None) -> Field | None:
    integers = (Kind.INT32, Kind.UINT32, Kind.INT64, Kind.UINT64)
    return field if field and field.kind in integers and not field.repeated else None


def _only(fields: Iterator[Field]) -> Field | None:
    found = list(fields)
    return found[0] if len(found) == 1 else None


def _taken(parent: Resource, fetchers: Fetchers, joins: tuple[ForwardJoin, ...]) -> set[str]:
    names = set(field_names(parent.message, node=fetchers.joinable).values())
    names.update(join.name for join in joins)
    names.update(join.raw_name for join in joins if join.raw_name)
    return names | ({NODE_ID} if fetchers.joinable else set())


def _named(
    parent: Resource,
    candidates: list[tuple[_List, BatchList | None]],
    taken: set[str],
    endings: Mapping[str, str],
    problems: list[str],
) -> Iterator[ReverseJoin]:
    """Names the children after their collections; equal collections are qualified (R20)."""
    free = []
    for item, batch in candidates:
        name = legal(camel(item.child.collection))
        if name in taken:
            problems.append(f"{item.method.path}: {parent.message.full_name} has a field {name}")
        else:
            free.append((item, batch, name))
    claims = [
        # Among its own the child needs no version.
        _claim(
            item, name, "" if item.child.package == parent.package else endings[item.child.package]
        )
        for item, _, name in free
    ]
    names = settle(claims, taken).names
    for item, batch, _ in free:
        yield ReverseJoin(
            owner=parent,
            name=names[item.method.path],
            child=item.child,
            list_method=item.method,
            parent_field=item.parent_field,
            items_field=item.items_field,
            page=page_of(item.method),
            batch=batch,
        )


def _claim(item: _List, name: str, ending: str) -> Claim:
    package = camel(item.method.package.replace(".", "_"))
    service = pascal(item.method.service.rpartition(".")[2])
    upper = name[:1].upper() + name[1:]
    ladder = (name + ending, package + upper, package + service + upper)
    return Claim(item.method.path, tuple(map(legal, ladder)))
