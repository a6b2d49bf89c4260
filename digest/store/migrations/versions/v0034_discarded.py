"""A draft can be thrown away: it is kept, so what was taken in is known again, and stands in nobody's way."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"

_STATES = ("draft", "published", "retracted", "discarded")


def upgrade() -> None:
    """Nothing is discarded yet."""
    with op.batch_alter_table("briefings") as briefings:
        briefings.drop_constraint(op.f("ck_briefings_status"), type_="check")
        briefings.create_check_constraint(
            op.f("ck_briefings_status"), " OR ".join(f"status = '{state}'" for state in _STATES)
        )
