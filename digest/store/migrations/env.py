"""What Alembic runs for each upgrade: the connection is handed in, nothing is configured here."""

from __future__ import annotations

from alembic import context

from digest.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
