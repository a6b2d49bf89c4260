"""A process dies at a named point of the walk: nothing is lost, no more comes twice than was on the wire."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.store.database import Database
from tests.crash.children import Born
from tests.crash.points import POINTS
from tests.crash.scenes import LANES, SCENES, Stage, readers_of
from tests.tiers import first_of, wide
from tests.walk.recording import recording

pytestmark = pytest.mark.anyio

NAMES = tuple(POINTS)


async def die_and_go_on(store: Database, folder: Path, births: Path, point: str, *, uncertain: str) -> None:
    found = POINTS[point]
    async with recording() as record:
        command = Born(folder, store, record.server, LANES, uncertain, nursery=births)
        stage = Stage(store, record, command, readers=await readers_of(store, 30))
        await SCENES[found.scene](stage, point, found.time)
    await stage.judge()


@pytest.mark.parametrize("point", [*NAMES[::4], *wide(*(name for name in NAMES if name not in NAMES[::4]))])
async def test_a_process_killed_at_this_point_loses_nothing(
    sqlite_store: Database, tmp_path: Path, births: Path, point: str
) -> None:
    await die_and_go_on(sqlite_store, tmp_path, births, point, uncertain="again")


@pytest.mark.long
@pytest.mark.parametrize("uncertain", ["again", "hold"])
@pytest.mark.parametrize("point", POINTS)
async def test_so_it_is_on_every_store_and_by_both_policies(
    store: Database, tmp_path: Path, births: Path, point: str, uncertain: str
) -> None:
    await die_and_go_on(store, tmp_path, births, point, uncertain=uncertain)


@pytest.mark.parametrize("point", first_of([name for name in POINTS if name.startswith("wire: ")], 2))
async def test_what_is_held_for_a_person_never_comes_twice(
    sqlite_store: Database, tmp_path: Path, births: Path, point: str
) -> None:
    await die_and_go_on(sqlite_store, tmp_path, births, point, uncertain="hold")


def test_the_points_are_many_and_lie_along_the_whole_walk() -> None:
    assert len(POINTS) >= 12
    assert {found.scene for found in POINTS.values()} == set(SCENES)
