"""How the tables came to be: Alembic, one small change a file in `versions/`."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Engine

_HERE = Path(__file__).parent


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest shape; does nothing where it has it."""
    with engine.begin() as connection:
        command.upgrade(_config(connection), "head")


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = connection
    return config
