"""Keep networks that learned here: their trainings, their reports, and which one reads

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
STATE = sa.Enum(
    "waiting", "running", "reported", "accepted", "replaced", "rejected", "withdrawn", "failed",
    name="trainingstate", native_enum=False, length=20,
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "networktraining",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.Column("minutes", sa.Float(), nullable=False),
        sa.Column("begun_from", TEXT(), nullable=False),
        sa.Column("crops", sa.Integer(), nullable=False),
        sa.Column("held_back", sa.Integer(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("holder", TEXT(), nullable=False),
        sa.Column("seen_at", MOMENT(), nullable=True),
        sa.Column("failure", sa.JSON(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("network", TEXT(), nullable=False),
        sa.Column("digest", TEXT(), nullable=False),
        sa.Column("decided_by", TEXT(), nullable=False),
        sa.Column("decided_at", MOMENT(), nullable=True),
        sa.Column("reason", TEXT(), nullable=False),
        sa.Column("withdrawn_by", TEXT(), nullable=False),
        sa.Column("withdrawn_at", MOMENT(), nullable=True),
        sa.Column("withdrawn_why", TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_networktraining_state"), "networktraining", ["state"])
    op.create_table(
        "networklesson",
        sa.Column("training", TEXT(), nullable=False),
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("crops", sa.Integer(), nullable=False),
        sa.Column("held_back", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("training", "document"),
    )
    op.create_index(op.f("ix_networklesson_document"), "networklesson", ["document"])
    op.create_table(
        "networkforgotten",
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.Column("reason", TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("document"),
    )
    op.add_column("fieldreading", sa.Column("weights", TEXT(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("fieldreading", "weights")
    op.drop_table("networkforgotten")
    op.drop_table("networklesson")
    op.drop_table("networktraining")
