import logging

import pytest

from tests.fuzz.rest_errors import LEAKS, SECRET, search


@pytest.mark.slow
async def test_bar_52_every_refusal_is_a_problem_and_tells_no_secret() -> None:
    logging.disable()
    try:
        found = await search(1_500, seed=1)
    finally:
        logging.disable(logging.NOTSET)
    assert found.wrong == []
    assert {400, 404, 405, 409, 415, 429, 500, 501, 503, 504} <= found.statuses.keys()


@pytest.mark.parametrize(
    "text",
    ["SELECT a FROM b", 'File "a.py"', "at 10.0.0.1:80", "/usr/lib", "<class 'int'>", SECRET],
)
def test_secrets_are_known_for_what_they_are(text: str) -> None:
    assert LEAKS.search(text)
