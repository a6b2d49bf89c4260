"""What pages begin with: the command, a store that was just set up, and a furnished newsroom."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT
from tests.docs.preloaded import put_on_the_path
from tests.docs.reader import Reader


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of whoever runs these tests."""
    for name in [name for name in os.environ if name.upper().startswith("DIGEST_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def commands() -> Iterator[Path]:
    """A folder for the path with `digest` in it, which answers at once."""
    # a socket's path must be short, which pytest's own folders are not
    with tempfile.TemporaryDirectory(prefix="digest-docs-") as short:
        folder, heard_at = Path(short), Path(short) / "calls"
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.docs.preloaded", str(heard_at)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            cwd=ROOT,
        )
        put_on_the_path(folder, heard_at)
        while not heard_at.exists():
            assert process.poll() is None, "the command could not be loaded"
            time.sleep(0.05)
        yield folder
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def set_up(commands: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which nothing was done but `digest init`; to be copied."""
    folder = tmp_path_factory.mktemp("set-up")
    with Reader(folder, commands) as reader:
        reader.types("digest init")
    return folder


@pytest.fixture(scope="session")
def furnished(commands: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A newsroom with thirty briefings and two readers, one of whom got a mail; to be copied."""
    folder = tmp_path_factory.mktemp("furnished")
    items = [
        {
            "title": f"News of ship number {number}",
            "body": f"Ship number {number} came in. Its cargo is {number} tons.",
            "topics": ["economy"],
        }
        for number in range(1, 31)
    ]
    (folder / "items.json").write_text(json.dumps(items), encoding="utf-8")
    with Reader(folder, commands) as reader:
        reader.types(
            "digest init\n"
            "digest ingest items.json\n"
            "digest subscribers add ana@example.org --at-once\n"
            "digest subscribers add bob@example.org\n"
            "digest run\n"
            "rm items.json\n"
        )
    return folder
