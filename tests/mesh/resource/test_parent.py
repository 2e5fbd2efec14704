import pytest

from mesh.errors import InvalidArgument
from mesh.resource.parent import check_children

NAMES = ["products/a/stocks/x", "products/b/stocks/x", "products/ab/stocks/x"]


@pytest.mark.parametrize("parent", ["", "products/-"])
def test_any_parent_takes_every_name(parent: str) -> None:
    check_children(parent, NAMES)


def test_a_parent_takes_its_own_children() -> None:
    check_children("products/a", NAMES[:1])


def test_a_parent_refuses_all_others_by_their_place() -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_children("products/a", NAMES)
    assert [violation.field for violation in caught.value.violations] == ["names[1]", "names[2]"]
    assert caught.value.reason == "PARENT_MISMATCH"
