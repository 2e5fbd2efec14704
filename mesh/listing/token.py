"""Page tokens (AIP-158): the keys of the last row, bound to the arguments of their request."""

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement

from mesh.errors import FieldViolation, InvalidArgument
from mesh.listing.fields import Held
from mesh.listing.order import Key


def write_token(keys: Sequence[Key], binding: tuple[str, ...], values: Sequence[Any]) -> str:
    """Returns the token that goes on after the row whose keys have these values."""
    held: list[Held] = [_digest(binding)]
    held += [key.field.held(value) for key, value in zip(keys, values, strict=True)]
    return base64.urlsafe_b64encode(orjson.dumps(held)).rstrip(b"=").decode()


def read_token(
    keys: Sequence[Key], binding: tuple[str, ...], token: str
) -> list[ColumnElement[Any]]:
    """Returns the values of the keys that a token holds, as SQL.

    Raises:
        InvalidArgument: the token is none of ours, or belongs to a request with other arguments.
    """
    padded = token + "=" * (-len(token) % 4)
    try:
        digest, *values = orjson.loads(base64.b64decode(padded, b"-_", validate=True))
        if digest != _digest(binding):
            raise _refused("belongs to a request with other arguments")
        return [key.field.bound(value) for key, value in zip(keys, values, strict=True)]
    except (ValueError, TypeError) as error:
        raise _refused("is not one that this method gave") from error


def _digest(binding: tuple[str, ...]) -> str:
    return hashlib.blake2b(orjson.dumps(binding), digest_size=9).hexdigest()


def _refused(problem: str) -> InvalidArgument:
    violation = FieldViolation("page_token", problem, "INVALID_PAGE_TOKEN")
    return InvalidArgument(
        f"page_token {problem}", reason="INVALID_PAGE_TOKEN", violations=(violation,)
    )
