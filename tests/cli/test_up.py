"""What `selvedge up` says can be pasted."""

import pytest

from cli.up import called_as


@pytest.mark.parametrize(
    ("called", "said"),
    [
        (".venv/bin/selvedge", ".venv/bin/selvedge"),
        ("/opt/selvedge/bin/selvedge", "/opt/selvedge/bin/selvedge"),
        ("/src/cli/main.py", "selvedge"),
    ],
)
def test_a_command_is_said_as_it_was_called(called: str, said: str) -> None:
    assert called_as(called) == said
