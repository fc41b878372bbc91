"""Grant rights on templates, and tell which unit stands under which

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
RIGHT = sa.Enum(
    "see", "use", "edit", "submit", "authorise", name="right", native_enum=False, length=20
)


def upgrade() -> None:
    op.add_column("unit", sa.Column("parent", TEXT(), nullable=False, server_default=""))
    op.create_table(
        "templategrant",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("template", TEXT(), nullable=False),
        sa.Column("right", RIGHT, nullable=False),
        sa.Column("unit", TEXT(), nullable=False),
        sa.Column("role", TEXT(), nullable=False),
        sa.Column("person", TEXT(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("why", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.Column("revoked_by", TEXT(), nullable=False),
        sa.Column("revoked_at", MOMENT(), nullable=True),
        sa.Column("revoked_why", TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_templategrant_template"), "templategrant", ["template"])


def downgrade() -> None:
    op.drop_table("templategrant")
    op.drop_column("unit", "parent")
