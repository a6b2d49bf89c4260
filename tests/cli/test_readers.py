"""Readers at the command line: added, changed, paused, gone and forgotten, one by one and as a file."""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing
from json import loads
from typing import Any, Final

import pytest

from tests.cli.shell import Shell

ANA: Final = "ana@readers.example"
BOB: Final = "bob@readers.example"
CLEO: Final = "cleo@readers.example"
DEFAULTS: Final = {
    "email": "dora@readers.example",
    "newsletter": "daily",
    "name": "",
    "status": "active",
    "topics": "all",
    "sections": "all",
    "days": "daily",
    "at": "07:00",
    "timezone": "UTC",
    "at_once": False,
    "format": "html",
    "max_items": None,
    "language": "en",
    "paused_until": None,
}


def test_the_log_says_who_changed_a_reader_at_the_shell_and_names_no_reader(newsroom: Shell) -> None:
    address = "greta@readers.example"
    newsroom.ask("subscribers", "add", address, "--name", "Greta")
    newsroom.ask("subscribers", "edit", address, "--topics", "all", "--name", "Greta B.", "--days", "mon")
    newsroom.ask("subscribers", "erase", address)
    with closing(sqlite3.connect(newsroom.folder / "var" / "digest.sqlite3")) as connection:
        query = "SELECT act, via, subject, before, after FROM changes WHERE kind = 'reader' ORDER BY id"
        entries = connection.execute(query).fetchall()[-3:]
    number = entries[0][2]
    assert [entry[:3] for entry in entries] == [
        (f"reader.{act}", "command", number) for act in ("add", "edit", "erase")
    ]
    assert "greta" not in str(entries).lower()


def test_reader_who_says_nothing_gets_everything_every_morning(newsroom: Shell) -> None:
    assert newsroom.ask("subscribers", "add", "dora@readers.example") == DEFAULTS


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("--name Dora", {"name": "Dora"}),
        ("--topics finance,economy", {"topics": ["economy", "finance"]}),
        ("--topics all", {"topics": "all"}),
        ("--days daily", {"days": "daily"}),
        ("--days weekdays", {"days": "weekdays"}),
        ("--days thu,mon", {"days": "mon,thu"}),
        ("--days monthly", {"days": "monthly"}),
        ("--at 18:45", {"at": "18:45"}),
        ("--timezone america/new_york", {"timezone": "America/New_York"}),
        ("--at-once", {"at_once": True}),
        ("--sections analysis,hot-topic", {"sections": ["analysis", "hot-topic"]}),
        ("--sections reports", {"sections": ["report"]}),
        ("--format text", {"format": "text"}),
        ("--max-items 5", {"max_items": 5}),
        ("--language zh-Hans", {"language": "zh-Hans"}),
        ("--unconfirmed", {"status": "pending"}),
        ("--newsletter daily", {}),
    ],
)
def test_reader_can_be_added_with(words: str, wish: dict[str, Any], newsroom: Shell) -> None:
    added = newsroom.ask("subscribers", "add", "dora@readers.example", *words.split())
    assert added == DEFAULTS | wish
    assert newsroom.ask("subscribers", "list", "--all")["items"][-1] == added


def test_edit_changes_what_is_said_and_nothing_else(newsroom: Shell) -> None:
    (before,) = newsroom.ask("subscribers", "show", ANA)["subscriptions"]
    (after,) = newsroom.ask("subscribers", "edit", ANA, "--at", "09:30", "--topics", "all")["items"]
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"at", "topics"}
    assert (after["at"], after["topics"]) == ("09:30", "all")


def test_cap_and_name_can_be_taken_away_again(newsroom: Shell) -> None:
    (bob,) = newsroom.ask("subscribers", "edit", BOB, "--max-items", "none")["items"]
    assert bob["max_items"] is None
    (ana,) = newsroom.ask("subscribers", "edit", ANA, "--name", "")["items"]
    assert ana["name"] == ""


