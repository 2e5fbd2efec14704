"""GraphiQL, the page to try queries on: one page of ours, its scripts from a package.

The package ships the built files and is read, never imported; nothing comes from the network.
"""

import html
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, files
from importlib.resources import files as resources
from mimetypes import guess_type
from pathlib import Path

from starlette.types import Receive, Scope, Send

from edge.document import REVALIDATE, Document

PACKAGE = "graphene-django-graphiql-static"
ASSETS = frozenset(
    {
        "graphiql.min.css",
        "graphiql.min.js",
        "graphql-ws.min.js",
        "react.production.min.js",
        "react-dom.production.min.js",
    }
)
CACHE_SECONDS = 3600
# No page elsewhere shows this one in a frame, or learns the query, which is in the address.
HEADERS = {
    **REVALIDATE,
    "content-security-policy": "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def find_assets() -> Mapping[str, Document]:
    """Returns each script and style sheet by name; none where the package is not installed."""
    try:
        shipped = files(PACKAGE) or []
    except PackageNotFoundError:
        return {}
    return {file.name: _asset(Path(str(file.locate()))) for file in shipped if file.name in ASSETS}


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the page for the path at which queries are answered."""
    text = resources("edge.graphql.http").joinpath("graphiql.html").read_text()
    body = text.replace("{endpoint}", html.escape(scope["path"].rstrip("/"))).encode()
    await Document(lambda: body, "text/html; charset=utf-8", HEADERS)(scope, receive, send)


def _asset(path: Path) -> Document:
    kept = {"cache-control": f"public, max-age={CACHE_SECONDS}"}
    return Document(path.read_bytes, guess_type(path.name)[0] or "text/plain", kept)
