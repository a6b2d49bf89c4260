"""The contract with plugins, beside what it stands for in the house."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import pytest

from digest import plugins
from digest.core.model import DeliveryStatus, Outcome, Verdict
from digest.core.returned import Kind as ReturnedKind
from digest.core.verdict import judge
from digest.ingest.formats import FORMATS
from digest.mail.carried import CarriedLane
from digest.mail.hooks.called import Provider
from digest.mail.lane import Letter
from digest.mail.servers import Carrier, Security
from digest.plugins import Connection, EventKind, Fate, Handed, Message
from digest.plugins.shelf import BUILT_IN, Kind
from digest.render.environment import CLASSIC, templates_folder

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LETTER = Letter("bounces+1@news.example", "ana@readers.example", (b"Message-ID: <1@news.example>\r\n\r\nHi",))


def test_names_of_our_own_are_all_kept() -> None:
    themes = {folder.name for folder in (templates_folder() / "themes").iterdir() if folder.is_dir()}
    assert {
        Kind.SOURCE: frozenset(FORMATS),
        Kind.THEME: frozenset({CLASSIC, *themes}),
        Kind.TRANSPORT: frozenset({*(one.value for one in Security), "file"}),
        Kind.HOOK: frozenset(Provider),
    } == BUILT_IN


def test_events_have_the_kinds_that_the_house_knows() -> None:
    assert set(map(str, EventKind)) == set(map(str, ReturnedKind)) - {"unknown"}


def test_all_that_a_plugin_needs_is_imported_from_one_place() -> None:
    assert set(plugins.__all__) <= set(vars(plugins))
    assert plugins.API == 1


# --- what a connection answers ------------------------------------------------------------------------------


@dataclass
class Spoken:
    """A connection that does what it was told, and notes what was asked of it."""

    answer: Callable[[], Handed]
    opens: Callable[[], None] = lambda: None
    asked: list[str | Message] = field(default_factory=list)

    async def open(self) -> None:
        self.asked.append("open")
        self.opens()

    async def send(self, message: Message) -> Handed:
        self.asked.append(message)
        return self.answer()

    async def close(self) -> None:
        self.asked.append("close")
        raise OSError("gone already")


def lane_over(connection: Connection) -> CarriedLane:
    return CarriedLane(Carrier("relay", "relay.example", "relay://sesame@relay.example"), connection)


def judged(outcome: Outcome) -> Verdict:
    return judge(outcome, attempts=0, doubts=0, now=NOW, due_at=NOW, give_up_minutes=600, jitter=0.0)


def raises(error: Exception) -> Callable[[], Handed]:
    def answer() -> Handed:
        raise error

    return answer


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (lambda: Handed(Fate.TAKEN, "ours now"), DeliveryStatus.SENT, ""),
        (lambda: Handed(Fate.TAKEN, code=250, enhanced="2.0.0"), DeliveryStatus.SENT, ""),
        (lambda: Handed(Fate.LATER, "busy"), DeliveryStatus.DEFERRED, "try-later"),
        (lambda: Handed(Fate.REFUSED, "no"), DeliveryStatus.REFUSED, "refused"),
        (lambda: Handed(Fate.REFUSED, "gone", 550, "5.1.1"), DeliveryStatus.REFUSED, "no-such-address"),
        # a code that contradicts the fate is not believed
        (lambda: Handed(Fate.REFUSED, "ok", 250), DeliveryStatus.REFUSED, "refused"),
        (lambda: Handed(Fate.UNKNOWN, "hm"), DeliveryStatus.UNCERTAIN, "no-reply-to-final-dot"),
        (raises(OSError("broken pipe")), DeliveryStatus.UNCERTAIN, "no-reply-to-final-dot"),
        (raises(ZeroDivisionError()), DeliveryStatus.UNCERTAIN, "no-reply-to-final-dot"),
        (lambda: None, DeliveryStatus.UNCERTAIN, "no-reply-to-final-dot"),
        (lambda: Handed(cast("Fate", "maybe")), DeliveryStatus.UNCERTAIN, "no-reply-to-final-dot"),
    ],
    ids=[
        *("taken", "taken-coded", "later", "refused", "no-mailbox", "contradiction", "unknown"),
        *("breaks", "fails", "says-nothing", "other-word"),
    ],
)
async def test_fate_becomes_a_verdict(answer: Callable[[], Handed], status: str, reason: str) -> None:
    outcome = await lane_over(Spoken(answer)).post(LETTER)
    verdict = judged(outcome)
    assert (verdict.status, verdict.reason) == (status, reason)


@pytest.mark.anyio
async def test_letter_is_handed_over_whole_with_its_number() -> None:
    connection = Spoken(lambda: Handed(Fate.TAKEN))
    lane = lane_over(connection)
    await lane.post(LETTER)
    await lane.post(LETTER)
    message = Message(LETTER.sender, LETTER.recipient, LETTER.content, "1@news.example")
    assert connection.asked == ["open", message, message]
    assert not lane.pass_on(LETTER, None, lambda _outcome: None)


@pytest.mark.anyio
@pytest.mark.parametrize("fate", [Fate.UNKNOWN, Fate.NOT_TRIED], ids=["unknown", "not-tried"])
async def test_connection_that_may_be_broken_is_opened_anew(fate: Fate) -> None:
    connection = Spoken(lambda: Handed(fate))
    lane = lane_over(connection)
    await lane.post(LETTER)
    assert not lane.is_ready
    await lane.post(LETTER)
    assert [one for one in connection.asked if isinstance(one, str)] == ["open", "close", "open", "close"]


@pytest.mark.anyio
async def test_place_that_cannot_be_reached_costs_no_attempt() -> None:
    def refuses() -> None:
        raise ConnectionRefusedError("nobody there")

    connection = Spoken(lambda: Handed(Fate.TAKEN), refuses)
    verdict = judged(await lane_over(connection).post(LETTER))
    assert verdict.stop_run
    assert connection.asked == ["open"]
