"""The documentation page: Swagger UI from a package, nothing from the network.

The package ships the built files and is read, never imported.
"""

from collections.abc import Mapping
from importlib.metadata import files
from importlib.resources import files as resources
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from edge.errors import NoSuchPath

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


def docs_routes() -> list[BaseRoute]:
    """Returns the routes of the page and of the files that it loads."""
    assets = find_assets()
    html = resources("edge.docs").joinpath("page.html").read_bytes()

    async def page(request: Request) -> Response:
        return Response(html, media_type="text/html; charset=utf-8", headers=HEADERS)

    async def asset(request: Request) -> Response:
        path = assets.get(request.path_params["name"])
        if path is None:
            raise NoSuchPath("no such file")
        kept = {"cache-control": f"public, max-age={CACHE_SECONDS}"}
        return FileResponse(path, headers={**HEADERS, **kept})

    return [Route("/docs", page), Route("/docs/{name}", asset)]


def find_assets() -> Mapping[str, Path]:
    """Returns where each file of the page is."""
    shipped = {file.name: file for file in files(PACKAGE) or () if file.name in SHIPPED}
    own = resources("edge.docs")
    return {name: Path(str(file.locate())) for name, file in shipped.items()} | {
        name: Path(str(own.joinpath(name))) for name in OWN
    }
