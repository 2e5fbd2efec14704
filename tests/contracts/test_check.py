"""`selvedge check` on foreign contracts."""

from pathlib import Path

import pytest
import yaml
from google.protobuf import descriptor_pb2

from cli.check import report
from edge.contracts.load import load_contracts, read_contracts
from edge.contracts.overlay import overlaid
from tests.contracts.conftest import Foreign
from tests.contracts.stripping import stripped

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


async def test_the_report_names_every_service_and_every_resource(foreign: Foreign) -> None:
    text = report(load_contracts(foreign.image))
    missing = [name for name in foreign.types.services if name not in text]
    missing += [type_ for type_ in foreign.types.patterns if type_ not in text]
    assert missing == []


async def test_an_overlay_says_all_that_annotations_say(foreign: Foreign, tmp_path: Path) -> None:
    image = foreign.image.read_bytes()
    files = descriptor_pb2.FileDescriptorSet.FromString(image)
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(yaml.safe_dump(stripped(files)))
    bare = files.SerializeToString()
    assert not any(method.http for method in read_contracts(bare).methods)
    said = report(read_contracts(overlaid(bare, [overlay])))
    assert said == report(load_contracts(foreign.image))
