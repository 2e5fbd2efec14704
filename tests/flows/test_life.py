"""Start, faults and the end of a whole mesh."""

import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.flows.processes import alive, running, selvedge, wait_until
from tests.flows.test_shop import QUERY, graphql

pytestmark = pytest.mark.slow


def test_a_stopped_service_costs_its_own_fields_alone_and_data_survives(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as mesh, mesh.client() as client:
        name = client.get("/v1/products?page_size=1").json()["products"][0]["name"]
        assert client.patch(f"/v1/{name}", json={"title": "Kept"}).status_code == 200
        pids = [row["pid"] for row in mesh.ps()]
        os.kill(mesh.pid("reviews"), signal.SIGTERM)
        wait_until(lambda: "reviews ended" in mesh.output.read_text())
        body = graphql(client, QUERY)
        nodes = body["data"]["products"]["nodes"]
        assert [node["reviews"] for node in nodes] == [None, None]
        assert all(node["stocks"]["nodes"] for node in nodes)
        (error,) = body["errors"]
        paths = [["products", "nodes", i, "reviews"] for i in range(2)]
        assert error["path"] == paths[0]
        assert error["extensions"]["paths"] == paths
        assert error["extensions"]["code"] == "UNAVAILABLE"
        assert error["extensions"]["retryAfter"] == 1
        refused = client.get(f"/v1/{name}/reviews")
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) >= 1
        assert mesh.stop(signal.SIGTERM) == 0
        assert not any(map(alive, pids))
    with running(data) as mesh, mesh.client() as client:
        assert client.get(f"/v1/{name}").json()["title"] == "Kept"
        assert mesh.stop(signal.SIGINT) == 0


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    with running(tmp_path / "data") as mesh:
        pids = [row["pid"] for row in mesh.ps()]
        mesh.process.kill()
        wait_until(lambda: not any(map(alive, pids)), 15)
        assert mesh.ps() == []


def test_a_mesh_of_which_nothing_is_left_ends_and_says_how_to_start_each_part(
    tmp_path: Path,
) -> None:
    with running(tmp_path / "data") as mesh:
        for row in mesh.ps():
            os.kill(row["pid"], signal.SIGKILL)
        assert mesh.process.wait(30) == 1
        said = mesh.output.read_text()
    assert "To start it again: selvedge serve reviews\n" in said
    assert "selvedge edge --upstream=shop.catalog.v1.CatalogService=catalog" in said
    assert said.endswith("selvedge: every process has ended\n")


def test_a_busy_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = selvedge(tmp_path / "data", "up", SELVEDGE_EDGE_PORT=port)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if "selvedge: " in line]
    assert any(port in line and "SELVEDGE_EDGE_PORT" in line for line in lines)


def test_a_corrupt_database_is_one_clear_line_and_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    broken = data / "data" / "catalog.db"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"this is no database " * 400)
    done = selvedge(data, "serve", "catalog")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("selvedge: ")]) == 1
    assert broken.read_bytes() == b"this is no database " * 400


def test_a_second_mesh_on_the_same_data_is_refused(tmp_path: Path) -> None:
    import fcntl

    (tmp_path / "data" / "run").mkdir(parents=True)
    with (tmp_path / "data" / "run" / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = selvedge(tmp_path / "data", "up")
    assert done.returncode == 1
    assert "already" in done.stderr


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    done = selvedge(tmp_path / "data", "up", SELVEDGE_PROFILE="wild")
    assert done.returncode == 1
    assert "SELVEDGE_PROFILE" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_runs_is_an_empty_list(tmp_path: Path) -> None:
    done = selvedge(tmp_path / "data", "ps", "--json")
    assert (done.returncode, done.stdout.strip()) == (0, "[]")


def test_an_unknown_service_names_the_known_ones(tmp_path: Path) -> None:
    done = selvedge(tmp_path / "data", "serve", "nope")
    assert done.returncode == 1
    assert "catalog" in done.stderr


def test_a_stream_under_way_is_told_that_the_edge_ends(tmp_path: Path) -> None:
    with running(tmp_path / "data") as mesh, mesh.client() as client:
        name = client.get("/v1/products?page_size=1").json()["products"][0]["name"]
        watch = f'subscription {{ watchStock(parent: "{name}") {{ available }} }}'
        asked = {"json": {"query": watch}, "headers": {"accept": "text/event-stream"}}
        with (
            client.stream("GET", f"/v1/{name}/stocks:watch") as stream,
            client.stream("POST", "/graphql", **asked) as events,
        ):
            lines, said = stream.iter_lines(), events.iter_lines()
            assert json.loads(next(lines))["result"]["product"] == name
            assert any(line.startswith("data:") for line in said)
            begun = time.monotonic()
            mesh.process.send_signal(signal.SIGINT)
            *_, last = map(json.loads, lines)
            rest = list(said)
        assert mesh.process.wait(30) == 0
        assert time.monotonic() - begun < 4
        assert last["error"]["code"] == "UNAVAILABLE"
        assert last["error"]["reason"] == "DRAINING"
        assert any("DRAINING" in line for line in rest)
        assert "event: complete" in rest
