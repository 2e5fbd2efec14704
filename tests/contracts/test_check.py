"""`selvedge check` on foreign contracts."""

import pytest

from cli.check import report
from edge.contracts.load import load_contracts
from tests.contracts.conftest import Foreign

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


async def test_the_report_names_every_service_and_every_resource(foreign: Foreign) -> None:
    text = report(load_contracts(foreign.image))
    missing = [name for name in foreign.types.services if name not in text]
    missing += [type_ for type_ in foreign.types.patterns if type_ not in text]
    assert missing == []
