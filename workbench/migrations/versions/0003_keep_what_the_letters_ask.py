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
    op.create_table(
        "override",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("rule", TEXT(), nullable=False),
        sa.Column("fields", TEXT(), nullable=False),
        sa.Column("about", TEXT(), nullable=False),
        sa.Column("reason", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_override_document"), "override", ["document"])
    validity = sa.Enum(
        "indefinite", "until", "linked", "unstated", name="validity", native_enum=False, length=20
    )
    op.create_table(
        "termstatement",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("validity", validity, nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("linked_to", TEXT(), nullable=False),
        sa.Column("reason", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_termstatement_document"), "termstatement", ["document"])
    op.create_index(op.f("ix_termstatement_until"), "termstatement", ["until"])
    ending = sa.Enum(
        "superseded", "renewed", "reissued", "revoked", "handed_back", "stands",
        name="ending", native_enum=False, length=20,
    )  # fmt: skip
    op.create_table(
        "endstatement",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("ending", ending, nullable=False),
        sa.Column("ended", sa.Date(), nullable=True),
        sa.Column("successor", TEXT(), nullable=False),
        sa.Column("reason", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_endstatement_document"), "endstatement", ["document"])
    op.create_index(op.f("ix_endstatement_successor"), "endstatement", ["successor"])
    op.create_table(
        "catalogueentry",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("catalogue", TEXT(), nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("code", TEXT(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("level", TEXT(), nullable=False),
        sa.Column("parent", TEXT(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("successor", TEXT(), nullable=False),
        sa.Column("source", TEXT(), nullable=False),
        sa.Column("certainty", TEXT(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("why", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_catalogueentry_catalogue"), "catalogueentry", ["catalogue"])
    # What stands in a field, to find the other papers that say it: short values only.
    for table in ("proposal", "correction"):
        op.create_index(
            f"ix_{table}_value",
            table,
            ["normalised", "field"],
            sqlite_where=sa.text("length(normalised) <= 40"),
            postgresql_where=sa.text("length(normalised) <= 40"),
        )


def downgrade() -> None:
    for table in ("proposal", "correction"):
        op.drop_index(f"ix_{table}_value", table)
    for table in ("catalogueentry", "endstatement", "termstatement", "override"):
        op.drop_table(table)
    op.drop_table("holder")
    op.drop_index(op.f("ix_document_holder"), "document")
    op.drop_column("document", "holder")
    op.drop_column("document", "origin")
