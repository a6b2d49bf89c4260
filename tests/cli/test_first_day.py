"""A first day: a page comes in, three readers say what they want, and each gets exactly that, once."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.commands import PAGE
from tests.cli.conftest import READERS
from tests.cli.letters import Letter, all_briefings, letters_of
from tests.cli.shell import ROOT, Shell

#: Ana's eight o'clock in Shanghai and Bob's seven o'clock in Paris, on Tuesday.
ANA_IS_DUE: Final = "2026-11-24T00:00:00Z"
BOB_IS_DUE: Final = "2026-11-24T06:00:00Z"
NOTHING: Final = dict.fromkeys(("planned", "sent", "deferred", "refused", "expired", "uncertain"), 0)
REAL_PAGE: Final = ROOT.parent / "shared" / "data" / "chinascope-latest.txt"


def test_init_makes_a_store_and_repeating_it_changes_nothing(shell: Shell) -> None:
    first = shell.ask("init")
    assert (first["newsletter"], first["store"]) == ("daily", "sqlite:///var/digest.sqlite3")
    before = shell.picture()
    assert shell.ask("init") == first
    assert shell.picture() == before


def test_folder_that_init_makes_is_open_to_its_owner_alone(shell: Shell) -> None:
    shell.ok("init")
    assert stat.S_IMODE((shell.folder / "var").stat().st_mode) == 0o700


def test_init_leaves_alone_what_people_changed(shell: Shell, empty_store: None) -> None:
    shell.ok("topics", "remove", "energy")
    shell.ok("newsletters", "edit", "daily", "--title", "Morning Post")
    shell.ok("init")
    assert "energy" not in {topic["slug"] for topic in shell.ask("topics", "list")["items"]}
    assert shell.ask("newsletters", "list")["items"][0]["title"] == "Morning Post"


def test_page_comes_in_once(shell: Shell, empty_store: None) -> None:
    first = shell.ask("ingest", PAGE)
    assert first == {"added": [1, 2, 3, 4, 5, 6, 7, 8], "updated": [], "unchanged": 0, "rejected": []}
    assert shell.ask("ingest", PAGE) == {"added": [], "updated": [], "unchanged": 8, "rejected": []}


def test_page_without_an_item_is_told(shell: Shell, empty_store: None) -> None:
    answer = shell.ok("ingest", "-", stdin=b"Latest Briefings Latest Hot Topics\n")
    assert (answer.out, answer.err) == ("0 added, 0 updated, 0 unchanged\n", "standard input holds no item\n")


def test_page_may_come_on_standard_input(shell: Shell, empty_store: None) -> None:
    assert len(shell.ask("ingest", "-", stdin=Path(PAGE).read_bytes())["added"]) == 8


def test_item_that_cannot_be_taken_is_refused_by_line_and_the_rest_is_taken(
    shell: Shell, empty_store: None
) -> None:
    page = "A Bridge Opens\n\nPeople cross it.\n\nSource: Wire\n\nA Road Ends\n\nNobody minds.\n\n"
    answer = shell("ingest", "-", "--json", stdin=f"{page}Source: Wire, May 4, 2026\n".encode())
    assert answer.status == 1
    assert len(answer.document["added"]) == 1
    (refusal,) = answer.document["rejected"]
    assert (refusal["source"], refusal["line"]) == ("standard input", 5)
    assert answer.err == f"refused standard input, line 5: {refusal['reason']}\n"


def test_section_and_topics_can_be_said(shell: Shell, empty_store: None) -> None:
    shell.ok("ingest", PAGE, "--section", "analysis", "--topic", "energy", "--topic", "finance")
    assert {(item["section"], *item["topics"]) for item in shell.ask("briefings", "list")["items"]} == {
        ("analysis", "energy", "finance")
    }


def test_each_reader_gets_exactly_what_was_asked_for_when_it_was_asked_for(
    newsroom: Shell, known: list[dict[str, Any]]
) -> None:
    (cleos,) = sent_by(newsroom)
    assert cleos.reader == "cleo@readers.example"
    assert cleos.briefings(known) == about(known, {"international"}) != set()

    assert run(newsroom, "2026-11-23T23:59:59Z") == NOTHING | {"issues": [], "skipped": {}}
    assert run(newsroom, ANA_IS_DUE) == NOTHING | {"issues": [2], "planned": 1, "sent": 1, "skipped": {}}
    anas = sent_by(newsroom)[-1]
    assert anas["To"] == "Ana <ana@readers.example>"
    assert anas.briefings(known) == about(known, {"finance", "economy"}) != set()

    assert run(newsroom, "2026-11-24T05:59:59Z") == NOTHING | {"issues": [], "skipped": {}}
    assert run(newsroom, BOB_IS_DUE) == NOTHING | {"issues": [3], "planned": 1, "sent": 1, "skipped": {}}
    bobs = sent_by(newsroom)[-1]
    assert bobs.reader == "bob@readers.example"
    assert len(bobs.briefings(known)) == 3
    assert len(sent_by(newsroom)) == 3


def test_reader_who_wants_html_gets_both_and_who_wants_text_gets_text(newsroom: Shell) -> None:
    run(newsroom, BOB_IS_DUE)
    kinds = {letter.reader: set(letter.bodies) for letter in sent_by(newsroom)}
    assert kinds == {
        "ana@readers.example": {"text/plain", "text/html"},
        "bob@readers.example": {"text/plain"},
        "cleo@readers.example": {"text/plain", "text/html"},
    }


def test_mail_says_what_mail_programs_look_for(newsroom: Shell) -> None:
    run(newsroom, BOB_IS_DUE)
    records = {item["email"]: item for item in newsroom.ask("deliveries", "list")["items"]}
    assert len(records) == 3
    for letter in sent_by(newsroom):
        assert letter["Message-ID"] == records[letter.reader]["message_id"]
        assert re.fullmatch(r".+ · The Daily Digest, Nov 2\d", letter["Subject"])
        assert re.fullmatch(r"<http://127\.0\.0\.1:8000/unsubscribe/[\w-]+>, <mailto:\S+>", links_of(letter))
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert letter["From"] == "The Daily Digest <digest@newsroom.example>"
    assert len({links_of(letter) for letter in sent_by(newsroom)}) == 3


def test_what_did_not_fit_comes_next_and_nothing_comes_twice(
    newsroom: Shell, known: list[dict[str, Any]]
) -> None:
    days = ["2026-11-24T06:00:00Z", "2026-11-25T06:00:00Z", "2026-11-26T06:00:00Z", "2026-11-27T06:00:00Z"]
    for day in days:
        run(newsroom, day)
        assert run(newsroom, day) == NOTHING | {"issues": [], "skipped": {}}
    bobs = [letter for letter in sent_by(newsroom) if letter.reader == "bob@readers.example"]
    told = [letter.briefings(known) for letter in bobs]
    assert [len(ids) for ids in told] == [3, 3, 2]
    assert set.union(*told) == {item["id"] for item in known}


def test_day_without_news_is_skipped_with_a_reason(newsroom: Shell) -> None:
    run(newsroom, BOB_IS_DUE)
    totals = run(newsroom, "2026-11-25T00:00:00Z")
    assert totals == NOTHING | {"issues": totals["issues"], "skipped": {"nothing-new": 1}}


def test_run_speaks_prose_too(newsroom: Shell) -> None:
    assert newsroom.ok("run", "--now", ANA_IS_DUE).out == "1 issue: 1 planned, 1 sent\n"
    assert newsroom.ok("run", "--now", ANA_IS_DUE).out.startswith("nothing is due")


def test_who_named_no_mail_server_is_told_where_the_mails_are(newsroom: Shell) -> None:
    assert "the mails lie in the folder var/outbox" in newsroom.ok("run", "--now", "+3d").err
    assert "var/outbox" not in newsroom.ok("run", "--now", "+3d").err


def test_run_takes_an_instant_from_here(newsroom: Shell) -> None:
    assert run(newsroom, "+12h")["sent"] == 1
    assert run(newsroom, "+1d")["sent"] == 1


@pytest.mark.skipif(not REAL_PAGE.exists(), reason="the real page does not lie beside this checkout")
def test_real_page_gives_each_reader_exactly_theirs(shell: Shell, empty_store: None) -> None:
    assert len(shell.ask("ingest", str(REAL_PAGE))["added"]) == 8
    assert shell.ask("ingest", str(REAL_PAGE)) == {
        "added": [],
        "updated": [],
        "unchanged": 8,
        "rejected": [],
    }
    for reader in (*READERS[:2], "cleo@readers.example --topics politics,society --at-once"):
        shell.ok("subscribers", "add", *reader.split())
    known = all_briefings(shell)
    wanted = {
        "ana@readers.example": about(known, {"finance", "economy"}),
        "cleo@readers.example": about(known, {"politics", "society"}),
    }
    assert all(wanted.values())
    for _ in range(2):
        for now in ("2026-11-23T12:30:00Z", ANA_IS_DUE, BOB_IS_DUE):
            run(shell, now)
    letters = {letter.reader: letter.briefings(known) for letter in sent_by(shell)}
    assert len(sent_by(shell)) == 3
    assert letters == wanted | {"bob@readers.example": letters["bob@readers.example"]}
    assert len(letters["bob@readers.example"]) == 3


def run(shell: Shell, now: str) -> Any:
    return shell.ask("run", "--now", now)


def sent_by(shell: Shell) -> list[Letter]:
    return letters_of(shell.folder / "var" / "outbox")


def links_of(letter: Letter) -> str:
    return letter["List-Unsubscribe"]


def about(known: list[dict[str, Any]], topics: set[str]) -> set[int]:
    return {item["id"] for item in known if topics & set(item["topics"])}


def test_a_slot_that_was_served_ahead_is_not_named_as_the_next_one(newsroom: Shell) -> None:
    def coming() -> dict[str, str]:
        found = newsroom.ask("status")["upcoming"]
        return {one["cadence"]: one["due_at"] for one in found}

    ana, bob = "daily at 08:00 Asia/Shanghai", "weekdays at 07:00 Europe/Paris"
    assert coming() == {ana: "2026-11-24T00:00:00Z", bob: "2026-11-24T06:00:00Z"}
    newsroom.ok("run", "--now", "2026-11-25T03:00:00Z")
    assert coming() == {ana: "2026-11-26T00:00:00Z", bob: "2026-11-25T06:00:00Z"}
    (reader,) = newsroom.ask("subscribers", "show", "ana@readers.example")["subscriptions"]
    assert reader["next_slot"] == "2026-11-26T00:00:00Z"


def test_issues_are_listed_by_slots_in_words_and_programs_have_their_labels_too(newsroom: Shell) -> None:
    newsroom.ok("run", "--now", "2026-11-24T06:30:00Z")
    words = "daily --to cleo@readers.example --briefing 1 --ignore-bookmarks --yes"
    newsroom.ok("send", *words.split())
    listed = {one["slot_words"]: one["slot"] for one in newsroom.ask("issues", "list")["items"]}
    assert list(listed) == [
        "at once, up to number 8",
        "2026-11-24, 08:00 Asia/Shanghai",
        "2026-11-24, 07:00 Europe/Paris",
        "by hand",
    ]
    assert listed["2026-11-24, 07:00 Europe/Paris"] == "2026-11-24T07:00"
    told = newsroom.ok("issues", "list").out
    assert all(slot in told for slot in listed)
    assert "2026-11-24T" not in told
    shown = newsroom.ok("issues", "show", "2").out
    assert shown.startswith("issue 2 of daily, 2026-11-24, 08:00 Asia/Shanghai: ")
