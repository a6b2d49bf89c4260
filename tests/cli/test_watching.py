"""What `digest run` and `digest status` say of what is late, and the sign of life after a good run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from anyio.from_thread import start_blocking_portal

from digest.flows import publish
from tests.cli.conftest import MONDAY_NOON
from tests.cli.shell import Shell
from tests.reach.httpd import Httpd, Reply, httpd


@pytest.fixture
def beats() -> Iterator[Httpd]:
    """A service that listens for signs of life."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(httpd()) as server:
        server.pages["/beat"] = Reply(b"OK")
        yield server


def heard(newsroom: Shell, beats: Httpd) -> Shell:
    return newsroom.with_(
        DIGEST_HEARTBEAT_URL=f"{beats.url}/beat",
        DIGEST_REACH_PRIVATE="127.0.0.0/8",
        DIGEST_ALERTS_TO="desk@newsroom.example",
        DIGEST_ALARM_AFTER_MINUTES="15",
    )


def test_run_that_went_well_gives_a_sign_and_one_as_if_it_were_then_does_not(
    newsroom: Shell, beats: Httpd
) -> None:
    shell = heard(newsroom, beats)
    shell.ok("run")
    assert [(one.method, one.path) for one in beats.asked] == [("GET", "/beat")]
    shell.ok("run", "--now", "+2d")
    assert len(beats.asked) == 1


def test_run_that_could_not_send_gives_no_sign(newsroom: Shell, beats: Httpd) -> None:
    shell = heard(newsroom, beats).with_(DIGEST_SMTP_URL="smtp://127.0.0.1:9")
    with time_machine.travel(MONDAY_NOON.replace(minute=5), tick=True):
        newsroom.ok("subscribers", "add", "dora@readers.example", "--at-once")
        assert shell("run").status == 1
    assert beats.asked == []


def test_slot_that_breaks_every_run_is_told_by_the_runs_themselves(
    newsroom: Shell, beats: Httpd, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = heard(newsroom, beats)

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    # cron calls again and again, from half past eight in Paris on, and each time it ends badly
    with monkeypatch.context() as fault:
        fault.setattr(publish, "publish_in", broken)
        for minutes in (0, 10, 20, 30):
            with time_machine.travel(MONDAY_NOON.replace(day=24, hour=7, minute=minutes), tick=True):
                assert shell("run").status == 1
                told = "late, as admins were told" in shell.ok("status").out
            assert told == (minutes >= 20), minutes
    assert beats.asked == []
    with time_machine.travel(MONDAY_NOON.replace(day=24, hour=7, minute=40), tick=True):
        assert "as admins were told: daily, 2026-11-24" in shell.ok("status").out
        alerts = [one for one in shell.ask("notices", "list")["items"] if one["kind"] == "alert"]
        # why at once, and that it is late when it is
        assert [one["occasion"].split()[1] for one in alerts] == ["stopped", "overdue"]
        for alert in alerts:
            assert (alert["email"], alert["status"]) == ("desk@newsroom.example", "sent")
        shell.ok("run")
        assert "late" not in shell.ok("status").out
        kinds = [one["kind"] for one in shell.ask("notices", "list")["items"]]
    # that it is over, and that two issues were made long after their time
    assert kinds.count("alert") == len(alerts) + 1 + 2
    assert len(beats.asked) == 1


def test_status_says_how_long_slots_wait_where_nobody_was_told(newsroom: Shell) -> None:
    told = newsroom.ok("status", "--now", "2026-11-24T09:20:00Z").out
    assert "late: 2 slots without an issue for 9 h 20 min: see that digest serve runs" in told
    assert "late" not in newsroom.ok("status").out
