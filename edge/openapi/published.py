"""The OpenAPI documents that the edge serves, by their paths (R15)."""

from collections.abc import Mapping

import orjson

from edge.config import EdgeSettings
from edge.contracts.audience import PUBLIC
from edge.contracts.model import Contracts
from edge.document import Document
from edge.faces import Face
from edge.openapi.document import About, openapi_document, versions_of
from edge.openapi.examples import as_seen, read_examples


def published(
    contracts: Contracts, faces: Mapping[str, Face], settings: EdgeSettings
) -> Mapping[str, Document]:
    """Returns the public document whole and by version, and that of each other audience.

    Raises:
        ContractError: the examples are not of these contracts.
    """
    publishing = _Publishing(read_examples(settings.examples, contracts), settings)
    public = faces[PUBLIC]
    versions = versions_of(public.rest.router.bindings())
    found = {"/openapi.json": publishing.document(public)}
    found |= {f"/{v}/openapi.json": publishing.document(public, v) for v in versions}
    others = {audience: face for audience, face in faces.items() if audience != PUBLIC}
    return found | {
        f"/openapi/{audience}.json": publishing.document(face) for audience, face in others.items()
    }


class _Publishing:
    """Makes documents when they are first asked for."""

    def __init__(self, examples: Mapping[str, bytes], settings: EdgeSettings) -> None:
        self._examples = examples
        self._settings = settings

    def document(self, face: Face, version: str = "") -> Document:
        return Document(lambda: self._make(face, version), "application/json")

    def _make(self, face: Face, version: str) -> bytes:
        about = About(
            self._settings.openapi_title,
            self._settings.openapi_version,
            google_errors=self._settings.rest_errors == "google",
            ignores_unknown=self._settings.unknown_fields == "ignore",
            examples=as_seen(self._examples, face.contracts, face.codec),
        )
        derived, arounds = face.reading.derived, face.rest.arounds()
        return orjson.dumps(openapi_document(derived, arounds, about, version))
