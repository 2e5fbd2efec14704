"""What `selvedge edge` sets up before the first request."""

from socket import IPPROTO_TCP, TCP_NODELAY, create_connection

import pytest
import typer
from typer.testing import CliRunner

from cli.edge import _listen, edge
from mesh.startup import StartupError

app = typer.Typer()
app.command()(edge)


def test_no_answer_waits_for_the_one_before_it_to_be_acknowledged() -> None:
    with _listen("127.0.0.1", 0) as listening, create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(IPPROTO_TCP, TCP_NODELAY)


def test_a_busy_port_is_one_clear_line() -> None:
    with _listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(StartupError, match=f"127.0.0.1:{port}.*SELVEDGE_EDGE_PORT"):
            _listen("127.0.0.1", port)


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_there_is_not_is_refused(port: str) -> None:
    done = CliRunner().invoke(app, ["--port", port])
    assert done.exit_code == 2
    assert "--port" in done.output
