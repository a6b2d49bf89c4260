"""All tables of a store: each is known only once the module that describes it is, so all are named here."""

from __future__ import annotations

from sqlalchemy import Table

from digest.store import (
    api_tables,
    click_tables,
    correction_tables,
    desk_tables,
    feed_tables,
    import_tables,
    one_off_tables,
    return_tables,
    story_tables,
    taken_tables,
    watch_tables,
    webhook_tables,
)
from digest.store.tables import metadata

_DESCRIBED_IN = (
    *(api_tables, click_tables, correction_tables, desk_tables, feed_tables, import_tables),
    *(one_off_tables, return_tables, story_tables, taken_tables, watch_tables, webhook_tables),
)


def every_table() -> list[Table]:
    """All tables, each behind those to which it refers."""
    return metadata.sorted_tables
