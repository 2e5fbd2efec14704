"""The short form; `python -m tests.fuzz.schemathesis` is the long one."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.flows.processes import running
from tests.fuzz.schemathesis import GRAPHQL, REST, Bounds, fuzz

SHORT = (replace(REST, phases="examples,fuzzing,stateful"), GRAPHQL)


@pytest.mark.slow
def test_bar_38_no_case_is_answered_other_than_the_documents_say(tmp_path: Path) -> None:
    with running(tmp_path / "data") as mesh:
        found = fuzz(mesh.url, SHORT, Bounds(cases=1), tmp_path)
    for outcome in found:
        assert outcome.clean, outcome.output
        assert outcome.cases > 0
