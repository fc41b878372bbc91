# ruff: noqa: S608 - made of names of tables and columns that stand in this file
"""Note how pages were scanned, and tell the event lake what a sitting was like

A column is added and no table copied: a copy on SQLite would lose the triggers of 0002.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString
PARTS = (
    "documents", "moves", "readings", "fields", "acts", "decisions", "signatures", "receipts",
)  # fmt: skip
NAME = "touched_by_trace"
COUNTED = ", ".join("n" if part == "acts" else "0" for part in PARTS)


def upgrade() -> None:
    op.add_column("page", sa.Column("scanner", TEXT(), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "DECLARE n BIGINT = CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT); BEGIN "
            f"INSERT INTO touched (document, serial, {', '.join(PARTS)}) "
            f"VALUES (NEW.document, n, {COUNTED}) "
            "ON CONFLICT (document) DO UPDATE SET serial = excluded.serial, acts = excluded.serial "
            "WHERE touched.acts <> excluded.serial; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {NAME} AFTER INSERT ON trace FOR EACH ROW EXECUTE FUNCTION {NAME}()"
        )
        return
    op.execute(
        f"CREATE TRIGGER {NAME} AFTER INSERT ON trace BEGIN "
        f"INSERT INTO touched (document, serial, {', '.join(PARTS)}) "
        f"SELECT NEW.document, n, {COUNTED} "
        "FROM (SELECT coalesce(max(serial), 0) + 1 AS n FROM touched) WHERE true "
        "ON CONFLICT (document) DO UPDATE SET serial = excluded.serial, acts = excluded.serial; END"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {NAME} ON trace")
        op.execute(f"DROP FUNCTION {NAME}")
    else:
        op.execute(f"DROP TRIGGER {NAME}")
    op.drop_column("page", "scanner")
