from mesh.deadline import Deadline


def test_a_later_deadline_is_greater() -> None:
    assert Deadline.after(1) < Deadline.after(2)


def test_remaining_never_goes_below_zero() -> None:
    past = Deadline.after(-5)
    assert past.expired
    assert past.remaining() == 0.0
    assert 9 < Deadline.after(10).remaining() <= 10
