"""Govern templates: drafts, standing of versions, examples, proofs, and who did what

Versions that documents were read with before are taken as authorised: the newest of each template
is in use, those before it are retired.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
MOMENT = sqlmodel.sql.sqltypes.UTCDateTime
STATE = sa.Enum(
    "submitted", "authorised", "retired", "returned",
    name="templatestate", native_enum=False, length=20,
)  # fmt: skip
ACT = sa.Enum(
    "drawn", "changed", "dropped", "proven", "submitted", "returned", "authorised", "retired",
    "granted", "revoked", "exported", "refused",
    name="templateact", native_enum=False, length=20,
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "templatedraft",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("template", TEXT(), nullable=False),
        sa.Column("base", TEXT(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("scans", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author", TEXT(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("unit", TEXT(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.Column("changed_at", MOMENT(), nullable=False),
        sa.Column("submitted", TEXT(), nullable=False),
        sa.Column("closed_at", MOMENT(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_templatedraft_template"), "templatedraft", ["template"])
    op.create_index(op.f("ix_templatedraft_author"), "templatedraft", ["author"])
    op.create_table(
        "templatestanding",
        sa.Column("digest", TEXT(), nullable=False),
        sa.Column("template", TEXT(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            STATE,
            nullable=False,
        ),
        sa.Column("base", TEXT(), nullable=False),
        sa.Column("draft", TEXT(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("submitted_by", TEXT(), nullable=False),
        sa.Column("submitted_at", MOMENT(), nullable=True),
        sa.Column("proof", TEXT(), nullable=False),
        sa.Column("decided_by", TEXT(), nullable=False),
        sa.Column("decided_at", MOMENT(), nullable=True),
        sa.Column("reason", TEXT(), nullable=False),
        sa.Column("signature", TEXT(), nullable=False),
        sa.Column("signed_as", TEXT(), nullable=False),
        sa.Column("retired_by", TEXT(), nullable=False),
        sa.Column("retired_at", MOMENT(), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index(op.f("ix_templatestanding_template"), "templatestanding", ["template"])
    op.create_index(op.f("ix_templatestanding_state"), "templatestanding", ["state"])
    op.create_index(
        "ix_templatestanding_one_authorised",
        "templatestanding",
        ["template"],
        unique=True,
        sqlite_where=sa.text("state = 'authorised'"),
        postgresql_where=sa.text("state = 'authorised'"),
    )
    op.create_table(
        "templateevent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act", ACT, nullable=False),
        sa.Column("template", TEXT(), nullable=False),
        sa.Column("digest", TEXT(), nullable=False),
        sa.Column("draft", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.Column("reason", TEXT(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=True),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_templateevent_template"), "templateevent", ["template"])
    op.create_index(op.f("ix_templateevent_digest"), "templateevent", ["digest"])
    op.create_table(
        "templateexample",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("template", TEXT(), nullable=False),
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.Column("dropped_by", TEXT(), nullable=False),
        sa.Column("dropped_at", MOMENT(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_templateexample_template"), "templateexample", ["template"])
    op.create_index(op.f("ix_templateexample_document"), "templateexample", ["document"])
    op.create_table(
        "templateproof",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("template", TEXT(), nullable=False),
        sa.Column("digest", TEXT(), nullable=False),
        sa.Column("against", TEXT(), nullable=False),
        sa.Column("worse", sa.Boolean(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", MOMENT(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_templateproof_template"), "templateproof", ["template"])
    op.create_index(op.f("ix_templateproof_digest"), "templateproof", ["digest"])
    _take_over()


def _take_over() -> None:
    """What was in use stays in use."""
    op.execute(
        "INSERT INTO templatestanding (digest, template, version, state, base, draft, authors, "
        "submitted_by, proof, decided_by, decided_at, reason, signature, signed_as, retired_by) "
        "SELECT v.digest, v.template, v.version, "
        "CASE WHEN EXISTS (SELECT 1 FROM templateversion n WHERE n.template = v.template AND "
        "(n.at > v.at OR (n.at = v.at AND n.digest > v.digest))) "
        "THEN 'retired' ELSE 'authorised' END, "
        "'', '', '[]', '', '', 'workbench', v.at, '', '', '', '' FROM templateversion v"
    )


def downgrade() -> None:
    for table in (
        "templateproof", "templateexample", "templateevent", "templatestanding", "templatedraft",
    ):  # fmt: skip
        op.drop_table(table)
