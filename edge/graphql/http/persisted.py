"""Documents that clients name instead of sending them.

Automatic: whoever sends a document with its hash may name it by the hash afterwards (Apollo's
protocol). Trusted: a manifest says which documents there are, and no other runs.
"""

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import orjson

from edge.graphql.http.request import Asked
from mesh.errors import InvalidArgument, NotFound, PermissionDenied
from mesh.startup import StartupError

ENTRY_BYTES = 256
"""What an entry takes besides its text, so that very short documents are bounded too."""


class PersistedQueryNotFound(NotFound):
    """Nobody sent the document of this hash yet; clients know the error by its message."""

    graphql_code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound", reason=self.graphql_code)


class Operations(Protocol):
    """Says which document a request means."""

    def text_of(self, asked: Asked) -> str:
        """Returns the text of the document.

        Raises:
            MeshError: there is none, or it may not run.
        """
        ...

    def keep(self, asked: Asked) -> None:
        """Keeps the document of a request, which was found valid, for those who name it."""
        ...


class Automatic:
    """Keeps the documents used last, up to a number of bytes."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_left = bytes_max
        self._texts: OrderedDict[str, str] = OrderedDict()

    def text_of(self, asked: Asked) -> str:
        """Returns the text of the document, as `Operations` says.

        Raises:
            PersistedQueryNotFound: the client must send the document once more.
            InvalidArgument: hash and document do not fit, or there is no manifest of ids.
        """
        if asked.sha256:
            return self._text_of_hash(asked.sha256, asked.query)
        if not asked.query:
            raise InvalidArgument("there are no documents by id here", reason="DOCUMENT_ID")
        return asked.query

    def keep(self, asked: Asked) -> None:
        """Keeps a document that came with its hash."""
        if not asked.sha256 or not asked.query or asked.sha256 in self._texts:
            return
        self._texts[asked.sha256] = asked.query
        self._bytes_left -= _size(asked.query)
        while self._bytes_left < 0:
            _, text = self._texts.popitem(last=False)
            self._bytes_left += _size(text)

    def _text_of_hash(self, key: str, sent: str) -> str:
        known = self._texts.get(key)
        if known is not None:
            self._texts.move_to_end(key)
        if not sent:
            if known is None:
                raise PersistedQueryNotFound
            return known
        if sent != known and _hash(sent) != key:
            raise InvalidArgument("the hash is not that of the query", reason="PERSISTED_QUERY")
        return sent


class Trusted:
    """Runs the documents of a manifest and no other: the free-form door is shut."""

    def __init__(self, manifest: Mapping[str, str]) -> None:
        hashes = {_hash(text): text for text in manifest.values()}
        self._texts = {**hashes, **manifest}
        self._known = frozenset(manifest.values())

    def text_of(self, asked: Asked) -> str:
        """Returns the text of the document, as `Operations` says.

        Raises:
            PermissionDenied: the manifest does not hold it.
        """
        key = asked.document_id or asked.sha256
        text = self._texts.get(key) if key else asked.query
        if text is None or text not in self._known or asked.query not in ("", text):
            raise PermissionDenied(
                "only the operations of the manifest run here", reason="OPERATION_NOT_TRUSTED"
            )
        return text

    def keep(self, asked: Asked) -> None:
        """Keeps nothing: the manifest is all there is."""


def read_manifest(path: Path) -> Mapping[str, str]:
    """Returns the documents of a manifest file, a JSON object, by their hash or id.

    Raises:
        StartupError: the file cannot be read, or holds something else.
    """
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise StartupError(f"the manifest of operations {path} cannot be read: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise StartupError(f"the manifest of operations {path} is no object of ids and documents")
    return found


def _size(text: str) -> int:
    return len(text.encode()) + ENTRY_BYTES


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
