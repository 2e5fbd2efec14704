"""Every curl of the README, pasted in its order into a mesh that has just begun."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.flows.processes import ROOT, running

BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
COMMAND = re.compile(r"^curl .*?[^\\]\n(?=curl |\Z)", re.DOTALL | re.MULTILINE)


def pasted() -> list[str]:
    blocks = BLOCK.findall((ROOT / "README.md").read_text())
    return [command for block in blocks for command in COMMAND.findall(block)]


@pytest.mark.slow
def test_the_examples_answer_as_the_readme_says(tmp_path: Path) -> None:
    with running(tmp_path / "data") as mesh:
        seen = []
        for command in pasted():
            code = f"{command.rstrip()} -s -o {tmp_path / 'body'} -w '%{{http_code}}'"
            words = ["bash", "-c", code.replace("http://127.0.0.1:8080", mesh.url)]
            done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30)
            seen.append((done.stdout, '"errors"' in (tmp_path / "body").read_text()))
    assert seen == [(code, False) for code in ("200", "200", "200", "404", "400", "200")]
