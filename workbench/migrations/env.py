"""Alembic's door: uses the connection it is handed, never an address of its own."""

from alembic import context

from workbench import model

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=model.Document.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
