"""Stocks and reservations."""

import sqlalchemy as sa
from alembic import op

from mesh.store import TEXT, Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "stocks",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("product", TEXT, nullable=False, index=True),
        sa.Column("location", TEXT, nullable=False),
        sa.Column("on_hand", sa.Integer, nullable=False),
        sa.Column("reserved", sa.Integer, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("update_time", Instant, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("request_id", TEXT, unique=True),
        sa.CheckConstraint("reserved >= 0 AND reserved <= on_hand", name="stocks_never_oversold"),
    )
    op.create_table(
        "reservations",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("product", TEXT, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("allocations", sa.JSON, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("create_time", Instant, nullable=False),
        sa.Column("expire_time", Instant, nullable=False),
        sa.Column("request_id", TEXT, unique=True),
    )
    op.create_index("reservations_due", "reservations", ["state", "expire_time"])
