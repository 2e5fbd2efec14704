"""What a client asks for: one GraphQL request, read from JSON or from a query string.

GraphQL over HTTP says which parameters there are and what they may be; everything else is refused
before the document is looked at.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from edge.json_text import JsonValue, parse_json
from mesh.errors import InvalidArgument

REASON = "HTTP_REQUEST"
_KEY = re.compile(rb'"\s*:')
_NAMING = frozenset({"extensions", "documentId"})
_HASH = re.compile(r"[0-9a-f]{64}")


class Asked(NamedTuple):
    """One GraphQL request, whatever carried it.

    `query` is empty where the request names its document by `sha256` (Apollo's persisted queries)
    or by `document_id`. `reads_only` is true for what came by GET.
    """

    query: str
    variables: dict[str, JsonValue] | None = None
    operation_name: str | None = None
    sha256: str = ""
    document_id: str = ""
    reads_only: bool = False


def asked_of(value: JsonValue, *, reads_only: bool = False) -> Asked:
    """Returns the request that a parsed JSON value says.

    Raises:
        InvalidArgument: a parameter is missing or of the wrong type.
    """
    if isinstance(value, list):
        raise InvalidArgument("batches are off: send one request, not a list", reason="BATCH")
    if not isinstance(value, dict):
        raise _refusal("the request is no JSON object")
    query, variables, name = map(value.get, ("query", "variables", "operationName"))
    _check("query", query, str)
    _check("variables", variables, dict)
    _check("operationName", name, str)
    sha256, document_id = _naming(value) if value.keys() & _NAMING else ("", "")
    if not query and not sha256 and not document_id:
        raise _refusal("the request has no query")
    return Asked(query or "", variables, name or None, sha256, document_id, reads_only)


def read_body(data: bytes, depth_max: int) -> Asked:
    """Returns the request in the body of a POST.

    Raises:
        InvalidArgument: as `read_json` and `asked_of`.
    """
    return asked_of(read_json(data, depth_max))


def read_query_string(data: bytes, parameters_max: int, depth_max: int) -> Asked:
    """Returns the request in the query string of a GET.

    Raises:
        InvalidArgument: as `asked_of`, or a parameter comes twice or cannot be decoded.
    """
    try:
        text = data.decode("ascii")
        pairs = parse_qsl(text, True, errors="strict", max_num_fields=parameters_max)
    except ValueError as error:
        raise _refusal("the query string cannot be read") from error
    value: dict[str, JsonValue] = dict(pairs)
    if len(value) < len(pairs):
        raise _refusal("a parameter comes twice")
    for name in ("variables", "extensions"):
        if text := value.pop(name, ""):
            value[name] = read_json(text.encode(), depth_max)
    return asked_of(value, reads_only=True)


def read_json(data: bytes, depth_max: int) -> JsonValue:
    """Returns the value of JSON text.

    Raises:
        InvalidArgument: it is no JSON in UTF-8, nests deeper, or an object has one key twice.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _refusal(f"this is no JSON: {error}") from error
    # Keys in the text are never fewer than keys in the value, so equal numbers mean no key twice.
    keys = _count_keys(value, depth_max)
    if keys != len(_KEY.findall(data)):
        _check_once(data)
    return value


def _count_keys(value: JsonValue, depth_left: int) -> int:
    if isinstance(value, dict):
        inner: Any = value.values()
        count = len(value)
    elif isinstance(value, list):
        inner, count = value, 0
    else:
        return 0
    if depth_left == 0:
        raise InvalidArgument("the JSON is nested too deeply", reason="JSON_DEPTH")
    for item in inner:
        if item.__class__ is dict or item.__class__ is list:
            count += _count_keys(item, depth_left - 1)
    return count


def _check_once(data: bytes) -> None:
    try:
        parse_json(data)
    except InvalidArgument as error:
        raise _refusal(error.message) from error


def _naming(value: Mapping[str, JsonValue]) -> tuple[str, str]:
    """Returns the hash and the id by which a request names its document, empty where it does not.

    The hash is that of Apollo's persisted queries, version 1.
    """
    extensions, document_id = value.get("extensions"), value.get("documentId")
    _check("documentId", document_id, str)
    _check("extensions", extensions, dict)
    said = (extensions or {}).get("persistedQuery")
    _check("persistedQuery", said, dict)
    if said is None:
        return "", document_id or ""
    found = said.get("sha256Hash")
    if said.get("version") != 1 or not isinstance(found, str) or not _HASH.fullmatch(found):
        raise InvalidArgument(
            "persistedQuery needs version 1 and the SHA-256 in lower hexadecimal",
            reason="PERSISTED_QUERY",
        )
    return found, document_id or ""


def _check(name: str, value: JsonValue, kind: type) -> None:
    if value is not None and value.__class__ is not kind:
        what = "an object" if kind is dict else "a string"
        raise _refusal(f"{name} is not {what}")


def _refusal(message: str) -> InvalidArgument:
    return InvalidArgument(message, reason=REASON)
