"""What became of each copy, with a mail server that does not take everything."""

from __future__ import annotations

from typing import Any, Final

from tests.cli.conftest import REFUSES_THE_CONTENT, mail_server, sends_to
from tests.cli.shell import Shell
from tests.mail.smtpd import GREYLISTS, HANG_UP, REFUSES_THE_READER

BOB_IS_DUE: Final = "2026-11-24T06:00:00Z"
AN_HOUR_LATER: Final = "2026-11-24T07:00:00Z"


def test_copies_go_to_a_mail_server(newsroom: Shell) -> None:
    with mail_server() as server:
        totals = newsroom.with_(**sends_to(server)).ask("run", "--now", BOB_IS_DUE)
    assert (totals["planned"], totals["sent"]) == (2, 2)
    assert {taken.recipient for taken in server.taken} == {"ana@readers.example", "bob@readers.example"}


def test_refused_copy_makes_the_run_fail_in_part_and_is_listed_with_its_reason(newsroom: Shell) -> None:
    with mail_server(REFUSES_THE_CONTENT) as server:
        answer = newsroom.with_(**sends_to(server))("run", "--now", BOB_IS_DUE, "--json")
    assert answer.status == 1
    assert (answer.document["sent"], answer.document["refused"]) == (0, 2)
    for item in newsroom.ask("deliveries", "list", "--status", "refused")["items"]:
        assert (item["attempts"], item["sent_at"]) == (1, None)
        assert item["reason"]
        assert "We do not like this" in item["detail"]


def test_address_that_does_not_exist_gets_no_more_mail(newsroom: Shell) -> None:
    with mail_server(REFUSES_THE_READER) as server:
        assert newsroom.with_(**sends_to(server))("run", "--now", BOB_IS_DUE).status == 1
    assert standing(newsroom, "bob@readers.example") == "bouncing"
    newsroom.ok("subscribers", "add", "bob@readers.example")
    assert standing(newsroom, "bob@readers.example") == "active"


def test_deferred_copy_is_sent_later_and_no_failure(newsroom: Shell) -> None:
    with mail_server(GREYLISTS) as server:
        here = newsroom.with_(**sends_to(server))
        first = here.ask("run", "--now", BOB_IS_DUE)
        assert (first["planned"], first["sent"], first["deferred"]) == (2, 1, 1)
        (waiting,) = here.ask("deliveries", "list", "--status", "deferred")["items"]
        assert waiting["retry_at"] > BOB_IS_DUE
        assert here.ask("run", "--now", AN_HOUR_LATER)["sent"] == 1
    assert len(server.taken) == 2
    assert {item["retry_at"] for item in newsroom.ask("deliveries", "list")["items"]} == {None}


def test_refused_and_deferred_copies_can_be_tried_again_by_hand(newsroom: Shell) -> None:
    with mail_server(REFUSES_THE_CONTENT) as server:
        newsroom.with_(**sends_to(server))("run", "--now", BOB_IS_DUE)
    refused = [item["id"] for item in newsroom.ask("deliveries", "list", "--status", "refused")["items"]]
    done = newsroom.ask("deliveries", "retry", *map(str, refused))
    assert [item["status"] for item in done["items"]] == ["planned", "planned"]
    assert newsroom.ask("run", "--now", BOB_IS_DUE)["sent"] == 2


def test_server_that_cannot_be_reached_leaves_all_as_planned(newsroom: Shell) -> None:
    with mail_server() as server:
        nowhere = newsroom.with_(**sends_to(server))
    answer = nowhere("run", "--now", BOB_IS_DUE, "--json")
    assert answer.status == 1
    assert (answer.document["planned"], answer.document["sent"]) == (2, 0)
    stopped, mend = answer.err.splitlines()[-2:]
    assert stopped.startswith("stopped: no mail server can be used: ")
    assert "failed at connect: Connect call failed" in stopped
    assert mend == "digest doctor says what is wrong, and digest run sends the rest"
    planned = newsroom.ask("deliveries", "list", "--status", "planned")["items"]
    assert [item["attempts"] for item in planned] == [0, 0]
    assert newsroom.ask("run", "--now", BOB_IS_DUE)["sent"] == 2


def test_uncertain_copy_waits_for_a_person_when_it_is_to_be_held(newsroom: Shell) -> None:
    with mail_server({"DOT": [HANG_UP]}) as server:
        here = newsroom.with_(**sends_to(server), DIGEST_UNCERTAIN="hold")
        answer = here("run", "--now", "2026-11-24T00:00:00Z", "--json")
        assert (answer.status, answer.document["uncertain"]) == (1, 1)
        assert here.ask("run", "--now", AN_HOUR_LATER)["sent"] == 1
        assert here.ask("deliveries", "list", "--status", "uncertain")["items"]
    assert [taken.recipient for taken in server.taken] == ["ana@readers.example", "bob@readers.example"]


def test_uncertain_copy_can_be_taken_for_sent(old_newsroom: Shell) -> None:
    (item,) = old_newsroom.ask("deliveries", "list", "--status", "uncertain")["items"]
    done = old_newsroom.ask("deliveries", "resolve", str(item["id"]), "--as", "sent")
    assert done["items"] == [{"id": item["id"], "status": "sent"}]
    assert old_newsroom.ask("run")["sent"] == 0
    assert old_newsroom.ask("issues", "show", str(item["issue"]))["status"] == "done"


def test_uncertain_copy_can_be_sent_again_under_the_same_message_id(old_newsroom: Shell) -> None:
    (item,) = old_newsroom.ask("deliveries", "list", "--status", "uncertain")["items"]
    old_newsroom.ok("deliveries", "resolve", str(item["id"]), "--as", "again")
    with mail_server() as server:
        assert old_newsroom.with_(**sends_to(server)).ask("run")["sent"] == 1
    (taken,) = server.taken
    assert f"Message-ID: {item['message_id']}".encode() in taken.content


def test_issue_is_shown_with_its_cohorts(newsroom: Shell) -> None:
    newsroom.ok("run", "--now", BOB_IS_DUE)
    first, second, third = newsroom.ask("issues", "list")["items"]
    assert [first["slot"], second["slot"], third["slot"]] == ["#8", "2026-11-24T08:00", "2026-11-24T07:00"]
    assert {first["kind"], second["kind"], third["kind"]} == {"scheduled"}
    shown = newsroom.ask("issues", "show", str(third["id"]))
    (cohort,) = shown["cohorts"]
    assert (cohort["readers"], cohort["max_items"], len(cohort["deferred"])) == (1, 3, 5)
    assert shown["outcomes"] == {"sent": 1}
    assert "copies: 1 sent" in newsroom.ok("issues", "show", str(third["id"])).out


def standing(shell: Shell, email: str) -> Any:
    return shell.ask("subscribers", "show", email)["subscriptions"][0]["status"]
