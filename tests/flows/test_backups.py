"""A backup holds a whole store of one moment, and gives it back to a store of any kind, row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.flows.back_up import back_up, look_through
from digest.flows.restore import restore
from tests.flows.newsroom import at
from tests.flows.pairs import WAYS, two
from tests.flows.whole_store import contents, fill
from tests.stores import NewStore

pytestmark = pytest.mark.anyio

NOW = at(24, 8)


@pytest.mark.parametrize(("one", "other"), WAYS, ids=lambda kind: kind)
async def test_every_row_of_every_table_comes_back_as_it_was(
    new_store: NewStore, tmp_path: Path, one: str, other: str
) -> None:
    async with two(new_store, one, other) as (source, target):
        await fill(source)
        before = await contents(source)
        file = tmp_path / "kept.gz"
        made = await back_up(source, file, now=NOW, program="1")
        assert made.tables == {name: len(rows) for name, rows in before.items()}
        assert await look_through(file) == made
        done = await restore(file, target, now=NOW)
        assert done.unlike == ()
        assert done.tables == made.tables
        assert await contents(target) == before
        assert await contents(source) == before
