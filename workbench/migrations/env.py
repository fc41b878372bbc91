"""Alembic's door: uses the connection it is handed, never an address of its own."""

from alembic import context
from sqlmodel import SQLModel

from workbench import model

assert model.ROWS  # noqa: S101 - importing the nouns fills the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
