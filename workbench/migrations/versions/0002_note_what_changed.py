# ruff: noqa: S608 - made of names of tables and columns that stand in this file
"""Note what changed about each document, so that the event lake can follow

Kept by triggers: whatever writes a row, in whatever way, the note is made in the same transaction.
On SQLite, which has one writer, serials are given in the order of commits. PostgreSQL notes the
number of the transaction, which can be compared with the oldest one still under way.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PARTS = (
    "documents", "moves", "readings", "fields", "acts", "decisions", "signatures", "receipts",
)  # fmt: skip

# Table, which parts a change of it touches, and the columns whose change counts (none: every one).
TOUCHING = (
    ("document", PARTS, ("kind",)),
    (
        "document",
        ("documents",),
        ("stage", "held_at", "reason", "batch", "unit", "template_digest", "changed_at"),
    ),
    ("page", ("documents", "readings"), ("document", "number", "quality", "dpi")),
    ("event", ("documents", "moves"), ()),
    ("reading", ("readings", "fields"), ()),
    ("proposal", ("documents", "fields"), ()),
    ("fieldreading", ("fields",), ()),
    ("correction", ("documents", "fields", "acts"), ()),
    ("review", ("decisions",), ()),
    ("signature", ("signatures",), ()),
    ("receipt", ("receipts",), ()),
)


def upgrade() -> None:
    op.create_table(
        "touched",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        *(sa.Column(part, sa.BigInteger(), nullable=False) for part in PARTS),
        sa.PrimaryKeyConstraint("number"),
    )
    with op.batch_alter_table("touched", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_touched_document"), ["document"], unique=True)
        batch_op.create_index(batch_op.f("ix_touched_serial"), ["serial"], unique=False)
    postgres = op.get_bind().dialect.name == "postgresql"
    for place, (table, parts, columns) in enumerate(TOUCHING):
        key = "id" if table == "document" else "document"
        make = _on_postgres if postgres else _on_sqlite
        for statement in make(f"touched_by_{table}_{place}", table, key, parts, columns):
            op.execute(statement)
    # What was kept before this table was there.
    number = "1" if postgres else "row_number() OVER (ORDER BY created_at, number)"
    op.execute(
        f"INSERT INTO touched (document, serial, {', '.join(PARTS)}) "
        f"SELECT id, {', '.join([number] * (len(PARTS) + 1))} FROM document ORDER BY created_at"
    )


def downgrade() -> None:
    for place, (table, _, _) in enumerate(TOUCHING):
        for event in ("insert", "update", "delete"):
            if op.get_bind().dialect.name == "postgresql":
                op.execute(f"DROP TRIGGER touched_by_{table}_{place}_{event} ON {table}")
            else:
                op.execute(f"DROP TRIGGER touched_by_{table}_{place}_{event}")
    if op.get_bind().dialect.name == "postgresql":
        for place, (table, _, _) in enumerate(TOUCHING):
            op.execute(f"DROP FUNCTION touched_by_{table}_{place}")
    op.drop_table("touched")


def _on_sqlite(
    name: str, table: str, key: str, parts: tuple[str, ...], columns: tuple[str, ...]
) -> list[str]:
    made = []
    for event, rows in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",))):
        of = f" OF {', '.join(columns)}" if columns and event == "UPDATE" else ""
        body = " ".join(
            f"INSERT INTO touched (document, serial, {', '.join(PARTS)}) "
            f"SELECT {row}.{key}, n, {', '.join('n' if p in parts else '0' for p in PARTS)} "
            "FROM (SELECT coalesce(max(serial), 0) + 1 AS n FROM touched) WHERE true "
            "ON CONFLICT (document) DO UPDATE SET serial = excluded.serial, "
            f"{', '.join(f'{p} = excluded.serial' for p in parts)};"
            for row in rows
        )
        made.append(
            f"CREATE TRIGGER {name}_{event.lower()} AFTER {event}{of} ON {table} BEGIN {body} END"
        )
    return made


def _on_postgres(
    name: str, table: str, key: str, parts: tuple[str, ...], columns: tuple[str, ...]
) -> list[str]:
    def noted(row: str) -> str:
        values = ", ".join("x" if p in parts else "0" for p in PARTS)
        return (
            f"INSERT INTO touched (document, serial, {', '.join(PARTS)}) "
            f"VALUES ({row}.{key}, x, {values}) "
            "ON CONFLICT (document) DO UPDATE SET serial = excluded.serial, "
            f"{', '.join(f'{p} = excluded.serial' for p in parts)} "
            # A hundred rows of one document in one transaction are noted once.
            f"WHERE {' OR '.join(f'touched.{p} <> excluded.serial' for p in parts)};"
        )

    made = [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE x BIGINT = CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT); BEGIN "
        f"IF TG_OP <> 'INSERT' THEN {noted('OLD')} END IF; "
        f"IF TG_OP <> 'DELETE' THEN {noted('NEW')} END IF; RETURN NULL; END $$"
    ]
    for event in ("INSERT", "UPDATE", "DELETE"):
        of = f" OF {', '.join(columns)}" if columns and event == "UPDATE" else ""
        made.append(
            f"CREATE TRIGGER {name}_{event.lower()} AFTER {event}{of} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    return made
