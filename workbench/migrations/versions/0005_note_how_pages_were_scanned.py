"""Note how pages were scanned, and sittings for the lake

Columns are added and tables never copied: a copy on SQLite would lose the triggers of 0002.

Revision ID: 0005
Revises: 0004
"""

import sqlmodel

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