def test_at_once_can_be_taken_back(newsroom: Shell) -> None:
    (cleo,) = newsroom.ask("subscribers", "edit", CLEO, "--not-at-once")["items"]
    assert (cleo["at_once"], cleo["days"], cleo["at"]) == (False, "daily", "07:00")


def test_address_can_move_and_the_reader_stays_the_same(newsroom: Shell) -> None:
    newsroom.ok("subscribers", "edit", CLEO, "--email", "cleo@elsewhere.example")
    assert "does not exist" in newsroom("subscribers", "show", CLEO).complaint
    assert newsroom.ask("why", "cleo@elsewhere.example", "5")["items"][0]["newsletter"] == "daily"
    assert newsroom.ask("run")["sent"] == 0


def test_paused_reader_gets_nothing_and_catches_up_after(newsroom: Shell) -> None:
    (paused,) = newsroom.ask("subscribers", "pause", ANA)["items"]
    assert (paused["status"], paused["paused_until"]) == ("paused", None)
    assert newsroom.ask("run", "--now", "2026-11-24T00:00:00Z")["planned"] == 0
    (resumed,) = newsroom.ask("subscribers", "resume", ANA)["items"]
    assert resumed["status"] == "active"
    assert newsroom.ask("run", "--now", "2026-11-25T00:00:00Z")["sent"] == 2


def test_pause_may_end_on_a_day_in_the_readers_zone(newsroom: Shell) -> None:
    (paused,) = newsroom.ask("subscribers", "pause", ANA, "--until", "2026-12-01")["items"]
    assert paused["paused_until"] == "2026-11-30T16:00:00Z"
    assert newsroom.ask("run", "--now", "2026-11-24T00:00:00Z")["planned"] == 0
    newsroom.ok("run", "--now", "2026-12-01T00:00:00Z")
    assert newsroom.ask("subscribers", "show", ANA)["subscriptions"][0]["status"] == "active"
    (copy,) = newsroom.ask("deliveries", "list", "--email", ANA, "--status", "sent")["items"]
    assert copy["sent_at"].startswith("2026-12-01T00:00:00")


def test_who_left_gets_nothing_and_the_reason_is_kept(newsroom: Shell) -> None:
    (gone,) = newsroom.ask("subscribers", "unsubscribe", ANA, "--reason", "too much mail")["items"]
    assert gone["status"] == "left"
    (shown,) = newsroom.ask("subscribers", "show", ANA)["subscriptions"]
    assert shown["history"][-1] | {"at": None} == {
        "at": None,
        "before": "active",
        "after": "left",
        "reason": "too much mail",
    }
    assert newsroom.ask("run", "--now", "2026-11-24T00:00:00Z")["planned"] == 0
    newsroom.ok("subscribers", "unsubscribe", ANA)


def test_who_left_may_come_back(newsroom: Shell) -> None:
    newsroom.ok("subscribers", "unsubscribe", CLEO)
    assert newsroom.ask("subscribers", "add", CLEO)["status"] == "active"
    assert newsroom.ask("run")["sent"] == 0


def test_erased_address_is_in_no_file_and_cannot_be_added_again(newsroom: Shell) -> None:
    newsroom.ok("subscribers", "erase", ANA)
    kept = b"".join(file.read_bytes() for file in newsroom.folder.glob("var/digest.sqlite3*"))
    assert ANA.encode() not in kept
    assert CLEO.encode() in kept
    assert "must not be written to (erased)" in newsroom("subscribers", "add", ANA).complaint
    assert newsroom.ask("run", "--now", "2026-11-24T00:00:00Z")["planned"] == 0


def test_all_that_is_kept_on_a_reader_is_written_for_them(newsroom: Shell) -> None:
    shown = newsroom.ask("subscribers", "data", ANA)
    assert shown["address"] == ANA
    assert [one["newsletter"] for one in shown["subscriptions"]] == ["daily"]
    file = newsroom.folder / "ana.json"
    assert "is written to" in newsroom.ok("subscribers", "data", ANA, str(file)).out
    assert loads(file.read_text(encoding="utf-8")) == shown
    assert "does not exist" in newsroom("subscribers", "data", "nobody@readers.example").complaint


