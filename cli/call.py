"""`selvedge call`: one call from the command line, JSON in and JSON out."""

import asyncio
import uuid
from typing import Annotated

import typer

from cli.image import image_path
from cli.reflection import reflected_contracts
from edge.call import RequestContext
from edge.codec import Codec
from edge.contracts.load import load_contracts
from edge.contracts.model import ContractError, Contracts, Method
from edge.upstreams import MeshCaller, Target
from mesh.config import MeshSettings, read_settings
from mesh.deadline import Deadline
from mesh.discovery import resolver
from mesh.errors import MeshError
from services.topology import SERVICES


def call(
    method: Annotated[str, typer.Argument(help="pkg.Service/Method")],
    request: Annotated[str, typer.Argument(help="the request as JSON")] = "{}",
    address: Annotated[
        str | None,
        typer.Option(help="host:port of a server with reflection, instead of the running mesh"),
    ] = None,
) -> None:
    """Call a method and print its answer; a stream prints one line for each answer."""
    settings = read_settings(MeshSettings)
    service = method.partition("/")[0]
    contracts = reflected_contracts(address, service) if address else load_contracts(image_path())
    target = Target.parse(address or _mesh_name(service, contracts))
    raise typer.Exit(
        asyncio.run(_call(contracts, _find(contracts, method), request, target, settings))
    )


async def _call(
    contracts: Contracts, method: Method, request: str, target: Target, settings: MeshSettings
) -> int:
    codec = Codec(contracts)
    caller = MeshCaller(
        {method.service: target}, resolver(settings), message_bytes_max=settings.message_bytes_max
    )
    context = RequestContext(str(uuid.uuid4()), Deadline.after(method.facts.deadline_seconds))
    try:
        body = codec.from_json(method.input.full_name, request.encode())
        if method.facts.server_streaming:
            async for answer in caller.stream(method, body, context):
                print(codec.to_json(method.output.full_name, answer).decode(), flush=True)
        else:
            answer = await caller.unary(method, body, context)
            print(codec.to_json(method.output.full_name, answer).decode())
    except MeshError as error:
        typer.echo(f"{error.code.name}: {error.message}", err=True)
        return 1
    finally:
        await caller.close()
    return 0


def _find(contracts: Contracts, path: str) -> Method:
    method = contracts.method(path)
    if method is None:
        service = contracts.services.get(path.partition("/")[0])
        known = [m.name for m in service.methods] if service else list(contracts.services)
        raise ContractError(f"no method {path!r}; there are: {', '.join(known)}")
    if method.facts.client_streaming:
        raise ContractError(f"{path} takes a stream of requests, which this command cannot send")
    return method


def _mesh_name(service: str, contracts: Contracts) -> str:
    """Returns the name in the mesh of whoever serves a contract."""
    name = next((s.name for s in SERVICES if service in s.contracts), None)
    if name is None:
        raise ContractError(f"no service {service!r}; there are: {', '.join(contracts.services)}")
    return name
