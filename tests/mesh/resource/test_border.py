import pytest

from mesh.errors import Aborted, AlreadyExists, NotFound
from mesh.resource import Border, check_etag


class Missing(Exception):
    pass


class Unlisted(Missing):
    pass


BORDER = Border({Missing: (NotFound, "THING_NOT_FOUND", "{} does not exist")})


def test_a_domain_error_becomes_what_the_table_says() -> None:
    with pytest.raises(NotFound, match="things/1 does not exist") as crossed, BORDER.crossed():
        raise Missing("things/1")
    assert crossed.value.reason == "THING_NOT_FOUND"
    assert isinstance(crossed.value.__cause__, Missing)


@pytest.mark.parametrize("error", [ZeroDivisionError(), AlreadyExists("taken"), Unlisted("x")])
def test_any_other_error_passes_unchanged(error: Exception) -> None:
    with pytest.raises(type(error)) as crossed, BORDER.crossed():
        raise error
    assert crossed.value is error


@pytest.mark.parametrize("expected", ["", "*", '"1"'])
def test_an_etag_that_agrees_is_let_through(expected: str) -> None:
    check_etag(expected, '"1"')


@pytest.mark.parametrize("expected", ['"2"', "1", 'W/"1"'])
def test_another_etag_aborts(expected: str) -> None:
    with pytest.raises(Aborted, match=r'the etag is "1" by now') as aborted:
        check_etag(expected, '"1"')
    assert aborted.value.reason == "ETAG_MISMATCH"
