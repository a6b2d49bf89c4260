"""A mail server played by the lanes themselves: it keeps its own record, and misbehaves on request."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from enum import Enum
from typing import Final

from digest.core.model import Outcome, Stage
from digest.errors import TransportError
from digest.mail.lane import Letter

_MESSAGE_ID: Final = re.compile(r"<([0-9]+)\.([0-9]+)\.[0-9a-f]+@[^>]+>")
#: What the house writes into the text of every briefing: which one it is, and in which revision.
MARK: Final = re.compile(r"\bMark([0-9]+)r([0-9]+)m\b")


class Mood(Enum):
    """What the server does with one letter: what it says, or at which step the connection breaks."""

    TAKES = Outcome(Stage.FINAL_DOT, 250, "2.0.0", "taken")
    GREYLISTS = Outcome(Stage.RCPT, 451, "4.7.1", "greylisted, come back later")
    IS_BUSY = Outcome(Stage.MAIL, 421, "4.3.2", "too many of you")
    HANGS_UP = Outcome(Stage.DATA, 0, "", "connection closed")
    KNOWS_NOBODY = Outcome(Stage.RCPT, 550, "5.1.1", "no such user here")
    SMELLS_SPAM = Outcome(Stage.FINAL_DOT, 554, "5.7.1", "message rejected")
    #: the message arrived, the answer did not
    TAKES_AND_DROPS = Outcome(Stage.FINAL_DOT, 0, "", "connection lost")
    #: the same to the sender, but the message did not arrive
    DROPS = Outcome(Stage.FINAL_DOT, 0, "", "connection reset")
    #: the connection is gone, and no new one is given: trouble of the server, not of the letter
    GOES_DOWN = Outcome(Stage.CONNECT, 0, "", "connection refused")


TAKING: Final = frozenset({Mood.TAKES, Mood.TAKES_AND_DROPS})


@dataclass
class Accepted:
    """A message for which the server took responsibility."""

    message_id: str
    issue_id: int
    delivery_id: int
    recipient: str
    #: revision by item, of the briefings whose text is in it
    marks: dict[int, int]
    content: bytes
    #: True when the sender cannot know that it arrived: no answer came, or the sender died first
    doubtful: bool = False


@dataclass
class MailServer:
    """The server's own record is what "sent once" is judged by."""

    accepted: list[Accepted] = field(default_factory=list)
    #: moods to come by recipient; "*" is for whoever comes next
    moods: defaultdict[str, deque[Mood]] = field(default_factory=lambda: defaultdict(deque))
    is_down: bool = False
    #: recipients of whom it said that they do not exist
    denied: set[str] = field(default_factory=set)
    #: called when so many more letters have come
    alarms: list[tuple[int, Callable[[], None]]] = field(default_factory=list)

    def heal(self) -> None:
        """From now on everything is taken."""
        self.moods.clear()
        self.alarms.clear()
        self.is_down = False

    @property
    def is_healthy(self) -> bool:
        """True when nothing out of order is planned."""
        return not self.is_down and not any(self.moods.values())

    def answer(self, letter: Letter) -> tuple[Outcome, Accepted | None]:
        """Take a letter, or do what the mood is for."""
        mine = self.moods[letter.recipient] or self.moods["*"]
        mood = Mood.GOES_DOWN if self.is_down else mine.popleft() if mine else Mood.TAKES
        self._count()
        if mood is Mood.GOES_DOWN:
            self.is_down = True
        if mood is Mood.KNOWS_NOBODY:
            self.denied.add(letter.recipient)
        if mood not in TAKING:
            return mood.value, None
        taken = _read(letter)
        taken.doubtful = mood is Mood.TAKES_AND_DROPS
        self.accepted.append(taken)
        return mood.value, taken

    def _count(self) -> None:
        for _, ring in [alarm for alarm in self.alarms if alarm[0] == 1]:
            ring()
        self.alarms = [(left - 1, ring) for left, ring in self.alarms if left > 1]


@dataclass
class Witness:
    """What a lane looks at and reports to while it works: the process that it lives in."""

    #: a boundary at which the process may die
    step: Callable[[], None]
    #: lets other tasks go first
    pause: Callable[[], Awaitable[None]]
    #: raises AssertionError when a transaction is open in the asking task
    no_transaction: Callable[[], None]
    #: status and beginning of a delivery as they are committed
    committed: Callable[[int], tuple[str, str | None]]
    #: the last letter of each lane that was taken and maybe not recorded
    unrecorded: dict[int, Accepted] = field(default_factory=dict)


class ServerLane:
    """A `Lane` whose far end is in the room: real outcomes, no wire."""

    def __init__(self, server: MailServer, witness: Witness) -> None:
        self._server = server
        self._witness = witness
        self._last: int | None = None

    async def open(self) -> None:
        self._witness.step()
        if self._server.is_down:
            raise TransportError("no mail server can be used: connection refused")

    async def post(self, letter: Letter, following: Letter | None = None) -> Outcome:
        """Look that the rows were written first, then let the server decide."""
        await self._witness.pause()
        self._witness.step()
        self._witness.no_transaction()
        if is_notice(letter):
            # tests/flows/test_notify.py asks about these; here they are taken, and no mood is spent on them
            return Mood.TAKES.value
        delivery_id = delivery_of(letter)
        status, started_at = self._witness.committed(delivery_id)
        assert (status, started_at is not None) == ("sending", True), f"posted while {status}, {started_at}"
        if self._last is not None and self._last != delivery_id:
            assert self._witness.committed(self._last)[0] != "sending", "two unrecorded on a connection"
        self._last = delivery_id
        outcome, taken = self._server.answer(letter)
        if taken is not None:
            self._witness.unrecorded[id(self)] = taken
        await self._witness.pause()
        self._witness.step()
        return outcome

    def pass_on(self, letter: Letter, following: Letter | None, then: Callable[[Outcome], None]) -> bool:
        """Never: the server takes its time."""
        return False

    async def close(self) -> None:
        """Nothing is held open."""


def is_notice(letter: Letter) -> bool:
    """Whether it belongs to no issue: a question, a welcome."""
    return b"\r\nMessage-ID: <0." in letter.content


def delivery_of(letter: Letter) -> int:
    """The delivery id in a letter's Message-ID, read from the bytes as they would travel."""
    head = letter.content.partition(b"\r\n\r\n")[0].decode()
    found = re.search(r"^Message-ID:\s*(\S+)", head, re.MULTILINE | re.IGNORECASE)
    assert found is not None
    match = _MESSAGE_ID.fullmatch(found[1])
    assert match is not None
    return int(match[2])


def _read(letter: Letter) -> Accepted:
    parsed = message_from_bytes(letter.content, policy=policy.default)
    message_id = str(parsed["Message-ID"]).strip()
    match = _MESSAGE_ID.fullmatch(message_id)
    assert match is not None
    body = parsed.get_body(preferencelist=("plain",))
    assert body is not None
    found = MARK.findall(body.get_content())
    marks = {int(item): int(revision) for item, revision in found}
    assert len(marks) == len(found), f"a briefing stands twice in one mail: {found}"
    return Accepted(message_id, int(match[1]), int(match[2]), letter.recipient, marks, letter.content)
