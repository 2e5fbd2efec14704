"""The schema of our own contracts, as approved.

After a wanted change: `make generate`, then `python tests/edge/graphql/test_schema.py`.
"""

from pathlib import Path

from edge.contracts.derived import derive
from edge.contracts.load import load_contracts
from edge.graphql.schema import build_schema

HERE = Path(__file__).parent
APPROVED = HERE / "schema.graphql"


def printed() -> str:
    image = HERE.parents[2] / "gen" / "contracts.binpb"
    return build_schema(derive(load_contracts(image))).as_str() + "\n"


def test_the_schema_is_the_approved_one():
    assert printed() == APPROVED.read_text(), "see the head of this file"


if __name__ == "__main__":
    APPROVED.write_text(printed())
