"""Stubs that are older than their contracts cannot run."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def try_import(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import shop.catalog.v1.catalog_pb2"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "gen")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_stale_stubs_refuse_to_be_imported(tmp_path: Path) -> None:
    for name in ("proto", "gen"):
        shutil.copytree(ROOT / name, tmp_path / name)
    assert try_import(tmp_path).returncode == 0
    contract = tmp_path / "proto" / "shop" / "catalog" / "v1" / "catalog.proto"
    contract.write_text(contract.read_text() + "\n// One more word.\n")
    done = try_import(tmp_path)
    assert done.returncode == 1
    assert "run `make generate`" in done.stderr


def test_generated_code_is_never_committed() -> None:
    done = subprocess.run(
        ["git", "ls-files", "gen"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
