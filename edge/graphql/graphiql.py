"""GraphiQL, the page to try queries on: one page of ours, its scripts from a package.

The package ships the built files and is read, never imported; nothing comes from the network.
"""

import html
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, files
from importlib.resources import files as resources
from pathlib import Path

from starlette.responses import FileResponse, HTMLResponse, Response

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


def find_assets() -> Mapping[str, Path]:
    """Returns the path of each script and style sheet; none where the package is not installed."""
    try:
        shipped = files(PACKAGE) or []
    except PackageNotFoundError:
        return {}
    return {file.name: Path(str(file.locate())) for file in shipped if file.name in ASSETS}


def page(endpoint: str) -> Response:
    """Returns the page for the path at which queries are answered."""
    text = resources("edge.graphql").joinpath("graphiql.html").read_text()
    return HTMLResponse(text.replace("{endpoint}", html.escape(endpoint)))


def asset(assets: Mapping[str, Path], name: str) -> Response:
    """Returns one of the files that the page loads, 404 for any other name."""
    if name not in assets:
        return Response(status_code=404)
    return FileResponse(assets[name], headers={"cache-control": f"public, max-age={CACHE_SECONDS}"})
