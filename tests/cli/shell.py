"""A shell for tests: types `digest` commands, in this process or, where that tells less, as real ones."""

from __future__ import annotations

import gc
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import structlog

from digest.cli.main import run

ROOT: Final = Path(__file__).parents[2]
SAMPLES: Final = ROOT / "digest" / "cli" / "samples"
#: The command as users have it.
DIGEST: Final = Path(sys.executable).with_name("digest")
#: What the store's files are called; their bytes move without a row moving.
_STORE_FILES: Final = ("-wal", "-shm", ".sqlite3")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one plain line of a refusal; fails for anything else."""
        assert self.status == 2, self
        assert self.out == "", self
        (line,) = self.err.splitlines()
        assert line.startswith("digest: ")
        assert line.isprintable()
        assert "Traceback" not in line
        assert not line.startswith("digest: unexpected")
        return line.removeprefix("digest: ")


@dataclass(frozen=True, slots=True)
class Shell:
    """A working directory, and the variables that are set in it."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, stdin: bytes = b"") -> Answer:
        """Run a command in this process."""
        streams = [io.TextIOWrapper(io.BytesIO(part), encoding="utf-8") for part in (stdin, b"", b"")]
        place, words_typed = self._in_place(), patch.object(sys, "argv", ["digest", *words])
        with place, _streams(*streams), words_typed, _collector_as_it_was():
            try:
                run()
            except SystemExit as end:
                status = end.code
            finally:
                # the log was pointed at streams that are gone
                structlog.reset_defaults()
        out, err = (_written(stream) for stream in streams[1:])
        assert isinstance(status, int)
        return Answer(status, out, err)

    def ok(self, *words: str, stdin: bytes = b"") -> Answer:
        """Run a command that must succeed."""
        answer = self(*words, stdin=stdin)
        assert answer.status == 0, answer
        return answer

    def ask(self, *words: str, stdin: bytes = b"") -> Any:
        """The document with which a command that must succeed answers."""
        return self.ok(*words, "--json", stdin=stdin).document

    def process(self, *words: str) -> Answer:
        """Run the real command."""
        done = subprocess.run(
            [DIGEST, *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def process_into(self, stdout: int, *words: str) -> Answer:
        """Run the real command with its standard output at an open file."""
        done = subprocess.run(
            [DIGEST, *words],
            cwd=self.folder,
            env=self.environment,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
        return Answer(done.returncode, "", done.stderr.decode())

    @property
    def environment(self) -> dict[str, str]:
        """The variables of this process without settings of the product, and those of this shell."""
        clean = {name: value for name, value in os.environ.items() if not name.upper().startswith("DIGEST_")}
        return clean | dict(self.variables)

    def with_(self, **variables: str) -> Shell:
        """The same place with more variables."""
        return Shell(self.folder, {**self.variables, **variables})

    def picture(self) -> dict[str, object]:
        """All that could change: every row of the store, and every file beside it."""
        files: dict[str, object] = {
            str(path.relative_to(self.folder)): path.read_bytes() if path.is_file() else None
            for path in sorted(self.folder.rglob("*"))
            if not path.name.endswith(_STORE_FILES)
        }
        return files | {"rows": rows_of(self.folder / "var" / "digest.sqlite3")}

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            with patch.dict(os.environ, self.environment, clear=True):
                yield
        finally:
            os.chdir(before)


def rows_of(store: Path) -> str:
    """Every row of a SQLite store as text; empty when there is no store."""
    if not store.exists():
        return ""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        made = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name")
        # an index of words that keeps no texts cannot be read through; what it is made of stands in tables
        names = [name for name, sql in made.fetchall() if not sql.upper().startswith("CREATE VIRTUAL")]
        rows = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}
    return "\n".join(f"{name}: {row}" for name, found in rows.items() for row in found)


@contextmanager
def _streams(stdin: io.TextIOWrapper, stdout: io.TextIOWrapper, stderr: io.TextIOWrapper) -> Iterator[None]:
    with patch.multiple(sys, stdin=stdin, stdout=stdout, stderr=stderr):
        yield


@contextmanager
def _collector_as_it_was() -> Iterator[None]:
    """A command sets the collector of garbage for a process of its own, which this one is not."""
    thresholds = gc.get_threshold()
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.enable()


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    content: bytes = stream.buffer.getvalue()  # type: ignore[attr-defined]
    return content.decode()
