"""What the edge makes of a method: its kind, its pages, its masks, whether it may be repeated."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from edge.contracts.model import Contracts, Field, Kind, Method
from edge.contracts.resources import Resources
from edge.contracts.upload import takes_upload
from edge.contracts.well_known import FIELD_MASK
from mesh.contracts import Idempotency


class OperationKind(Enum):
    """How the edge offers a method (R3)."""

    QUERY = "query"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"
    UPLOAD = "upload"
    INTERNAL = "internal"
    GRPC_ONLY = "gRPC only"


class InputRole(Enum):
    """What a message is asked for, on which its required fields depend (R8)."""

    PLAIN = ""
    CREATE = "Create"
    UPDATE = "Update"


@dataclass(frozen=True, slots=True)
class Page:
    """The fields of a method that lists in pages (R9, AIP-158). Items are messages."""

    size_field: Field
    token_field: Field
    next_token_field: Field
    items_field: Field
    total_field: Field | None


@dataclass(frozen=True, slots=True)
class UpdateMask:
    """The mask of an update and the request field whose paths it holds (R11, AIP-134)."""

    mask_field: Field
    resource_field: Field


@dataclass(frozen=True, slots=True)
class Operation:
    """A method as the edge sees it.

    `resource_field` holds the resource in the request of a Create or an Update; `role` says which.
    `read_mask_field` is the mask of AIP-157 (R10), `request_id_field` the id of AIP-155 (R13).
    `retryable` allows another attempt on UNAVAILABLE; where it leans on the request id, the edge
    must send the same one on every attempt.
    """

    method: Method
    kind: OperationKind
    page: Page | None
    role: InputRole
    resource_field: Field | None
    update_mask: UpdateMask | None
    read_mask_field: Field | None
    request_id_field: Field | None
    retryable: bool

    @property
    def exposed(self) -> bool:
        """True where REST and GraphQL offer the method."""
        return self.kind not in (
            OperationKind.INTERNAL,
            OperationKind.GRPC_ONLY,
            OperationKind.UPLOAD,
        )


def find_operations(contracts: Contracts, resources: Resources) -> Mapping[str, Operation]:
    """Returns the operation of every method, by the method's path, in the order of the files."""
    return {method.path: _operation(method, resources) for method in contracts.methods}


def kind_of(method: Method) -> OperationKind:
    """Returns the kind of a method (R3). The edge is an allow-list: no HTTP rule, no door.

    A client-streaming method takes the body of one HTTP request piece by piece, on REST alone, if
    its rule puts raw bytes there.
    """
    if method.facts.client_streaming:
        uploads = any(takes_upload(method, rule) for rule in method.http)
        return OperationKind.UPLOAD if uploads else OperationKind.GRPC_ONLY
    if not method.http:
        return OperationKind.INTERNAL
    if method.facts.server_streaming:
        return OperationKind.SUBSCRIPTION
    return OperationKind.QUERY if reads(method) else OperationKind.MUTATION


def page_of(method: Method) -> Page | None:
    """Returns the pagination of a method, or None where it has none (AIP-158)."""
    size = method.input.by_name.get("page_size")
    token = method.input.by_name.get("page_token")
    following = method.output.by_name.get("next_page_token")
    items = _items(method)
    if not (method.unary and size and token and following and items):
        return None
    return Page(size, token, following, items, method.output.by_name.get("total_size"))


def read_mask_of(method: Method) -> Field | None:
    """Returns the field that says which part of the answer is wanted (AIP-157)."""
    field = method.input.by_name.get("read_mask")
    return field if field and field.type_name == FIELD_MASK and not field.repeated else None


def masked_list(method: Method) -> Field | None:
    """Returns the list that a read mask is about; None where it is about the answer itself."""
    if page := page_of(method):
        return page.items_field
    lists = [field for field in method.output.fields if field.repeated and field.is_message]
    return lists[0] if len(lists) == 1 and method.output.resource is None else None


def request_id_of(method: Method) -> Field | None:
    """Returns the field that makes a repeat harmless (AIP-155)."""
    # AIP-155 fixes the name: a UUID4 format alone may well be the id of something else.
    return method.input.string_called("request_id")


def _operation(method: Method, resources: Resources) -> Operation:
    role = _role(method)
    resource_field = _resource_field(method, resources) if role is not InputRole.PLAIN else None
    request_id = request_id_of(method)
    return Operation(
        method=method,
        kind=kind_of(method),
        page=page_of(method),
        role=role if resource_field else InputRole.PLAIN,
        resource_field=resource_field,
        update_mask=_update_mask(method, resource_field),
        read_mask_field=read_mask_of(method),
        request_id_field=request_id,
        retryable=reads(method)
        or method.facts.idempotency is Idempotency.IDEMPOTENT
        or request_id is not None,
    )


def reads(method: Method) -> bool:
    """Says whether a method leaves everything as it was: bound to GET, or NO_SIDE_EFFECTS."""
    get = any(rule.verb == "GET" for rule in method.http)
    return get or method.facts.idempotency is Idempotency.NO_SIDE_EFFECTS


def _role(method: Method) -> InputRole:
    patches = any(rule.verb == "PATCH" for rule in method.http)
    if patches or method.name.startswith("Update"):
        return InputRole.UPDATE
    return InputRole.CREATE if method.name.startswith("Create") else InputRole.PLAIN


def _resource_field(method: Method, resources: Resources) -> Field | None:
    """The request field that holds the resource: the body, else the only resource there is."""
    bodies = {rule.body for rule in method.http} - {"", "*"}
    messages = [f for f in method.input.fields if f.kind is Kind.MESSAGE and not f.repeated]
    named = [field for field in messages if field.name in bodies]
    owned = [field for field in messages if field.type_name in resources.by_message]
    same = [field for field in messages if field.type_name == method.output.full_name]
    return next((found[0] for found in (named, same, owned) if len(found) == 1), None)


def _update_mask(method: Method, resource_field: Field | None) -> UpdateMask | None:
    masks = [
        field
        for field in method.input.fields
        if field.type_name == FIELD_MASK and not field.repeated and field.name != "read_mask"
    ]
    patches = any(rule.verb == "PATCH" for rule in method.http)
    if not (patches and len(masks) == 1 and resource_field):
        return None
    return UpdateMask(masks[0], resource_field)


def _items(method: Method) -> Field | None:
    """The list that is paged: the only list of messages, else the field that AIP-158 wants first.

    Maps and lists of scalars or well-known scalars stay as they are: a connection needs nodes.
    """
    lists = [f for f in method.output.fields if f.repeated and f.is_message and not f.map_key]
    nodes = [field for field in lists if not field.type_name.startswith("google.protobuf.")]
    if len(nodes) == 1:
        return nodes[0]
    return next((field for field in nodes if field.number == 1), None)
