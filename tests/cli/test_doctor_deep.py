"""`digest doctor --deep`: every row is looked at, nothing is changed, what differs is told with its mend."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from digest.core.damage import MEANING, Damage
from tests.cli.shell import ROOT, Shell, rows_of

ROW: Final = r"^\| `([a-z_.]+)` \| ([^|]+) \| ([^|]+) \|$"


def store_of(shell: Shell) -> Path:
    return shell.folder / "var" / "digest.sqlite3"


def harm(shell: Shell, statement: str) -> None:
    with closing(sqlite3.connect(store_of(shell), isolation_level=None)) as file:
        assert file.execute(statement).rowcount


def test_a_store_in_which_all_is_well_is_told_so(old_newsroom: Shell) -> None:
    before = rows_of(store_of(old_newsroom))
    answer = old_newsroom("doctor", "--deep")
    assert answer.status == 0, answer.out
    assert re.fullmatch(
        r"all is as it should be: \d+ readers and \d+ issues in [\d.]+ s", answer.out.strip()
    ), answer.out
    assert rows_of(store_of(old_newsroom)) == before


def test_programs_are_told_in_one_document(old_newsroom: Shell) -> None:
    answer = old_newsroom("doctor", "--deep", "--json")
    assert (answer.status, answer.err) == (0, "")
    assert answer.document["ok"] is True
    assert answer.document["differences"] == []
    assert answer.document["looked_through"].keys() == {"readers", "issues", "newest_number"}


def test_what_differs_is_told_with_its_mend(old_newsroom: Shell) -> None:
    harm(old_newsroom, "UPDATE bookmarks SET waiting = waiting + 1")
    answer = old_newsroom("doctor", "--deep", "--json")
    assert answer.status == 1
    (found,) = answer.document["differences"]
    assert found["id"] == "readers.bookmark_miscounted"
    assert found["mend"] == MEANING[Damage.BOOKMARK_MISCOUNTED].mend
    assert found["count"] == len(found["examples"]) or found["count"] > 3
    told = old_newsroom("doctor", "--deep")
    assert (told.status, told.err) == (1, "")
    assert "[readers.bookmark_miscounted]\n    -> no command sets this right" in told.out
    assert "1 difference among" in told.out


def test_a_damaged_file_is_an_answer_and_no_breakdown(old_newsroom: Shell) -> None:
    path = store_of(old_newsroom)
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = file.execute("PRAGMA page_size").fetchone()[0]
        roots = "SELECT rootpage FROM sqlite_master WHERE name IN ('deliveries', 'cohorts')"
        pages = [row[0] for row in file.execute(roots)]
    with path.open("r+b") as octets:
        for page in pages:
            octets.seek((page - 1) * size)
            octets.write(b"\xa5" * size)
    answer = old_newsroom("doctor", "--deep", "--json")
    assert (answer.status, answer.err) == (1, "")
    found = {one["id"] for one in answer.document["differences"]}
    assert {"store.damaged", "store.unreadable"} <= found


def test_every_kind_of_damage_is_written_of_and_no_other() -> None:
    told = (ROOT / "docs" / "deep-look.md").read_text(encoding="utf-8")
    rows = re.findall(ROW, told, re.MULTILINE)
    assert [row[0] for row in rows] == [kind.value for kind in Damage]
    assert MEANING.keys() == set(Damage)
