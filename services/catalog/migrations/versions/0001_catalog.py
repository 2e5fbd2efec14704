"""Categories and products."""

import sqlalchemy as sa
from alembic import op

from mesh.store import TEXT, Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "categories",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("request_id", TEXT, unique=True),
    )
    op.create_table(
        "products",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("category", TEXT, sa.ForeignKey("categories.name"), nullable=False, index=True),
        sa.Column("prices", sa.JSON, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("attributes", sa.JSON, nullable=False),
        sa.Column("related_products", sa.JSON, nullable=False),
        sa.Column("weight_grams", sa.Integer),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("folded_title", TEXT, nullable=False),
        sa.Column("folded_text", TEXT, nullable=False),
        sa.Column("request_id", TEXT, unique=True),
    )
