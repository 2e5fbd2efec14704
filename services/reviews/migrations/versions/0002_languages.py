"""Where authors are, and the language of reviews.

Columns keep the names that they had: processes of the release before go on beside this one while
it is rolled out, and know neither column, hence the defaults.
"""

import sqlalchemy as sa
from alembic import op

from mesh.store import TEXT

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for name in ("author_region_code", "language_code"):
        op.add_column("reviews", sa.Column(name, TEXT, nullable=False, server_default=""))
