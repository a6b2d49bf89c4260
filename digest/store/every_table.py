"""All tables of a store: each is known only once the module that describes it is, so all are named here."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table

from digest.store import (
    api_tables,
    click_tables,
    correction_tables,
    desk_tables,
    feed_tables,
    import_tables,
    one_off_tables,
    picture_tables,
    return_tables,
    story_tables,
    taken_tables,
    total_tables,
    volume_tables,
    watch_tables,
    webhook_tables,
    worker_tables,
)
from digest.store.tables import metadata

_DESCRIBED_IN = (
    *(api_tables, click_tables, correction_tables, desk_tables, feed_tables, import_tables),
    *(one_off_tables, picture_tables, return_tables, story_tables, taken_tables, total_tables),
    *(volume_tables, watch_tables, webhook_tables),
)

#: Of who works on a store rather than of what is in it: these stay behind when that moves.
OF_ITS_PROCESSES: Final = (worker_tables.workers, worker_tables.engine_scripts)
#: How the names of the engine's own tables begin; there may be some beside ours.
OF_THE_ENGINE: Final = "procrastinate_"


def every_table() -> list[Table]:
    """All tables of what a store keeps, each behind those to which it refers."""
    return [table for table in metadata.sorted_tables if table not in OF_ITS_PROCESSES]
