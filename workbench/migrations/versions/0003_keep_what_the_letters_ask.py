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
        sa.Column("initials", TEXT(), nullable=False),
        sa.Column("same_as", TEXT(), nullable=False),
        sa.Column("compared", sa.Boolean(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_holder_sought"), "holder", ["sought"])
    op.create_index(op.f("ix_holder_number"), "holder", ["number"])
    op.create_index(op.f("ix_holder_initials"), "holder", ["initials"])
    op.create_index(op.f("ix_holder_same_as"), "holder", ["same_as"])
    uncompared = sa.text("NOT compared")
    op.create_index(
        "ix_holder_uncompared", "holder", ["compared"],
        sqlite_where=uncompared, postgresql_where=uncompared,
    )  # fmt: skip
    _likenesses()
    _entries()
    _second_looks()
    _note_new_documents_once()
    _imports()
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


def _likenesses() -> None:
    """Holders that may be the same, and what people say to it."""
    op.create_table(
        "likeness",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("first", TEXT(), nullable=False),
        sa.Column("second", TEXT(), nullable=False),
        sa.Column("why", TEXT(), nullable=False),
        sa.Column(
            "standing",
            sa.Enum("open", "same", "different", name="likely", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("first", "second", "standing"):
        op.create_index(op.f(f"ix_likeness_{column}"), "likeness", [column])
    op.create_table(
        "holderdecision",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("likeness", TEXT(), nullable=False),
        sa.Column("decision", TEXT(), nullable=False),
        sa.Column("kept", TEXT(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("reason", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_holderdecision_likeness"), "holderdecision", ["likeness"])


def _entries() -> None:
    """Where a record without a scan came from, and what is typed and not a record yet."""
    op.create_table(
        "entry",
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("unit", TEXT(), nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("source", sa.JSON(), nullable=False),
        sa.Column("stated", sa.JSON(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("document"),
    )
    named = sa.text("key <> ''")
    op.create_index(
        "ux_entry_key", "entry", ["unit", "key"],
        unique=True, sqlite_where=named, postgresql_where=named,
    )  # fmt: skip
    moment = sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "scopestatement",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_scopestatement_document"), "scopestatement", ["document"])
    op.create_table(
        "scopejudgement",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("judged_on", sa.Date(), nullable=False),
        *(
            sa.Column(name, TEXT(), nullable=False)
            for name in ("path", "ruled", "regime", "rule", "words", "source", "rules")
        ),
        sa.Column("closed", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, TEXT(), nullable=False)
            for name in ("closed_at", "reason", "overruled_by", "by")
        ),
        sa.Column("at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_scopejudgement_document"), "scopejudgement", ["document"])
    op.create_table(
        "scopestanding",
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        *(sa.Column(name, TEXT(), nullable=False) for name in ("under", "path", "regime", "rule")),
        sa.Column("open", sa.JSON(), nullable=False),
        sa.Column("overruled", sa.Boolean(), nullable=False),
        sa.Column("marked", sa.Boolean(), nullable=False),
        sa.Column("paper", sa.JSON(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("document"),
    )
    op.create_index(op.f("ix_scopestanding_path"), "scopestanding", ["path"])
    op.create_index(op.f("ix_scopestanding_regime"), "scopestanding", ["regime"])
    op.create_table(
        "scoperules",
        sa.Column("digest", TEXT(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "scoperuleschange",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", TEXT(), nullable=False),
        sa.Column("reason", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "resultcode",
        sa.Column("code", TEXT(), nullable=False),
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("prefix", TEXT(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
        sa.UniqueConstraint("prefix", "number"),
    )
    op.create_index(op.f("ix_resultcode_document"), "resultcode", ["document"])
    op.create_table(
        "resultsequence",
        sa.Column("prefix", TEXT(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix"),
    )
    op.create_table(
        "filelook",
        sa.Column("digest", TEXT(), nullable=False),
        sa.Column("look", sa.JSON(), nullable=False),
        sa.Column("at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )


def _imports() -> None:
    """How tables are mapped, and what became of each that was taken in."""
    op.create_table(
        "mappingprofile",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("digest", TEXT(), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_mappingprofile_name"), "mappingprofile", ["name"])
    op.create_table(
        "tableimport",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column(
            "origin",
            sa.Enum(
                "scan", "typed", "table", "database", name="origin", native_enum=False, length=20
            ),
            nullable=False,
        ),
        *(
            sa.Column(name, TEXT(), nullable=False)
            for name in ("unit", "batch", "name", "place", "digest", "profile", "profile_digest")
        ),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("rows", "taken", "known", "different", "faulty", "left", "papers")
        ),
        sa.Column("report", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_tableimport_unit"), "tableimport", ["unit"])


def downgrade() -> None:
    _note_new_documents_once(again=True)
    for table in ("tableimport", "mappingprofile"):
        op.drop_table(table)
    for table in (
        "filelook", "resultsequence", "resultcode", "scoperuleschange", "scoperules",
        "scopestanding", "scopejudgement", "scopestatement",
    ):  # fmt: skip
        op.drop_table(table)
    for table in ("sample", "keying", "entry", "holderdecision", "likeness"):
        op.drop_table(table)
    for table in ("proposal", "correction"):
        op.drop_index(f"ix_{table}_value", table)
    for table in ("catalogueentry", "endstatement", "termstatement", "override"):
        op.drop_table(table)
    op.drop_table("holder")
    op.drop_index(op.f("ix_document_holder"), "document")
    op.drop_column("document", "holder")
    op.drop_column("document", "origin")


def _second_looks() -> None:
    """What is typed a second time, and the records drawn by lot for an approver."""
    op.create_table(
        "keying",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("document", TEXT(), nullable=False),
        sa.Column("field", TEXT(), nullable=False),
        sa.Column("first", TEXT(), nullable=False),
        sa.Column("second", TEXT(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_keying_document"), "keying", ["document"])
    op.create_table(
        "sample",
        sa.Column("id", TEXT(), nullable=False),
        sa.Column("batch", TEXT(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("among", sa.Integer(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("looked", sa.JSON(), nullable=False),
        sa.Column("by", TEXT(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_sample_batch"), "sample", ["batch"])


def _note_new_documents_once(*, again: bool = False) -> None:
    """Note a new document with all its rows once, by its own row, where that is kept last.

    Thousands of records are entered in one transaction. PostgreSQL notes once as it is.
    """
    if op.get_bind().dialect.name != "sqlite":
        return
    there = " WHEN EXISTS (SELECT 1 FROM document WHERE id = NEW.document) BEGIN "
    found = op.get_bind().execute(
        sa.text(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' "
            "AND name LIKE 'touched\\_by\\_%\\_insert' ESCAPE '\\' "
            "AND tbl_name IN ('proposal', 'correction', 'review', 'event')"
        )
    )
    for name, sql in found.all():
        op.execute(f"DROP TRIGGER {name}")
        begin = sql.replace(there, " BEGIN ", 1) if again else sql.replace(" BEGIN ", there, 1)
        op.get_bind().exec_driver_sql(begin)
