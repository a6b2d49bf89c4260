"""Issues are approved, held, released, cancelled and tested from the shell as at the desk."""

from __future__ import annotations

from typing import Final

from tests.cli.conftest import mail_server, sends_to
from tests.cli.shell import Shell

BOB_IS_DUE: Final = "2026-11-24T06:00:00Z"
LATER: Final = "2026-11-24T06:30:00Z"


def waiting_issues(newsroom: Shell) -> list[int]:
    items = newsroom.ask("issues", "list")["items"]
    return [item["id"] for item in items if item["status"] == "waiting"]


def test_what_needs_approval_waits_for_it_and_can_be_held_and_cancelled(newsroom: Shell) -> None:
    newsroom.ok("newsletters", "edit", "daily", "--approval")
    assert newsroom.ask("run", "--now", BOB_IS_DUE)["sent"] == 0
    first, second = waiting_issues(newsroom)
    assert newsroom.ask("issues", "approve", str(first)) == {"id": first, "status": "sending"}
    assert newsroom.ask("issues", "hold", str(first)) == {"id": first, "status": "held"}
    assert newsroom.ask("run", "--now", LATER)["sent"] == 0
    assert newsroom.ask("issues", "release", str(first))["status"] == "sending"
    assert newsroom.ask("issues", "cancel", str(second)) == {
        "id": second,
        "status": "cancelled",
        "withdrawn": 1,
    }
    assert newsroom.ask("run", "--now", LATER)["sent"] == 1
    refused = newsroom("issues", "hold", str(second))
    assert refused.status == 2
    assert "this can be done to one that is sending" in refused.complaint
    assert "Traceback" not in refused.complaint


def test_what_is_approved_ahead_of_its_time_says_when_it_goes_out(newsroom: Shell) -> None:
    newsroom.ok("newsletters", "edit", "daily", "--approval", "--approval-lead", "60")
    # the shell's own clock is years behind that of this run
    newsroom.ask("run", "--now", "2036-11-24T05:30:00Z")
    issue = next(
        one for one in newsroom.ask("issues", "list")["items"] if one["due_at"].endswith("T06:00:00Z")
    )
    assert (issue["status"], issue["goes_out_at"]) == ("waiting", None)
    approved = newsroom.ok("issues", "approve", str(issue["id"])).out
    words = "approved, goes out 2036-11-24 06:00 UTC"
    assert approved == f"{words}: issue {issue['id']}\n"
    assert words in newsroom.ok("issues", "list").out
    assert words in newsroom.ok("issues", "show", str(issue["id"])).out
    assert words in newsroom.ok("status").out
    shown = newsroom.ask("issues", "show", str(issue["id"]))
    assert (shown["status"], shown["goes_out_at"]) == ("sending", "2036-11-24T06:00:00Z")
    (ahead,) = [one for one in newsroom.ask("status")["under_way"] if one["issue"] == issue["id"]]
    assert ahead["goes_out_at"] == "2036-11-24T06:00:00Z"
    refused = newsroom("issues", "approve", str(issue["id"]))
    assert "is approved, and its time has not come" in refused.complaint
    # nobody waits for it at its time
    assert "goes out" not in newsroom.ok("status", "--now", "2036-11-24T06:00:00Z").out


def test_a_test_of_an_issue_goes_out_with_the_next_run(newsroom: Shell) -> None:
    newsroom.ok("newsletters", "edit", "daily", "--approval")
    newsroom.ask("run", "--now", BOB_IS_DUE)
    issue = waiting_issues(newsroom)[0]
    made = newsroom.ask("issues", "test", str(issue), "desk@newsroom.example")
    assert made == {"id": issue, "tests": 1}
    with mail_server() as server:
        assert newsroom.with_(**sends_to(server)).ask("run")["notices"] == {"sent": 1}
    (taken,) = server.taken
    assert taken.recipient == "desk@newsroom.example"
    assert newsroom("issues", "test", "99", "desk@newsroom.example").status == 2
