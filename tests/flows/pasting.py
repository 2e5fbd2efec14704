"""Examples of a page: what a reader pastes into a shell or an editor, and the answer below it."""

import itertools
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

URL = "http://127.0.0.1:8080"
SECONDS_MAX = 60.0
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ANSWERS = ("json", "http", "text")
GAP = "…"
"""Stands in a shown answer for whatever comes there."""
# A stream that is watched for a while ends by curl's time limit, code 28.
PRELUDE = 'curl() {{ command curl -sS {fail} "$@" || [ $? = 28 ]; }}\nset -e -o pipefail\n'


@dataclass(frozen=True, slots=True)
class Example:
    """The commands of one block, and what is shown to come back; None where nothing is shown."""

    commands: str
    answer: str | None

    def run(self, url: str) -> str:
        """Returns what the commands print; all succeed, and where no answer is shown, with 2xx."""
        prelude = PRELUDE.format(fail="" if self.answer is not None else "--fail")
        script = prelude + self.commands.replace(URL, url)
        done = subprocess.run(
            ["bash", "-c", script], capture_output=True, text=True, check=False, timeout=SECONDS_MAX
        )
        assert done.returncode == 0, f"{self.commands}{done.stdout}{done.stderr}"
        return done.stdout

    def fits(self, printed: str) -> bool:
        """Says whether that is the answer shown; how both are laid out does not matter."""
        if self.answer is None:
            return '"errors"' not in printed
        pieces = [re.escape(_bare(piece)) for piece in self.answer.split(GAP)]
        return re.fullmatch(".*".join(pieces), _bare(printed), re.DOTALL) is not None


def examples(page: Path) -> Iterator[Example]:
    """Yields the examples of a page that call the edge, in their order."""
    blocks = [*BLOCK.findall(page.read_text()), ("", "")]
    for (kind, text), (next_kind, next_text) in itertools.pairwise(blocks):
        answer = next_text if next_kind in ANSWERS else None
        if kind == "graphql":
            yield Example(_posted(text), answer)
        elif kind == "sh" and "curl " in text:
            yield Example(text, answer)


def _posted(document: str) -> str:
    body = shlex.quote(json.dumps({"query": document}))
    return f"curl '{URL}/graphql' -H 'Content-Type: application/json' -d {body}"


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)
