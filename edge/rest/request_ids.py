"""Request ids (R13, AIP-155): from `Idempotency-Key`, else made here, so that repeats agree.

The header is the string of draft-ietf-httpapi-idempotency-key-header, or, as many clients send it,
the same without quotes. Where the contract asks for a UUID4, a key that is no UUID becomes the
UUID of its SHA-256, the same each time. On a read, and on a PUT, PATCH, DELETE or IDEMPOTENT
method, a key adds nothing and is ignored; any other method without a `request_id` cannot keep what
the key promises, and refuses it.
"""

import hashlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from edge.contracts.operations import reads, request_id_of
from edge.rest.conditions import CHANGES
from edge.rest.router import Binding
from edge.rest.values import violation
from edge.wire import delimited, peek
from mesh.contracts import Idempotency
from mesh.errors import InvalidArgument

HEADER = b"idempotency-key"
KEY_CHARACTERS_MAX = 255
UUID4 = "UUID4"
_QUOTED = re.compile(rb'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"')
_BARE = re.compile(rb"[\x21\x23-\x2b\x2d-\x7e]+")
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RequestIds:
    """What one binding makes of keys. `number` is that of its `request_id`, or 0."""

    number: int
    uuid4: bool
    refuses: bool

    def complete(self, request: bytes, headers: Mapping[bytes, bytes]) -> bytes:
        """Returns the request with its id.

        Raises:
            InvalidArgument: the key cannot be read or kept, or is not the id in the request.
        """
        header = headers.get(HEADER)
        if not self.number:
            if header is not None and self.refuses:
                raise InvalidArgument(
                    "this method cannot recognise a repeat; send no Idempotency-Key",
                    reason="IDEMPOTENCY_KEY_UNSUPPORTED",
                )
            return request
        told = peek(self.number)(request)
        if header is None:
            wanted = told or str(uuid.uuid4()).encode()
        else:
            wanted = self._request_id(_key(header))
        if told and told != wanted:
            raise violation("request_id", "differs from Idempotency-Key")
        return request if told else request + delimited((self.number,), wanted)

    def _request_id(self, key: bytes) -> bytes:
        if not self.uuid4:
            return key
        if _UUID.fullmatch(key):
            return key.lower()
        digest = hashlib.sha256(key).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4)).encode()


def request_ids_of(binding: Binding) -> RequestIds:
    """Returns what a binding makes of keys."""
    method = binding.method
    field = None if reads(method) else request_id_of(method)
    repeatable = reads(method) or method.facts.idempotency is Idempotency.IDEMPOTENT
    return RequestIds(
        field.number if field else 0,
        field is not None and field.format == UUID4,
        not repeatable and binding.rule.verb not in CHANGES,
    )


def _key(header: bytes) -> bytes:
    """Returns the key that a header says."""
    text = header.strip()
    if quoted := _QUOTED.fullmatch(text):
        text = re.sub(rb"\\(.)", rb"\1", quoted[1])
    elif not _BARE.fullmatch(text):
        raise violation("Idempotency-Key", "takes one string of printable ASCII")
    if len(text) > KEY_CHARACTERS_MAX:
        raise violation("Idempotency-Key", f"may have {KEY_CHARACTERS_MAX} characters")
    return text
