"""`selvedge serve`: one service, in this process."""

import importlib
from typing import Annotated

import typer

from mesh.process import run
from mesh.startup import StartupError
from services.topology import SERVICES


def serve(name: Annotated[str, typer.Argument(help="the service, for example `catalog`")]) -> None:
    """Run one service until it is interrupted."""
    service = next((service for service in SERVICES if service.name == name), None)
    if service is None:
        names = ", ".join(service.name for service in SERVICES)
        raise StartupError(f"there is no service {name!r}; there are {names}")
    run(name, importlib.import_module(f"{service.module}.__main__").build)
