"""The parent of a batch (AIP-231)."""

from collections.abc import Iterable

from mesh.errors import FieldViolation, InvalidArgument

ANY = "-"


def check_children(parent: str, names: Iterable[str]) -> None:
    """Raises InvalidArgument for a name outside the parent; none, or one ending in `-`, is any."""
    if not parent or parent.rpartition("/")[2] == ANY:
        return
    strangers = [at for at, name in enumerate(names) if not name.startswith(f"{parent}/")]
    if strangers:
        raise InvalidArgument(
            f"a name is not one of {parent}",
            reason="PARENT_MISMATCH",
            violations=[
                FieldViolation(f"names[{at}]", f"is not one of {parent}", "PARENT_MISMATCH")
                for at in strangers
            ],
        )
