"""What `selvedge edge` sets up before the first request."""

import asyncio
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection

import pytest
import typer
import websockets
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner

from cli.edge import _listen, _server, edge
from edge.config import EdgeSettings
from mesh.config import MeshSettings, read_settings
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


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        if "text" in message:
            await send({"type": "websocket.send", "text": message["text"]})


@pytest.mark.slow
async def test_a_message_on_a_socket_is_bounded_like_a_body(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SELVEDGE_BODY_BYTES_MAX", "100")
    server = _server(_echo, read_settings(MeshSettings), read_settings(EdgeSettings))
    with _listen("127.0.0.1", 0) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        url = "ws://{}:{}/".format(*listening.getsockname()[:2])
        async with websockets.connect(url) as connection:
            await connection.send("x" * 100)
            assert await connection.recv() == "x" * 100
            await connection.send("x" * 101)
            with pytest.raises(websockets.ConnectionClosed) as caught:
                await connection.recv()
        server.should_exit = True
        await serving
    assert caught.value.rcvd and caught.value.rcvd.code == 1009
