"""Every curl of the README and the pages behind it, pasted into a mesh that has just begun."""

from collections.abc import Iterator

import pytest

from tests.flows.pasting import Example, examples
from tests.flows.processes import ROOT, Mesh, running

PAGES = ("README.md", "docs/rest.md", "docs/graphql.md")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    with running(tmp_path_factory.mktemp("pages") / "data") as mesh:
        yield mesh


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_answer_as_it_shows(page: str, fresh: Mesh) -> None:
    found, url, wrong = list(examples(ROOT / page)), fresh.url, []
    for example in found:
        printed = example.run(url)
        if not example.fits(printed):
            wrong.append(f"{example.commands}{printed}")
    assert found
    assert not wrong, "\n\n".join(wrong)


def test_an_answer_that_differs_from_the_one_shown_is_seen() -> None:
    example = Example("", '{"title": "Lamp", …, "tags": []}')
    assert example.fits('{"title":"Lamp","state":"NEW","tags":[]}\n')
    assert not example.fits('{"title":"Lamp","state":"NEW","tags":["a"]}')
    assert not Example("", None).fits('{"errors":[]}')
