"""Who came and who left is counted by day."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Find changes of standing by their time."""
    op.create_index("ix_standing_changes_at", "standing_changes", ["at"])
