"""R22: what a contract says of a method, and what holds where it says nothing."""

from datetime import date

import pytest
from google.protobuf import descriptor_pb2 as d
from google.protobuf import text_format

from mesh.contracts import Idempotency, MethodFacts, Priority, facts_of_method
from mesh.deprecation import Deprecation
from selvedge.policy.v1 import policy_pb2

WHOLE = """
deadline { seconds: 1 nanos: 500000000 }
scopes: ["a.read", "a.write"]
public: true
cost: 7
priority: PRIORITY_CHECKOUT
cache_max_age { seconds: 30 }
hedge: true
stale_if_error { seconds: 90 }
"""


def facts(
    policy: str = "", service_policy: str = "", name: str = "Do", **options: object
) -> MethodFacts:
    method = d.MethodDescriptorProto(name=name, options=d.MethodOptions(**options))  # type: ignore[arg-type]  # by name
    text_format.Parse(policy, method.options.Extensions[policy_pb2.policy])  # type: ignore[index]
    service = d.ServiceOptions()
    text_format.Parse(service_policy, service.Extensions[policy_pb2.service_policy])  # type: ignore[index]
    return facts_of_method("a.v1.Things", method, service)


def test_r22_every_field_of_a_policy_is_a_fact() -> None:
    found = facts(WHOLE)
    assert found.path == "/a.v1.Things/Do"
    assert (found.deadline_seconds, found.declares_deadline) == (1.5, True)
    assert (found.scopes, found.public) == (("a.read", "a.write"), True)
    assert (found.cost, found.priority) == (7, Priority.CHECKOUT)
    assert (found.cache_max_age_seconds, found.stale_if_error_seconds) == (30, 90)
    assert found.hedge


def test_r22_what_is_left_out_is_safe() -> None:
    found = facts()
    assert (found.deadline_seconds, found.declares_deadline) == (10, False)
    assert (found.scopes, found.public) == ((), False)
    assert (found.cost, found.priority) == (1, Priority.BROWSE)
    assert (found.cache_max_age_seconds, found.stale_if_error_seconds) == (0, 0)
    assert not found.hedge
    assert found.deprecation is None


@pytest.mark.parametrize(
    ("name", "level", "seconds"),
    [("GetThing", 0, 2), ("ListThings", 0, 2), ("Do", 1, 2), ("Do", 2, 10), ("Gather", 0, 10)],
)
def test_r22_a_read_gets_less_time_than_a_write(name: str, level: int, seconds: float) -> None:
    found = facts(name=name, idempotency_level=level)
    assert (found.deadline_seconds, found.idempotency) == (seconds, Idempotency(level))


SERVICE = """
deprecation {
  deprecate_date { year: 2026 month: 2 day: 3 }
  sunset_date { year: 2027 month: 1 day: 31 }
  successor: "a.v2.Things"
}
"""


def test_a_method_ends_as_its_service_does_but_for_what_it_says_itself() -> None:
    assert facts(service_policy=SERVICE).deprecation == Deprecation(
        date(2026, 2, 3), date(2027, 1, 31), "a.v2.Things", ""
    )
    own = 'deprecation { sunset_date { year: 2026 month: 12 day: 1 } documentation_uri: "x" }'
    assert facts(own, SERVICE).deprecation == Deprecation(
        date(2026, 2, 3), date(2026, 12, 1), "a.v2.Things", "x"
    )


def test_deprecated_without_a_policy_has_no_dates() -> None:
    assert facts(deprecated=True).deprecation == Deprecation(None, None, "", "")


@pytest.mark.parametrize(
    ("day", "problem"),
    [
        ("year: 2027 month: 2 day: 29", "2027-2-29 is no day"),
        ("year: 2027", "2027-0-0 is no day"),
        ("year: 2026 month: 2 day: 2", "before it is deprecated on 2026-02-03"),
    ],
)
def test_an_end_that_cannot_be_is_refused(day: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        facts(f"deprecation {{ sunset_date {{ {day} }} }}", SERVICE)
