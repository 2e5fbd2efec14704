from collections.abc import Callable
from dataclasses import replace

import pytest

from edge.contracts.model import ContractError, Contracts, RoutingParameter
from edge.routing import Routing
from tests.edge.conftest import Exchange, ScriptedCaller

TABLE = "projects/p/instances/i/tables/t"
ZONED = "regions/r/zones/z/tables/t"
INNER = {"profileId": "a"}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"tableName": TABLE}, "plain=x&table_location=instances%2Fi&routing_id=projects%2Fp"),
        ({"tableName": ZONED}, "plain=x&table_location=regions%2Fr%2Fzones%2Fz"),
        ({"tableName": "elsewhere"}, "plain=x"),
        ({"inner": {"profileId": "a b/é"}}, "plain=x&routing_id=a%20b%2F%C3%A9"),
        ({"inner": INNER, "tableName": "projects/p"}, "plain=x&routing_id=projects%2Fp"),
        ({"inner": INNER, "tableName": "projects/p/x/y"}, "plain=x&routing_id=projects%2Fp"),
        ({"inner": INNER, "tableName": "elsewhere"}, "plain=x&routing_id=a"),
        ({}, "plain=x"),
    ],
)  # fmt: skip
async def test_r19_a_routing_rule_reads_the_whole_request(
    files: Contracts, caller: ScriptedCaller, exchange_of: Callable[..., Exchange],
    body: dict[str, object], told: str,
) -> None:  # fmt: skip
    caller.answers["Route"] = b""
    await exchange_of(files, caller)("POST", "/v1/route/x", json=body)
    assert dict(caller.asked[0][2].metadata) == {"x-goog-request-params": told}


async def test_r19_an_empty_routing_rule_takes_the_place_of_the_path(
    files: Contracts, caller: ScriptedCaller, exchange_of: Callable[..., Exchange]
) -> None:
    caller.answers["Free"] = b""
    await exchange_of(files, caller)("GET", "/v1/free/x")
    assert caller.asked[0][2].metadata == ()


async def test_r19_an_upload_is_routed_by_its_path(
    files: Contracts, caller: ScriptedCaller, exchange_of: Callable[..., Exchange]
) -> None:
    caller.answers["Upload"] = b""
    await exchange_of(files, caller)("POST", "/v1/files/a", content=b"x")
    assert dict(caller.asked[0][2].metadata) == {"x-goog-request-params": "name=files%2Fa"}


@pytest.mark.parametrize(
    "told",
    [
        RoutingParameter("nope", ""),
        RoutingParameter("inner", ""),
        RoutingParameter("plain", "a/*"),
        RoutingParameter("plain", "{a=*}/{b=*}"),
        RoutingParameter("plain", "{a"),
    ],
)
def test_r19_a_rule_that_leads_nowhere_stops_the_start(
    files: Contracts, told: RoutingParameter
) -> None:
    method = next(method for method in files.methods if method.name == "Route")
    with pytest.raises(ContractError):
        Routing(replace(method, routing=(told,)), files)
