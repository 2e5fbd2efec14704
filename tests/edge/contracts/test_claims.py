import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contracts.claims import Claim, settle


def test_r20_all_claimants_are_qualified() -> None:
    settled = settle([Claim("a.X", ("X", "AX")), Claim("b.X", ("X", "BX")), Claim("b.Y", ("Y",))])
    assert settled.names == {"a.X": "AX", "b.X": "BX", "b.Y": "Y"}
    assert settled.conflicts == ("X: a.X is called AX", "X: b.X is called BX")


def test_r20_a_reserved_name_is_a_claimant() -> None:
    assert settle([Claim("a.Node", ("Node", "ANode"))], {"Node"}).names == {"a.Node": "ANode"}


def test_r20_a_qualified_name_may_meet_a_bare_one() -> None:
    claims = [Claim("a.X", ("X", "AX")), Claim("b.X", ("X", "BX")), Claim("c.AX", ("AX", "CAX"))]
    assert settle(claims).names == {"a.X": "AX", "b.X": "BX", "c.AX": "CAX"}


def test_what_no_rung_tells_apart_is_numbered() -> None:
    claims = [Claim("b", ("X", "Y")), Claim("a", ("X", "Y")), Claim("c", ("Y_2",))]
    assert settle(claims).names == {"a": "Y", "b": "Y_3", "c": "Y_2"}


ladders = st.lists(st.sampled_from("PQRST"), min_size=1, max_size=3).map(tuple)
claimants = st.lists(ladders, max_size=12).map(
    lambda found: [Claim(f"k{i}", ladder) for i, ladder in enumerate(found)]
)


@pytest.mark.slow
@given(claimants, st.randoms(use_true_random=False), st.sets(st.sampled_from("PQ")))
def test_r20_no_two_share_a_name_in_any_order(claims, random, reserved) -> None:
    settled = settle(claims, reserved)
    names = list(settled.names.values())
    assert len(set(names)) == len(claims)
    assert reserved.isdisjoint(names)
    random.shuffle(claims)
    assert settle(claims, reserved) == settled
