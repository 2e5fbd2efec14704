"""How a resource is read by its key: many at a time, or one (R2).

A fetcher need not have an HTTP rule. The allow-list guards doors: it says which methods a client
may call. A join is a derived read of what a client already holds a reference to, so the edge may
make it through an internal method, and the owner's own authorization still applies to the call.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from edge.contracts.model import Contracts, Field, Kind, Method
from edge.contracts.resources import ANY_TYPE, Resource, Resources


@dataclass(frozen=True, slots=True)
class BatchGet:
    """A method that reads many: `names_field` of the request, `items_field` of the answer."""

    method: Method
    names_field: Field
    items_field: Field


@dataclass(frozen=True, slots=True)
class Get:
    """A method that reads one; the answer is the resource itself."""

    method: Method
    name_field: Field


F = TypeVar("F", BatchGet, Get)


@dataclass(frozen=True, slots=True)
class Fetchers:
    """The fetchers of one resource; `why_not` says why there is neither, "" where there is one."""

    batch_get: BatchGet | None
    get: Get | None
    why_not: str

    @property
    def joinable(self) -> bool:
        """True where the resource can be read by its key."""
        return self.method is not None

    @property
    def method(self) -> Method | None:
        """The method that a join calls: the best there is, None where there is neither."""
        fetcher = self.batch_get or self.get
        return fetcher.method if fetcher else None


def find_fetchers(contracts: Contracts, resources: Resources) -> Mapping[str, Fetchers]:
    """Returns the fetchers of every resource, by the full name of the message that owns it."""
    found: dict[str, list[BatchGet | Get | str]] = {}
    for method in sorted(contracts.methods, key=_preference):
        for resource, verdict in _candidates(method, resources):
            found.setdefault(resource.message.full_name, []).append(verdict)
    owners = resources.by_message.items()
    return {name: _best(resource, found.get(name, [])) for name, resource in owners}


def _preference(method: Method) -> tuple[int, str]:
    """The plainest name first: `GetProduct` before `GetProductByCode`, whatever the file order."""
    return len(method.name), method.path


def _best(resource: Resource, verdicts: list[BatchGet | Get | str]) -> Fetchers:
    batches = [verdict for verdict in verdicts if isinstance(verdict, BatchGet)]
    gets = [verdict for verdict in verdicts if isinstance(verdict, Get)]
    reasons = [verdict for verdict in verdicts if isinstance(verdict, str)]
    if batches or gets:
        near = _nearest(resource, batches), _nearest(resource, gets)
        return Fetchers(near[0], near[1], "")
    return Fetchers(None, None, "; ".join(reasons) or "no method Get or BatchGet returns it")


def _nearest(resource: Resource, fetchers: list[F]) -> F | None:
    own = [fetcher for fetcher in fetchers if fetcher.method.package == resource.package]
    return next(iter(own or fetchers), None)


def _candidates(
    method: Method, resources: Resources
) -> Iterator[tuple[Resource, BatchGet | Get | str]]:
    if not method.unary:
        return
    if method.name.startswith("Get"):
        resource = resources.by_message.get(method.output.full_name)
        if resource:
            yield resource, _get(method, resource)
    elif method.name.startswith("BatchGet"):
        items = [field for field in method.output.fields if field.repeated and field.is_message]
        for name in dict.fromkeys(field.type_name for field in items):
            resource = resources.by_message.get(name)
            if resource:
                same = [field for field in items if field.type_name == name]
                yield resource, _batch_get(method, resource, same)


def _get(method: Method, resource: Resource) -> Get | str:
    field = _key_field(method, resource, repeated=False)
    return field if isinstance(field, str) else Get(method, field)


def _batch_get(method: Method, resource: Resource, items: list[Field]) -> BatchGet | str:
    if len(items) != 1:
        return f"{method.name} answers with several lists of it"
    field = _key_field(method, resource, repeated=True)
    return field if isinstance(field, str) else BatchGet(method, field, items[0])


def _key_field(method: Method, resource: Resource, *, repeated: bool) -> Field | str:
    """The request field that takes the key, or why there is none."""
    strings = [
        field
        for field in method.input.fields
        if field.kind is Kind.STRING and field.repeated == repeated
    ]
    usual = "names" if repeated else "name"
    found = [field for field in strings if field.reference == resource.type]
    found = found or [f for f in strings if f.name == usual and f.reference in ("", ANY_TYPE)]
    if len(found) != 1:
        return f"in {method.name} {'several fields refer' if found else 'no field refers'} to it"
    others = [f.name for f in method.input.fields if f.required and f is not found[0]]
    if others:
        return f"{method.name} also requires {', '.join(others)}"
    if not resource.accepts(found[0]):
        return f"{method.name} takes {found[0].name}, which is not to be had from its key"
    return found[0]
