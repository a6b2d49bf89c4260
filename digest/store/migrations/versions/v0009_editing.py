"""Editors appoint when drafts come out, flag what nobody must miss, and find drafts by their words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.core.terms import stemmer_for
from digest.store import desk_words

revision = "0009"
down_revision = "0008"

_INSTANT = sa.DateTime(timezone=True)
#: Items that are indexed at a time.
_AT_ONCE = 500


def upgrade() -> None:
    """Add the columns, and index what is not published."""
    with op.batch_alter_table("briefings") as briefings:
        briefings.add_column(
            sa.Column("must_not_miss", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        briefings.add_column(sa.Column("publish_at", _INSTANT))
    with op.batch_alter_table("briefings") as briefings:
        briefings.alter_column("must_not_miss", server_default=None)
    with op.batch_alter_table("revisions") as revisions:
        revisions.add_column(sa.Column("actor", sa.String(140), nullable=False, server_default=""))
    with op.batch_alter_table("revisions") as revisions:
        revisions.alter_column("actor", server_default=None)
    op.create_index("ix_briefings_listed", "briefings", ["status", "id"])
    op.create_index("ix_briefings_publish_at", "briefings", ["publish_at"])
    op.create_index("ix_briefing_topics_slug", "briefing_topics", ["slug", "briefing_id"])
    for statement in desk_words.MAKING[op.get_bind().dialect.name]:
        op.execute(statement)
    _fill()


def _fill() -> None:
    connection = op.get_bind()
    briefings = sa.table("briefings", sa.column("id", sa.Integer), sa.column("status", sa.String))
    hidden = sa.select(briefings.c.id).where(briefings.c.status != "published").order_by(briefings.c.id)
    ids = list(connection.execute(hidden).scalars())
    languages: set[str] = set()
    dialect = connection.dialect.name
    for start in range(0, len(ids), _AT_ONCE):
        rows = connection.execute(desk_words.hidden(ids[start : start + _AT_ONCE])).all()
        if rows:
            connection.execute(desk_words.ADDING[dialect], desk_words.words_for(rows, dialect))
            languages |= {row.language for row in rows}
    stemmers = sa.table("stemmers", sa.column("name"))
    known = set(connection.execute(sa.select(stemmers.c.name)).scalars())
    missing = sorted({stemmer_for(language) for language in languages} - known)
    if missing:
        connection.execute(sa.insert(stemmers), [{"name": name} for name in missing])