def test_reader_is_shown_with_how_far_they_are(newsroom: Shell) -> None:
    found = newsroom.ask("subscribers", "show", CLEO)
    assert (found["email"], found["name"]) == (CLEO, "")
    (one,) = found["subscriptions"]
    assert one["bookmark"] == {"cut": 8, "deferred": [], "ahead": []}
    assert [change["after"] for change in one["history"]] == ["active"]
    told = newsroom.ok("subscribers", "show", CLEO).out
    assert "accounted for up to number 8" in told
    assert "active: added by an admin" in told


def test_reader_without_an_appointment_is_shown_without_one(newsroom: Shell) -> None:
    (at_once,) = newsroom.ask("subscribers", "show", CLEO)["subscriptions"]
    assert at_once["next_slot"] is None
    assert "next slot" not in newsroom.ok("subscribers", "show", CLEO).out
    assert "next slot" in newsroom.ok("subscribers", "show", ANA).out
    newsroom.ok("subscribers", "pause", ANA)
    assert "next slot" not in newsroom.ok("subscribers", "show", ANA).out


# --- files --------------------------------------------------------------------------------------------------


def test_export_comes_in_again_as_it_went_out(
    newsroom: Shell, tmp_path_factory: pytest.TempPathFactory
) -> None:
    newsroom.ok("subscribers", "add", "dora@readers.example", "--name", "=Dora, “the” reader")
    assert newsroom.ask("subscribers", "export", "readers.csv") == {"exported": 4, "file": "readers.csv"}
    written = (newsroom.folder / "readers.csv").read_bytes()
    elsewhere = Shell(tmp_path_factory.mktemp("elsewhere"))
    elsewhere.ok("init")
    done = elsewhere.ask("subscribers", "import", "-", stdin=written)
    assert done == {"added": 4, "updated": 0, "rejected": []}
    listed = newsroom.ask("subscribers", "list")["items"]
    assert elsewhere.ask("subscribers", "list")["items"] == listed
    assert elsewhere.ok("subscribers", "export").out.encode() == written


def test_columns_of_an_export_are_the_options_of_add(newsroom: Shell) -> None:
    rows = list(csv.DictReader(io.StringIO(newsroom.ok("subscribers", "export").out)))
    options = newsroom.ok("subscribers", "add", "--help").out
    assert [row["email"] for row in rows] == [ANA, BOB, CLEO]
    for column in rows[0].keys() - {"email", "status"}:
        assert f"--{column}" in options


def test_export_as_a_document_holds_the_file(newsroom: Shell) -> None:
    text = newsroom.ok("subscribers", "export").out
    assert newsroom.ask("subscribers", "export") == {"exported": 3, "file": None, "csv": text}


def test_import_takes_good_lines_and_tells_of_the_others(newsroom: Shell) -> None:
    lines = (
        "email,topics,at\neve@readers.example,finance,08:00\nnobody,finance,\n"
        f"{ANA},energy,\nfay@readers.example,gossip,\neve@readers.example,,\n"
    )
    rehearsed = newsroom("subscribers", "import", "-", "--dry-run", "--json", stdin=lines.encode())
    assert [item["email"] for item in newsroom.ask("subscribers", "list")["items"]] == [ANA, BOB, CLEO]
    answer = newsroom("subscribers", "import", "-", "--json", stdin=lines.encode())
    assert rehearsed.document == answer.document
    assert (rehearsed.status, answer.status) == (1, 1)
    assert (answer.document["added"], answer.document["updated"]) == (1, 1)
    assert [refusal["line"] for refusal in answer.document["rejected"]] == [3, 5, 6]
    assert answer.err.splitlines()[0].startswith("refused standard input, line 3: address 'nobody'")
    readers = {item["email"]: item for item in newsroom.ask("subscribers", "list")["items"]}
    assert readers.keys() == {ANA, BOB, CLEO, "eve@readers.example"}
    assert (readers[ANA]["topics"], readers[ANA]["at"]) == (["energy"], "08:00")
    assert readers["eve@readers.example"]["at"] == "08:00"


