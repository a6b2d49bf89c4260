"""Answers for programs: one JSON document and nothing else, with the fields that the interface names."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any, Final

import pytest

from tests.cli.commands import CALLS, TYPED
from tests.cli.shell import Shell
from tests.cli.terminal import at_terminal
from tests.tiers import first_of

#: The fields that programs rely on, by the listing that has them.
FIELDS: Final = {
    "briefings list": "id number title section topics source source_date published_at status",
    "topics list": "slug title position rules aliases",
    "newsletters list": "id slug title sender_name sender_address theme sections item_text logo_url "
    "logo_alt accent ground links",
    "subscribers list": "email newsletter name topics days at timezone at_once sections format max_items "
    "language status",
    "issues list": "id newsletter slot due_at status",
    "users list": "id name role codes",
    "users keys Anna": "id label beginning scopes",
    "webhooks list": "id label url events with_addresses on off_because failing_since",
    "deliveries list": "id issue newsletter email status attempts reason message_id briefings sent_at",
}
TOTALS: Final = ["issues", "planned", "sent", "deferred", "refused", "expired", "uncertain", "skipped"]


@pytest.mark.parametrize("command", CALLS)
def test_answer_is_one_document_and_nothing_else(command: str, old_newsroom: Shell) -> None:
    answer = old_newsroom.ok(
        *command.split(), *CALLS[command].split(), "--json", stdin=TYPED.get(command, b"")
    )
    assert isinstance(answer.document, dict)
    assert json.dumps(answer.document, ensure_ascii=False, indent=2) + "\n" == answer.out


@pytest.mark.parametrize("command", CALLS)
def test_answer_for_people_is_no_document(command: str, old_newsroom: Shell) -> None:
    answer = old_newsroom.ok(*command.split(), *CALLS[command].split(), stdin=TYPED.get(command, b""))
    assert answer.out.strip()
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.out)


@pytest.mark.parametrize("command", FIELDS)
def test_listing_has_its_fields(command: str, old_newsroom: Shell) -> None:
    document = old_newsroom.ask(*command.split())
    assert document.keys() == {"items", "next"}
    assert document["next"] is None
    assert document["items"]
    for item in document["items"]:
        assert set(FIELDS[command].split()) <= item.keys()


@pytest.mark.parametrize("command", first_of(list(FIELDS), 4))
def test_listing_can_be_read_page_by_page(command: str, old_newsroom: Shell) -> None:
    for slug in ("weekly", "yearly"):
        old_newsroom.ok("newsletters", "add", slug)
    old_newsroom.ok("run", "--now", "+3d")
    words = command.split()
    whole = old_newsroom.ask(*words)["items"]
    assert len(whole) >= 3
    assert old_newsroom.ask(*words, "--all", "--limit", "2") == {"items": whole, "next": None}
    assert pages(old_newsroom, words, limit=2) == whole
    assert pages(old_newsroom, words, limit=len(whole)) == whole


def pages(shell: Shell, words: list[str], *, limit: int) -> list[Any]:
    found: list[Any] = []
    after: list[str] = []
    while True:
        page = shell.ask(*words, "--limit", str(limit), *after)
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next"] is None:
            return found
        after = ["--after", str(page["next"])]


def test_a_hundred_items_are_a_page_when_nothing_is_said(newsroom: Shell) -> None:
    lines = "\n".join(f"reader{n}@readers.example" for n in range(100))
    newsroom.ok("subscribers", "import", "-", stdin=f"email\n{lines}\n".encode())
    first = newsroom.ask("subscribers", "list")
    rest = newsroom.ask("subscribers", "list", "--after", str(first["next"]))
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (100, 3, None)
    assert len(newsroom.ask("subscribers", "list", "--all")["items"]) == 103


@pytest.mark.parametrize("command", FIELDS)
def test_people_are_told_when_a_listing_goes_on(command: str, old_newsroom: Shell) -> None:
    words = command.split()
    following = old_newsroom.ask(*words, "--limit", "1")["next"]
    told = old_newsroom.ok(*words, "--limit", "1").err
    hint = f"there is more: go on with --after {following}, or say --all\n"
    assert told == ("" if following is None else hint)
    assert old_newsroom.ok(*words, "--all").err == ""


def test_listings_can_be_narrowed(old_newsroom: Shell) -> None:
    def emails(*words: str) -> list[str]:
        return [item["email"] for item in old_newsroom.ask(*words)["items"]]

    assert emails("subscribers", "list", "--status", "paused") == ["paul@readers.example"]
    assert len(emails("subscribers", "list", "--newsletter", "daily")) == 8
    assert emails("deliveries", "list", "--status", "refused") == ["rita@readers.example"]
    assert emails("deliveries", "list", "--email", "CLEO@readers.example") == ["cleo@readers.example"]
    (issue,) = {item["issue"] for item in old_newsroom.ask("deliveries", "list", "--status", "sent")["items"]}
    assert "cleo@readers.example" in emails("deliveries", "list", "--issue", str(issue))
    old_newsroom.ok("briefings", "retract", "3")
    retracted = old_newsroom.ask("briefings", "list", "--status", "retracted")["items"]
    assert [item["id"] for item in retracted] == [3]


def test_run_answers_with_its_totals(newsroom: Shell) -> None:
    assert list(newsroom.ask("run")) == TOTALS
    assert list(newsroom.ask("send", "daily", "--all", "--yes")) == TOTALS


def test_tables_mails_markdown_and_archives_of_them_are_taken_in(newsroom: Shell) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("trains.md", "---\ntitle: Night trains\ntopics: economy\n---\nThey return.\n")
        archive.writestr(
            "ports.eml",
            "From: Harbour Post <a@example.org>\nDate: Mon, 23 Nov 2026 08:00:00 +0000\n"
            "Subject: Fwd: Ports agree\n\nEight ports share one list.\n",
        )
        archive.writestr("wrong.json", "[{]")
    answer = newsroom("ingest", "-", "--json", stdin=packed.getvalue())
    assert answer.status == 1
    assert [len(answer.document[name]) for name in ("added", "updated", "rejected")] == [2, 0, 1]
    assert "wrong.json is not valid JSON" in answer.document["rejected"][0]["reason"]
    table = b"Headline;Text;Initials\nA bridge opens;It is long.;ab\n"
    columns = [f"--column={one}" for one in ("Headline=title", "Text=body", "Initials=")]
    assert len(newsroom.ask("ingest", "-", *columns, stdin=table)["added"]) == 1


def test_ingest_answers_with_what_became_of_the_items(newsroom: Shell) -> None:
    document = newsroom.ask("ingest", *CALLS["ingest"].split())
    assert document == {"added": [], "updated": [], "unchanged": 8, "rejected": []}


def test_times_are_in_utc_and_say_so(newsroom: Shell) -> None:
    for item in newsroom.ask("briefings", "list")["items"]:
        assert item["published_at"].startswith("2026-11-23T12:")
        assert item["published_at"].endswith("Z")


def test_status_tells_what_is_due_under_way_and_stuck(old_newsroom: Shell) -> None:
    found = old_newsroom.ask("status", "--now", "2026-11-24T06:00:00Z")
    assert found["newest_number"] == 8
    assert found["subscriptions"] == {"active": 7, "paused": 1, "pending": 2}
    assert [one["due_at"] for one in found["due"]] == ["2026-11-24T00:00:00Z", "2026-11-24T06:00:00Z"]
    assert found["uncertain"] == 1
    stuck, waiting, held = found["under_way"]
    assert stuck["copies"]["uncertain"] == 1
    assert [one["status"] for one in (stuck, waiting, held)] == ["sending", "waiting", "held"]
    told = old_newsroom.ok("status", "--now", "2026-11-24T06:00:00Z").out
    assert "due now" in told
    assert "daily at 08:00 Asia/Shanghai" in told
    assert "uncertain: 1 copy (see digest deliveries list --status uncertain)" in told


def test_addresses_stay_whole_at_a_terminal_that_has_room_for_them(newsroom: Shell) -> None:
    newsroom.ok("run", "--now", "+3d")
    emails = {one["email"] for one in newsroom.ask("deliveries", "list")["items"]}
    with at_terminal(newsroom.with_(COLUMNS="90"), "deliveries", "list") as terminal:
        assert terminal.ends() == 0
    assert len(emails) == 3
    assert {email for email in emails if email not in terminal.said} == set()
