"""The documentation page: Swagger UI from a package, nothing from the network.

The package ships the built files and is read, never imported.
"""

import mimetypes
from collections.abc import Mapping
from importlib.metadata import files
from importlib.resources import files as resources
from pathlib import Path

from starlette.types import ASGIApp

from edge.document import REVALIDATE, Document

PACKAGE = "swagger-ui-bundle-v2"
SHIPPED = frozenset({"swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"})
OWN = frozenset({"page.css", "page.js"})
CACHE_SECONDS = 3600
# Swagger UI sets style attributes and draws its icons from data: URLs.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def docs_doors() -> dict[str, ASGIApp]:
    """Returns the page and the files that it loads, by their paths."""
    page = resources("edge.docs").joinpath("page.html")
    kept = {**HEADERS, "cache-control": f"public, max-age={CACHE_SECONDS}"}
    assets = {
        f"/docs/{name}": Document(path.read_bytes, _media_type(name), kept)
        for name, path in find_assets().items()
    }
    headers = {**HEADERS, **REVALIDATE}
    return {"/docs": Document(page.read_bytes, "text/html; charset=utf-8", headers), **assets}


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def find_assets() -> Mapping[str, Path]:
    """Returns where each file of the page is."""
    shipped = {file.name: file for file in files(PACKAGE) or () if file.name in SHIPPED}
    own = resources("edge.docs")
    return {name: Path(str(file.locate())) for name, file in shipped.items()} | {
        name: Path(str(own.joinpath(name))) for name in OWN
    }
