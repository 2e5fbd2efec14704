"""A contract never breaks those who use it: `buf breaking`, image against image."""

import io
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from cli.generate import compile_contracts

ROOT = Path(__file__).parents[2]
BUF = Path(sys.executable).parent / "buf"


def git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout


def base_revision() -> str:
    """The newest release; before the first one, the commit before this."""
    tags = git("tag", "--list", "v*", "--sort=-version:refname", "--merged", "HEAD").split()
    if tags:
        return tags[0].decode()
    return "HEAD~1" if int(git("rev-list", "--count", "HEAD")) > 1 else "HEAD"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    with tarfile.open(fileobj=io.BytesIO(git("archive", base_revision(), "proto"))) as archive:
        archive.extractall(folder, filter="data")
    image = folder / "base.binpb"
    compile_contracts(folder / "proto", image)
    return image


def breaking(image: Path, against: Path) -> subprocess.CompletedProcess[str]:
    words = [BUF, "breaking", image, "--against", against, "--path", "shop", "--path", "selvedge"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_nothing_breaks_since_the_last_release(base: Path, tmp_path: Path) -> None:
    image = tmp_path / "now.binpb"
    compile_contracts(ROOT / "proto", image)
    done = breaking(image, base)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"string title = 2 \[", "string headline = 2 ["),
        (r"int32 total_size = 3", "int64 total_size = 3"),
        (r"rpc SearchProducts\(", "rpc FindProducts("),
    ],
    ids=["renamed field", "changed type", "removed method"],
)
def test_a_seeded_break_is_found(tmp_path: Path, old: str, new: str) -> None:
    shutil.copytree(ROOT / "proto", tmp_path / "proto")
    whole = tmp_path / "whole.binpb"
    compile_contracts(tmp_path / "proto", whole)
    contract = tmp_path / "proto" / "shop" / "catalog" / "v1" / "catalog.proto"
    text, count = re.subn(old, new, contract.read_text())
    assert count > 0
    contract.write_text(text)
    broken = tmp_path / "broken.binpb"
    compile_contracts(tmp_path / "proto", broken)
    done = breaking(broken, whole)
    assert done.returncode == 100, done.stdout + done.stderr
