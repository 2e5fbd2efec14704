"""`selvedge ps`: what runs."""

import asyncio
import json
import urllib.error
import urllib.request
from dataclasses import asdict, replace
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mesh.config import MeshSettings, read_settings
from mesh.discovery import Lease, LeaseDirectory
from mesh.health import CHECK_TIMEOUT_SECONDS, is_serving


def ps(
    as_json: Annotated[bool, typer.Option("--json", help="print a JSON array")] = False,
) -> None:
    """List every running instance with its pid and address, and whether it answers."""
    settings = read_settings(MeshSettings)
    found = asyncio.run(_checked(LeaseDirectory(settings.data / "run").leases()))
    if as_json:
        print(json.dumps([asdict(lease) for lease in found], indent=2))
    else:
        _show(found)


async def _checked(leases: list[Lease]) -> list[Lease]:
    """Returns the leases, `ready` where the instance itself says so now."""
    answers = await asyncio.gather(*map(_answers, leases))
    return [replace(lease, ready=answer) for lease, answer in zip(leases, answers, strict=True)]


async def _answers(lease: Lease) -> bool:
    if not lease.ready:
        return False
    if lease.service == "edge":
        return await asyncio.to_thread(_edge_is_ready, lease.address)
    return await is_serving(lease.address)


def _edge_is_ready(address: str) -> bool:
    try:
        url = f"http://{address}/readyz"
        with urllib.request.urlopen(url, timeout=CHECK_TIMEOUT_SECONDS) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _show(leases: list[Lease]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("service", "instance", "pid", "address", "ready"):
        table.add_column(column, no_wrap=True)
    for lease in leases:
        ready = "yes" if lease.ready else "no"
        table.add_row(lease.service, lease.instance, str(lease.pid), lease.address, ready)
    Console(highlight=False).print(table if leases else "nothing runs; start it with: selvedge up")
