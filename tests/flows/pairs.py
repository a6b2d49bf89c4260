"""Two stores for what goes from one into the other: one that was set up, and an empty one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest

from digest.store.database import Database
from tests.stores import KINDS, NewStore, opened
from tests.tiers import wide_rows

#: From each kind to the other one, and in the wide run to the same as well.
WAYS: Final = [
    pytest.param(one, other, marks=pytest.mark.wide) if one == other else (one, other)
    for one in KINDS
    for other in KINDS
]
#: Of these the way of somebody whose newsroom grows; the wide run goes all.
UPWARD: Final = [
    ("sqlite", "postgresql"),
    *wide_rows(("postgresql", "sqlite"), *((kind, kind) for kind in KINDS)),
]


@asynccontextmanager
async def two(new_store: NewStore, one: str, other: str) -> AsyncIterator[tuple[Database, Database]]:
    """A store that was set up, and an empty one."""
    urls = [
        await asyncio.to_thread(new_store, kind, seeded) for kind, seeded in ((one, True), (other, False))
    ]
    async with opened(urls[0]) as source, opened(urls[1]) as target:
        yield source, target
