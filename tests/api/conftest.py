"""A newsroom of one's own, in a folder that nobody else has."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
import structlog

from digest import Newsroom
from tests.cli.shell import SAMPLES

NOON: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY_ONE: Final = SAMPLES / "day-one.txt"
ANA, BOB = "ana@readers.example", "bob@readers.example"


@pytest.fixture(autouse=True)
def _in_a_folder_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """The log is pointed at a stream of one test, which is gone with it."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store and eight briefings, made once; to be copied."""
    folder = tmp_path_factory.mktemp("made")

    async def make() -> None:
        async with Newsroom(create=True, var_dir=folder) as newsroom:
            await newsroom.ingest(DAY_ONE, now=NOON)

    asyncio.run(make())
    return folder


@pytest.fixture
async def newsroom(made: Path, tmp_path: Path) -> AsyncIterator[Newsroom]:
    shutil.copytree(made, tmp_path / "var")
    async with Newsroom() as opened:
        yield opened


def write(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8")


def is_there(name: str) -> bool:
    return Path(name).exists()
