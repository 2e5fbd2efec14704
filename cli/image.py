"""Where the compiled contracts of this installation are."""

from pathlib import Path

from edge.contracts.model import ContractError

_HERE = Path(__file__).resolve().parent
_PLACES = (_HERE.parent / "gen" / "contracts.binpb", _HERE / "contracts.binpb")


def image_path() -> Path:
    """Returns the contract image: of the checkout, else of the installed package.

    Raises:
        ContractError: there is neither.
    """
    for place in _PLACES:
        if place.is_file():
            return place
    raise ContractError("the contracts are not compiled: run `make generate`")
