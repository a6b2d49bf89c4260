"""Open copies lie in the order in which they are claimed, so that a claim need not sort all that wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

_NAME = "ix_deliveries_open"
_OPEN = " OR ".join(f"status = '{word}'" for word in ("planned", "sending", "deferred", "uncertain"))


def upgrade() -> None:
    """The number of the copy goes into the index; SQLite had it there all along, PostgreSQL had not."""
    op.drop_index(_NAME, table_name="deliveries")
    where = sa.text(_OPEN)
    op.create_index(
        _NAME,
        "deliveries",
        ["issue_id", "status", "id"],
        unique=False,
        sqlite_where=where,
        postgresql_where=where,
    )
