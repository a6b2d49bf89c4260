"""A newsroom with readers and news, and the examples installed beside it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.plugins import shelf
from tests.cli.shell import SAMPLES, Shell
from tests.plugins.packing import unpacked, with_plugins

READERS = ("ana@readers.example", "bob@readers.example", "cleo@readers.example")


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three readers who want news at once, and eight briefings; to be copied."""
    shell = Shell(tmp_path_factory.mktemp("founded"))
    shell.ok("init")
    for reader in READERS:
        shell.ok("subscribers", "add", reader, "--at-once")
    shell.ok("ingest", str(SAMPLES / "day-one.txt"))
    return shell.folder


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with all examples installed."""
    return unpacked(tmp_path / "site", "ninjs", "harbour", "relay", "beacon")


@pytest.fixture
def shell(founded: Path, site: Path, tmp_path: Path) -> Shell:
    """That newsroom as one's own, with the examples; use `process`, for plugins are found at the start."""
    shutil.copytree(founded, tmp_path / "newsroom")
    return with_plugins(Shell(tmp_path / "newsroom"), site)


@pytest.fixture
def inside(shell: Shell, site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """The same, for commands in this process, which has never heard of what is installed; call it."""
    monkeypatch.syspath_prepend(str(site))
    before = set(sys.modules)
    _forget()
    yield shell
    _forget()
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(site)):
            del sys.modules[name]


def _forget() -> None:
    for known in (shelf.names, shelf._installed, shelf._loaded):
        known.cache_clear()
