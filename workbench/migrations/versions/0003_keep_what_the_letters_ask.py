"""Keep what the letters ask of a record: where it came from, whose it is

Columns are added and tables never copied: a copy on SQLite would lose the triggers of 0002.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    origin = sa.Enum(
        "scan", "typed", "table", "database", name="origin", native_enum=False, length=20
    )
    op.add_column("document", sa.Column("origin", origin, nullable=False, server_default="scan"))
    op.add_column("document", sa.Column("holder", TEXT(), nullable=True))
    op.create_index(op.f("ix_document_holder"), "document", ["holder"])
    op.create_table(
        "holder",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("person", "organisation", name="holderkind", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("sought", TEXT(), nullable=False),
        sa.Column("number_kind", TEXT(), nullable=False),
        sa.Column("number", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_holder_sought"), "holder", ["sought"])
    op.create_index(op.f("ix_holder_number"), "holder", ["number"])


def downgrade() -> None:
    op.drop_table("holder")
    op.drop_index(op.f("ix_document_holder"), "document")
    op.drop_column("document", "holder")
    op.drop_column("document", "origin")
