"""`selvedge check`: what the rules derive from the contracts, and what they cannot."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from cli.image import image_path
from edge.config import EdgeSettings
from edge.contracts.audience import view
from edge.contracts.cursor import NAMES as CURSORS
from edge.contracts.cursor import cursor_of
from edge.contracts.derived import Derived, derive
from edge.contracts.fetchers import Fetchers
from edge.contracts.joins import ForwardJoin, ReverseJoin
from edge.contracts.load import load_contracts, read_contracts
from edge.contracts.long_running import OPERATION, OPERATIONS
from edge.contracts.model import Contracts, Method, Service
from edge.contracts.operations import Operation
from edge.contracts.resources import Resource
from edge.rest.conditions import etag_way
from edge.rest.deprecation import successor_of
from mesh.config import read_settings
from mesh.contracts import MethodFacts
from mesh.deprecation import Deprecation
from mesh.startup import StartupError

WIDTH = 100


def check(
    contracts: Annotated[
        Path | None, typer.Option(help="a compiled FileDescriptorSet; default: our own")
    ] = None,
    overlay: Annotated[
        list[Path] | None, typer.Option(help="rules over the contracts (YAML); repeatable")
    ] = None,
    audience: Annotated[
        str | None,
        typer.Option(help="show what it sees, and what not: public or one that the settings name"),
    ] = None,
) -> None:
    """Show what is derived from the contracts, what is not joinable, and why."""
    settings = read_settings(EdgeSettings)
    known = load_contracts(contracts or image_path(), overlay or settings.overlays)
    if audience is None:
        print(report(known), end="")
        return
    seen = view(known.image, _labels(audience, settings))
    print(report(read_contracts(seen.image), seen.hidden), end="")


def _labels(audience: str, settings: EdgeSettings) -> frozenset[str]:
    if audience not in settings.audiences:
        known = ", ".join(settings.audiences)
        raise StartupError(f"SELVEDGE_AUDIENCE_LABELS knows no audience {audience!r}, only {known}")
    return settings.audiences[audience]


def report(contracts: Contracts, hidden: Mapping[str, str] | None = None) -> str:
    """Returns the whole derivation as text, the same for the same contracts.

    `hidden` says why elements are not in the contracts (R15); None tells nothing of it.

    Raises:
        ContractError: the contracts contradict themselves.
    """
    derived = derive(contracts)
    sections: tuple[tuple[str, Iterable[str]], ...] = (
        ("Services", _services(derived)),
        ("Resources", _resources(derived)),
        ("Forward joins", _forward(derived)),
        ("Reverse joins", _reverse(derived)),
        ("Not joinable", _problems(derived)),
        ("Naming conflicts", map(_item, derived.names.conflicts)),
        ("Notes", map(_item, _notes(derived))),
    )
    if hidden is not None:
        lines = (_item(f"{name}: {why}") for name, why in hidden.items())
        sections = (("Hidden", lines), *sections)
    return "\n".join(text for title, lines in sections if (text := _section(title, lines)))


def _section(title: str, lines: Iterable[str]) -> str:
    body = "\n".join(lines) or "  none"
    return f"{title}\n{body}\n"


def _services(derived: Derived) -> Iterator[str]:
    for service in derived.contracts.services.values():
        yield f"  {service.full_name}"
        yield from _methods(derived, service)


def _methods(derived: Derived, service: Service) -> Iterator[str]:
    for method in service.methods:
        operation = derived.operations[method.path]
        kind = operation.kind.value
        if operation.exposed:
            kind = f"{kind} {derived.names.field_of(method)}"
        yield _item(f"{method.name}: {kind}", 4)
        for rule in method.http:
            body = f"  body {rule.body}" if rule.body else ""
            yield _item(f"{rule.verb} {rule.template}{body}", 6)
        yield _item(", ".join(_terms(operation)), 6)
        yield _item(", ".join(_weight(method.facts)), 6)
        if method.facts.server_streaming:
            yield _item(_stream(method), 6)
        yield from (_item(line, 6) for line in _later(derived, method))
        yield from (_item(f"If-Match fills {way}", 6) for way in _etags(derived, method))
        if method.facts.deprecation:
            yield _item(", ".join(_end(method, method.facts.deprecation)), 6)


def _terms(operation: Operation) -> Iterator[str]:
    """How a method may be called: deadline, repeats, who may, and what its masks and pages are."""
    facts = operation.method.facts
    yield f"deadline {facts.deadline_seconds:g} s{'' if facts.declares_deadline else ' (default)'}"
    if facts.idempotency.value:
        yield facts.idempotency.name
    if operation.request_id_field:
        yield "request id"
    yield "retryable" if operation.retryable else "not retryable"
    if facts.public:
        yield "public"
    else:
        yield f"scopes {' '.join(facts.scopes)}" if facts.scopes else "any authenticated principal"
    if operation.page:
        yield f"pages of {operation.page.items_field.name}"
    if operation.update_mask:
        yield f"mask {operation.update_mask.mask_field.name}"
    if operation.read_mask_field:
        yield "read mask"


def _stream(method: Method) -> str:
    """Where a stream that broke goes on (R21)."""
    cursor = cursor_of(method)
    if cursor is None:
        return f"stream, begins anew each time: request and answer share no {' or '.join(CURSORS)}"
    return f"stream, resumed by {cursor.request_field.name} from {cursor.answer_field.name}"


def _later(derived: Derived, method: Method) -> Iterator[str]:
    """In what a long-running method ends, and how to ask whether it has (R17)."""
    if method.output.full_name != OPERATION:
        return
    later = derived.long_running.get(method.path)
    if later is None:
        if method.service != OPERATIONS and derived.operations[method.path].exposed:
            yield "an operation that does not say in what it ends, by a type of the contracts"
        return
    told = f" and tells {later.metadata_type}" if later.metadata_type else ""
    yield f"an operation that ends in {later.response_type}{told}"
    if later.poll is None:
        yield f"polled by nothing: there is no {OPERATIONS} in the contracts"
        return
    yield f"polled and followed in GraphQL by {derived.names.poll_of(method)}"
    for rule in later.poll.method.http:
        yield f"polled by {rule.verb} {rule.template}, where an upstream is named for {OPERATIONS}"


def _etags(derived: Derived, method: Method) -> Iterable[str]:
    """The etags that If-Match fills by the bindings of a method (R12), each once."""
    ways = (etag_way(method, rule, derived.contracts) for rule in method.http)
    return dict.fromkeys(".".join(field.name for field in way) for way in ways if way)


def _weight(facts: MethodFacts) -> Iterator[str]:
    """What a call costs, when it is shed, and whether its answer may be shared or asked twice."""
    yield f"cost {facts.cost}"
    yield f"priority {facts.priority.name}"
    if facts.cache_max_age_seconds:
        stale = facts.stale_if_error_seconds
        more = f" and {stale:g} s more while its owner fails" if stale else ""
        yield f"shared for {facts.cache_max_age_seconds:g} s{more}"
    if facts.hedge:
        yield "hedged"


def _end(method: Method, end: Deprecation) -> Iterator[str]:
    """When a method ends, and what to use instead."""
    if end.since:
        yield f"deprecated on {end.since}"
    elif method.deprecated:
        yield "deprecated"
    if end.sunset:
        yield f"ends on {end.sunset}"
    if end.successor:
        yield f"use {end.successor}"


def _resources(derived: Derived) -> Iterator[str]:
    for resource in derived.resources.all:
        fetchers = derived.fetchers[resource.message.full_name]
        yield _item(f"{resource.type}: {resource.message.full_name}, key {resource.key.name}")
        for pattern in resource.patterns:
            yield _item(f"pattern {pattern.text}", 4)
        yield _item(_fetched(resource, fetchers), 4)


def _fetched(resource: Resource, fetchers: Fetchers) -> str:
    found = (fetchers.batch_get, fetchers.get)
    names = [fetcher.method.path.lstrip("/") for fetcher in found if fetcher]
    return f"fetched by {', '.join(names)}" if names else f"not joinable: {fetchers.why_not}"


def _forward(derived: Derived) -> Iterator[str]:
    for name, joins in derived.joins.forward.items():
        yield f"  {name}"
        yield from (_item(_forward_line(join), 4) for join in joins)


def _forward_line(join: ForwardJoin) -> str:
    target = f"[{join.target.message.path[-1]}]" if join.repeated else join.target.message.path[-1]
    raw = f"raw value {join.raw_name}" if join.raw_name else "raw value left out: its name is taken"
    return f"{join.name}: {target} from {join.field.name}, {raw}"


def _reverse(derived: Derived) -> Iterator[str]:
    for name, joins in derived.joins.reverse.items():
        yield f"  {name}"
        yield from (_item(_reverse_line(join), 4) for join in joins)


def _reverse_line(join: ReverseJoin) -> str:
    cost = "one call a level" if join.batch else "one call for each parent"
    return f"{join.name}: {join.child.message.path[-1]} by {join.method.path.lstrip('/')}, {cost}"


def _problems(derived: Derived) -> Iterator[str]:
    for resource in derived.resources.all:
        fetchers = derived.fetchers[resource.message.full_name]
        if not fetchers.joinable:
            yield _item(f"{resource.message.full_name}: {fetchers.why_not}")
    yield from map(_item, (*derived.resources.problems, *derived.joins.problems))


def _notes(derived: Derived) -> Iterator[str]:
    exposed = [operation for operation in derived.operations.values() if operation.exposed]
    undated = [o.method.name for o in exposed if not o.method.facts.declares_deadline]
    once = [o.method.name for o in exposed if not o.retryable]
    if undated:
        yield f"no deadline declared: {_counted(undated)}"
    if once:
        yield f"no idempotency level and no request id: {_counted(once)}"
    yield from _lost_successors(derived.contracts)


def _lost_successors(contracts: Contracts) -> Iterator[str]:
    for method in contracts.methods:
        end = method.facts.deprecation
        if end and end.successor and successor_of(method, contracts) is None:
            yield f"{method.path.lstrip('/')}: nothing in the contracts is its {end.successor}"


def _counted(names: list[str], shown_max: int = 12) -> str:
    rest = f" and {len(names) - shown_max} more" if len(names) > shown_max else ""
    return f"{', '.join(names[:shown_max])}{rest}"


def _item(text: str, indent: int = 2) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 4),
        break_long_words=False,
        break_on_hyphens=False,
    )
