"""Updates without a mask: the edge fills it from the body (R11), whatever the contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.contracts.conftest import Foreign

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class Update:
    """A PATCH with a body, and the mask that the upstream must see."""

    target: str
    body: dict[str, Any]
    mask: list[str]


UPDATES: Mapping[str, tuple[Update, ...]] = {
    "secretmanager": (
        Update(
            "/v1/projects/p/secrets/s",
            {"labels": {"a": "b"}, "rotation": {"rotationPeriod": "3600s"}, "expireTime": None},
            ["labels", "rotation.rotation_period", "expire_time"],
        ),
    ),
    "pubsub": (
        Update(
            "/v1/projects/p/topics/t",
            {
                "topic": {
                    "kms_key_name": "k",
                    "messageStoragePolicy": {"allowedPersistenceRegions": []},
                }
            },
            ["kms_key_name", "message_storage_policy.allowed_persistence_regions"],
        ),
    ),
    "kms": (
        Update(
            "/v1/projects/p/locations/l/keyRings/r/cryptoKeys/k",
            {"labels": {}, "createTime": "2030-01-31T12:00:00Z"},
            ["labels"],
        ),
    ),
}


async def test_r11_the_mask_is_what_the_body_names(
    foreign: Foreign, client: httpx.AsyncClient
) -> None:
    for update in UPDATES.get(foreign.name, ()):
        with foreign.upstream.recorded() as calls:
            response = await client.patch(update.target, json=update.body)
        assert response.status_code == 200, response.text
        (call,) = calls
        assert list(call.request.update_mask.paths) == update.mask


async def test_r11_a_body_that_changes_nothing_is_refused(
    foreign: Foreign, client: httpx.AsyncClient
) -> None:
    for update in UPDATES.get(foreign.name, ()):
        with foreign.upstream.recorded() as calls:
            response = await client.patch(update.target, json={})
        assert (response.status_code, response.json()["reason"]) == (400, "EMPTY_UPDATE")
        assert calls == []
