"""A process dies at a named point of the walk: nothing is lost, no more comes twice than was on the wire."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.store.database import Database
from tests.crash.children import Born
from tests.crash.points import POINTS
from tests.crash.scenes import LANES, SCENES, Stage, readers_of
from tests.walk.recording import recording

pytestmark = pytest.mark.anyio


async def die_and_go_on(
    store: Database, folder: Path, births: Path, point: str, *, uncertain: str, time: int = 0
) -> None:
    found = POINTS[point]
    async with recording() as record:
        command = Born(folder, store, record.server, LANES, uncertain, nursery=births)
        stage = Stage(store, record, command, readers=await readers_of(store, 30))
        await SCENES[found.scene](stage, point, time or found.time)
    await stage.judge()


@pytest.mark.parametrize("point", POINTS)
async def test_a_process_killed_at_this_point_loses_nothing(
    sqlite_store: Database, tmp_path: Path, births: Path, point: str
) -> None:
    await die_and_go_on(sqlite_store, tmp_path, births, point, uncertain="again")
