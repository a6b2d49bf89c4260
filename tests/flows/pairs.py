"""Two stores for what goes from one into the other: one that was set up, and an empty one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from digest.store.database import Database
from tests.stores import KINDS, NewStore, opened

#: The wide run goes from each kind to the same as well.
WAYS: Final = [
    pytest.param(one, other, marks=pytest.mark.wide) if one == other else (one, other)
    for one in KINDS
    for other in KINDS
]


@asynccontextmanager
async def two(new_store: NewStore, one: str, other: str) -> AsyncIterator[tuple[Database, Database]]:
    """A store that was set up, and an empty one."""
    urls = [
        await asyncio.to_thread(new_store, kind, seeded) for kind, seeded in ((one, True), (other, False))
    ]
    async with opened(urls[0]) as source, opened(urls[1]) as target:
        yield source, target