def test_a_roster_in_utf_16_comes_in_as_spreadsheets_write_it(newsroom: Shell) -> None:
    answer = newsroom(
        "subscribers", "import", "-", "--json", stdin="email\tname\nzo@x.example\tZoë\n".encode("utf-16")
    )
    assert answer.document == {"added": 1, "updated": 0, "rejected": []}
    assert newsroom.ask("subscribers", "show", "zo@x.example")["name"] == "Zoë"


def test_who_is_imported_unconfirmed_gets_one_mail_that_asks(newsroom: Shell) -> None:
    newsroom("subscribers", "import", "-", stdin=b"email,unconfirmed\nnew@readers.example,yes\n")
    assert (
        newsroom.ask("subscribers", "show", "new@readers.example")["subscriptions"][0]["status"] == "pending"
    )
    newsroom.ok("run")
    (asked,) = newsroom.ask("notices", "list")["items"]
    assert (asked["kind"], asked["email"], asked["status"]) == ("confirm", "new@readers.example", "sent")


def test_import_cannot_bring_back_who_was_erased(newsroom: Shell) -> None:
    newsroom.ok("subscribers", "erase", ANA)
    answer = newsroom("subscribers", "import", "-", stdin=f"email\n{ANA}\n".encode())
    assert (answer.status, answer.out) == (1, "0 added, 0 updated, 1 refused\n")
    assert "must not be written to (erased)" in answer.err


def test_the_grounds_on_which_somebody_is_written_to_are_kept(newsroom: Shell) -> None:
    newsroom.ok("subscribers", "add", "new@readers.example", "--grounds", "Asked at the fair, on paper")
    (newsroom.folder / "list.csv").write_text("email\nlist@readers.example\n", encoding="utf-8")
    newsroom.ok("subscribers", "import", "list.csv", "--grounds", "Moved from the old system")
    for who, words in (("new", "Asked at the fair, on paper"), ("list", "Moved from the old system")):
        assert words in newsroom.ok("subscribers", "data", f"{who}@readers.example").out


def test_addresses_are_suppressed_listed_lifted_and_handed_on(newsroom: Shell) -> None:
    added = newsroom.ask(
        "suppressions", "add", "ana@readers.example", "out@readers.example", "--note", "letter"
    )
    assert (added["added"], added["known"]) == (2, 0)
    assert (
        newsroom.ask("subscribers", "show", "ana@readers.example")["subscriptions"][0]["status"]
        == "suppressed"
    )
    listed = newsroom.ask("suppressions", "list", "--limit", "1")
    (second,) = listed["items"]
    assert (second["reason"], second["note"], len(second["hash"])) == ("by hand", "letter", 64)
    (first,) = newsroom.ask("suppressions", "list", "--after", str(listed["next"]))["items"]
    newsroom.ok("suppressions", "export", "list.csv")
    assert {first["hash"], second["hash"]} == {
        line.split(",")[0] for line in (newsroom.folder / "list.csv").read_text().splitlines()[1:]
    }
    newsroom.ok("suppressions", "lift", "out@readers.example", "--note", "wrote again")
    again = newsroom.ask("suppressions", "import", "list.csv", "--hashes", "own")
    assert (again["added"], again["known"]) == (1, 1)


def test_reader_can_be_asked_to_confirm_once_more(newsroom: Shell) -> None:
    shown = newsroom.ask("subscribers", "edit", "ana@readers.example", "--unconfirmed", "--at", "09:30")
    assert {(one["status"], one["at"]) for one in shown["items"]} == {("pending", "09:30")}
    asked = newsroom.ask("notices", "list")["items"]
    assert [(one["email"], one["kind"]) for one in asked] == [("ana@readers.example", "confirm")]
