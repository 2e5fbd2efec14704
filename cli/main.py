"""The `selvedge` command: one verb per file."""

import importlib
import sys

import typer

from edge.contracts.model import ContractError
from mesh.startup import StartupError

INTERRUPTED = 130
"""The exit code of a command that SIGINT ends (128 and the signal's number)."""
VERBS = ("up", "ps", "serve", "edge", "check", "call")

app = typer.Typer(
    name="selvedge", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@app.callback()
def selvedge() -> None:
    """A gRPC-first service mesh whose REST and GraphQL edge is derived from its contracts."""


def main() -> None:
    """Runs the command; what keeps it from working is one line and exit code 1.

    Ctrl-C while it loads ends it as it ends any command; later each verb has its own way.
    """
    try:
        _register(sys.argv[1:])
        app()
    except (StartupError, ContractError, ImportError) as error:
        print(f"selvedge: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _register(words: list[str]) -> None:
    """Adds the verb that is asked for, or all: a service must not load what only the edge needs."""
    asked = [verb for verb in VERBS if words[:1] == [verb]]
    for verb in asked or VERBS:
        app.command()(getattr(importlib.import_module(f"cli.{verb}"), verb))


if __name__ == "__main__":
    main()
