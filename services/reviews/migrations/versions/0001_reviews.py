"""Reviews."""

import sqlalchemy as sa
from alembic import op

from mesh.store import TEXT, Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("product", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("rating", sa.Integer, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("request_id", TEXT, unique=True),
    )
    op.create_index("reviews_newest", "reviews", ["product", "create_time", "name"])
    op.create_index("reviews_newest_of_all", "reviews", ["create_time", "name"])
