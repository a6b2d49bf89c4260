"""`digest subscribers import` takes an export of another system for what it is, and tells all."""

from __future__ import annotations

import pytest

from tests.cli.shell import Shell
from tests.ingest.exported import SUBSCRIBED, audience, export_file

INES = "ines@harbour.example"


@pytest.fixture
def moving(newsroom: Shell) -> Shell:
    """A newsroom with exports in its folder."""
    (newsroom.folder / "audience.zip").write_bytes(audience())
    for name in ("ghost.csv", "listmonk.json", "listmonk.csv", "mailman.txt"):
        (newsroom.folder / name).write_bytes(export_file(name))
    return newsroom


def statuses(shell: Shell) -> dict[str, str]:
    items = shell.ask("subscribers", "list", "--all")["items"]
    return {item["email"]: item["status"] for item in items if "readers.example" not in item["email"]}


def test_an_export_is_recognised_and_each_of_its_lines_accounted_for(moving: Shell) -> None:
    answer = moving("subscribers", "import", "audience.zip", "--map", "Topics: Economy=economy")
    assert answer.status == 1
    assert "audience.zip is taken for an export of mailchimp:" in answer.out
    assert "3 added, 0 updated, 1 refused" in answer.out
    assert "kept as not to be written to: 1 left, 1 bouncing, 1 complained" in answer.out
    assert "topic economy" in answer.out
    assert "columns that nothing is made of: MEMBER_RATING" in answer.out
    assert f"first in line 4 of {SUBSCRIBED}: the time zone is not known" in answer.err
    assert f"not taken: audience.zip/non{SUBSCRIBED}, line 2: never agreed" in answer.err
    assert f"refused: audience.zip/{SUBSCRIBED}, line 5: address" in answer.err
    assert statuses(moving) == {
        INES: "active",
        "jonas@fjord.example": "active",
        "=cmd@sums.example": "active",
        "lena@left.example": "left",
        "bo@bounced.example": "bouncing",
        "sam@cross.example": "complained",
    }
    assert moving.ask("subscribers", "show", INES)["subscriptions"][0]["topics"] == ["economy"]


def test_a_rehearsal_shows_what_is_mapped_and_what_is_not_and_changes_nothing(moving: Shell) -> None:
    words = ("subscribers", "import", "audience.zip", "--map", "Members=-", "--json")
    rehearsed = moving(*words, "--dry-run")
    assert statuses(moving) == {}
    document = rehearsed.document
    assert document == moving(*words).document
    named = {one["label"]: (one["readers"], one["targets"], one["suggestion"]) for one in document["labels"]}
    assert named["Members"] == (2, [{"kind": "nothing", "slug": ""}], None)
    assert named["Topics: Economy"] == (2, [], "economy")
    assert document["system"] == "mailchimp"
    assert document["by_status"] == {"active": 3, "left": 1, "bouncing": 1, "complained": 1}
    assert [one["reason"] for one in document["left_out"]] == ["never agreed there to get mail"]


def test_what_it_is_may_be_said_and_a_bare_list_has_to_be(moving: Shell) -> None:
    bare = b"ada@l.example\nbert@l.example\n"
    moving.ok("subscribers", "import", "-", "--from", "mailman", "--status", "left", stdin=bare)
    assert statuses(moving) == {"ada@l.example": "left", "bert@l.example": "left"}


def test_who_never_confirmed_is_taken_as_pending_when_that_is_said(moving: Shell) -> None:
    lists = ("--map", "Morning mail=daily", "--map", "Weekend mail=-")
    told = moving("subscribers", "import", "listmonk.json", *lists)
    assert "has not confirmed there: --unconfirmed keep or ask takes such readers" in told.err
    assert "jonas@fjord.example" not in statuses(moving)
    moving.ok("subscribers", "import", "listmonk.json", *lists, "--unconfirmed", "keep")
    assert statuses(moving)["jonas@fjord.example"] == "pending"


def test_files_that_do_not_say_all_are_told_of(moving: Shell) -> None:
    assert "does not say who is on which list" in moving("subscribers", "import", "listmonk.csv").err
    assert "does not say whose mail is turned off" in moving("subscribers", "import", "mailman.txt").err


def test_wishes_that_were_changed_here_stay_unless_they_are_to_be_written_over(moving: Shell) -> None:
    moving.ok("subscribers", "import", "ghost.csv")
    moving.ok("subscribers", "edit", INES, "--topics", "energy")
    assert "here already, and left as they are: 3" in moving.ok("subscribers", "import", "ghost.csv").out
    again = moving.ask("subscribers", "import", "ghost.csv", "--update", "--map", "Economy=economy")
    assert again["updated"] == 2
    assert moving.ask("subscribers", "show", INES)["subscriptions"][0]["topics"] == ["economy"]


def test_words_on_where_they_agreed_are_kept_with_those_of_the_export(moving: Shell) -> None:
    moving.ok("subscribers", "import", "ghost.csv", "--grounds", "They signed up on our old site")
    (kept,) = moving.ask("subscribers", "data", INES)["consents"]
    assert (kept["words"], kept["asked_at"]) == ("They signed up on our old site", "2023-07-13T09:10:11Z")


def test_a_name_that_a_spreadsheet_would_run_is_written_out_harmless(moving: Shell) -> None:
    moving("subscribers", "import", "audience.zip")
    written = moving.ok("subscribers", "export").out
    assert "'=HYPERLINK" in written
    assert ",=HYPERLINK" not in written
    assert "\n=cmd" not in written
