"""What was published is found again on the web: by its words, by topic and by source."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store import searching

revision = "0006"
down_revision = "0005"

#: Items that are indexed at a time: some megabytes.
_AT_ONCE = 500


def upgrade() -> None:
    """Make the index and the lists, and fill them with what is published already."""
    op.create_index("ix_briefings_shown", "briefings", ["number", "status", "section"])
    op.create_table(
        "listings",
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["briefings.number"], name=op.f("fk_listings_number")),
        sa.PrimaryKeyConstraint("kind", "name", "number", name=op.f("pk_listings")),
    )
    op.create_index("ix_listings_number", "listings", ["number"])
    op.create_table(
        "stemmers",
        sa.Column("name", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_stemmers")),
    )
    for statement in searching.MAKING[op.get_bind().dialect.name]:
        op.execute(statement)
    counters = sa.table("counters", sa.column("name", sa.String), sa.column("value", sa.Integer))
    op.bulk_insert(counters, [{"name": "pages", "value": 0}])
    _fill()


def _fill() -> None:
    connection = op.get_bind()
    briefings = sa.table("briefings", sa.column("id", sa.Integer), sa.column("status", sa.String))
    listings = sa.table("listings", *map(sa.column, ("kind", "name", "number")))
    stemmers = sa.table("stemmers", sa.column("name"))
    published = sa.select(briefings.c.id).where(briefings.c.status == "published")
    ids = list(connection.execute(published.order_by(briefings.c.id)).scalars())
    met: set[str] = set()
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        dialect = connection.dialect.name
        rows = connection.execute(searching.shown(some)).all()
        topics = connection.execute(searching.topics_of(some)).all()
        made = searching.statements_for(rows, topics, dialect)
        connection.execute(searching.adding(dialect), made.words)
        if made.listings:
            connection.execute(sa.insert(listings), made.listings)
        met |= {row["name"] for row in made.stemmers}
    if met:
        connection.execute(sa.insert(stemmers), [{"name": name} for name in sorted(met)])
