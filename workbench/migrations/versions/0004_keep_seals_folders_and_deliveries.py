"""Keep profiles of seals, folders, shares and deliveries

Columns are added and tables never copied: a copy on SQLite would lose the triggers of 0002.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString

# Tables of the repository in the app, and the columns that they are asked by.
_FOUND_BY = {
    "card": ("unit", "kind", "holder", "year"),
    "cardword": ("document", "bare"),
    "recordfolder": ("parent", "unit", "person"),
    "filing": ("folder",),
    "share": ("document", "folder", "unit", "to_person", "to_unit", "by"),
    "custodyevent": ("document", "folder"),
    "page": ("view",),
}


def upgrade() -> None:
    _deliveries_and_audits()
    _pending_seals()
    _proofs()
    # The repository in the app: cards to find records by, folders, shares, what was done.
    moment = sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "card",
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("unit", TEXT(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        *(sa.Column(name, TEXT(), nullable=False) for name in ("number", "holder", "holder_name")),
        sa.Column("year", sa.Integer(), nullable=False),
        *(
            sa.Column(name, TEXT(), nullable=False)
            for name in ("issued", "expires", "file", "says", "sought", "version")
        ),
        sa.Column("at", moment(), nullable=False),
        sa.Column("seen", moment(), nullable=False),
        sa.Column("withdrawn_at", moment(), nullable=True),
        sa.Column("withdrawn_by", TEXT(), nullable=False),
        sa.Column("withdrawn_why", TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("document"),
    )
    op.create_table(
        "cardword",
        sa.Column("word", TEXT(), nullable=False),
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("bare", TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("word", "document"),
    )
    op.create_table(
        "recordfolder",
        *(
            sa.Column(name, TEXT(), nullable=False)
            for name in ("id", "name", "parent", "unit", "person")
        ),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "filing",
        *(
            sa.Column(name, TEXT(), nullable=False)
            for name in ("id", "document", "folder", "unit", "person")
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("document", "unit", "person"),
    )
    op.create_table(
        "share",
        *(
            sa.Column(name, TEXT(), nullable=False)
            for name in ("id", "document", "folder", "unit", "to_person", "to_unit")
        ),
        sa.Column("until", moment(), nullable=True),
        sa.Column("why", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("revoked_by", TEXT(), nullable=False),
        sa.Column("revoked_at", moment(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "custodyevent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        *(sa.Column(name, TEXT(), nullable=False) for name in ("document", "folder", "by")),
        sa.Column("at", moment(), nullable=False),
        sa.Column("why", TEXT(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for table, columns in _FOUND_BY.items():
        for column in columns:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _pending_seals() -> None:
    """Seals that somebody has to confirm elsewhere, and signatures that stand beside a file."""
    moment = sqlmodel.sql.sqltypes.UTCDateTime
    state = sa.Enum(
        "sending", "waiting", "signed", "refused", "expired", "withdrawn", "failed",
        name="sealstate", native_enum=False, length=20,
    )  # fmt: skip
    op.add_column("signature", sa.Column("beside", TEXT(), nullable=False, server_default=""))
    op.create_table(
        "pendingseal",
        *(
            sa.Column(name, TEXT(), nullable=False)
            for name in (
                "id", "request", "code", "document", "prepared", "to_sign", "certificate",
                "profile", "in_field", "record_digest", "ordered_by",
            )
        ),
        sa.Column("place", sa.JSON(), nullable=True),
        *(sa.Column(name, moment(), nullable=False) for name in ("signed_at", "asked_at", "until")),
        sa.Column("state", state, nullable=False),
        sa.Column("settled_at", moment(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    for column in ("request", "document", "state"):
        op.create_index(op.f(f"ix_pendingseal_{column}"), "pendingseal", [column])
    op.create_table(
        "signedfile",
        *(
            sa.Column(name, TEXT(), nullable=False)
            for name in (
                "id", "batch", "name", "content", "digest", "beside", "signer", "certificate",
                "ordered_by",
            )
        ),
        sa.Column("trial", sa.Boolean(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index(op.f("ix_signedfile_batch"), "signedfile", ["batch"])


def _proofs() -> None:
    """By which profile papers are sealed, and when a seal needs new proof."""
    moment = sqlmodel.sql.sqltypes.UTCDateTime
    for table, column in (
        ("signature", "profile"), ("signature", "in_field"), ("document", "seal_profile"),
    ):  # fmt: skip
        op.add_column(table, sa.Column(column, TEXT(), nullable=False, server_default=""))
    op.add_column("document", sa.Column("proof_due", moment(), nullable=True))
    op.create_index(op.f("ix_document_proof_due"), "document", ["proof_due"])


def _deliveries_and_audits() -> None:
    """The outbox to other systems, and looks at what is kept."""
    moment = sqlmodel.sql.sqltypes.UTCDateTime
    state = sa.Enum(
        "waiting", "sent", "refused", "withdrawn",
        name="deliverystate", native_enum=False, length=20,
    )  # fmt: skip
    harm = sa.Enum(
        "altered", "missing", "unreadable", "unexpected",
        name="harm", native_enum=False, length=20,
    )  # fmt: skip
    op.create_table(
        "delivery",
        *(
            sa.Column(name, TEXT(), nullable=False)
            for name in (
                "id", "target", "document", "unit", "object_id", "version", "digest", "payload",
            )
        ),
        sa.Column("state", state, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", moment(), nullable=False),
        sa.Column("lease_by", TEXT(), nullable=False),
        sa.Column("lease_until", moment(), nullable=True),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("receipt", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("settled_at", moment(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index("ix_delivery_due", "delivery", ["state", "due"])
    op.create_index(op.f("ix_delivery_target"), "delivery", ["target"])
    op.create_index(op.f("ix_delivery_document"), "delivery", ["document"])
    op.create_table(
        "audit",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("seen_at", moment(), nullable=False),
        sa.Column("ended_at", moment(), nullable=True),
        sa.Column("holdings", TEXT(), nullable=False),
        sa.Column("after", TEXT(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("harmed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    op.create_table(
        "damage",
        *(sa.Column(name, TEXT(), nullable=False) for name in ("id", "audit", "holdings", "name")),
        sa.Column("harm", harm, nullable=False),
        sa.Column("expected", TEXT(), nullable=False),
        sa.Column("found", TEXT(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.Column("mended_at", moment(), nullable=True),
        sa.Column("mended_by", TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_damage_audit"), "damage", ["audit"])


def downgrade() -> None:
    for table in ("damage", "audit", "delivery", "signedfile", "pendingseal"):
        op.drop_table(table)
    for table in _FOUND_BY:
        if table != "page":
            op.drop_table(table)
    op.drop_index(op.f("ix_page_view"), "page")
    op.drop_column("signature", "beside")
    op.drop_index(op.f("ix_document_proof_due"), "document")
    for table, column in (
        ("document", "proof_due"), ("document", "seal_profile"), ("signature", "in_field"),
        ("signature", "profile"),
    ):  # fmt: skip
        op.drop_column(table, column)
