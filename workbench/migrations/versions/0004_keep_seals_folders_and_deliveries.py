"""Keep profiles of seals, folders, shares and deliveries

Columns are added and tables never copied: a copy on SQLite would lose the triggers of 0002.

Revision ID: 0004
Revises: 0003
"""

import sqlmodel

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
