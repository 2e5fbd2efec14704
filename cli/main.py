"""The `selvedge` command: one verb per file."""

import sys

import typer

from edge.contracts.model import ContractError
from mesh.startup import StartupError

app = typer.Typer(
    name="selvedge",
    help="A gRPC-first service mesh whose REST and GraphQL edge is derived from its contracts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Runs the command; what keeps it from working is one line and exit code 1."""
    try:
        _register()
        app()
    except (StartupError, ContractError, ImportError) as error:
        print(f"selvedge: {error}", file=sys.stderr)
        sys.exit(1)


def _register() -> None:
    """Adds the verbs. They are imported here so that stale stubs end in one clear line."""
    from cli.call import call
    from cli.check import check
    from cli.edge import edge
    from cli.ps import ps
    from cli.serve import serve
    from cli.up import up

    for verb in (up, ps, serve, edge, check, call):
        app.command()(verb)


if __name__ == "__main__":
    main()
