"""The crash points: named places along the walk at which a process kills itself, as `kill -9` would."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from digest.flows import move_store
from digest.flows.lanes import LaneAtWork
from digest.flows.notice_press import NoticePress
from digest.flows.press import Press
from digest.flows.recorder import Recorder
from digest.ingest.folder import Folder
from digest.jobs import here
from digest.jobs.liveness import Liveness
from digest.mail.post import FailoverLane
from digest.mail.wire import Wire
from digest.store import (
    briefings,
    closing,
    copied_rows,
    copied_stores,
    deliveries,
    desk_words,
    issues,
    notices,
    recording,
    taken_files,
    workers,
)
from tests.crash.striking import (
    CONTENT,
    after,
    after_commit,
    before,
    before_commit,
    frozen_before_commit,
    half_content,
    within_commit,
)


@dataclass(frozen=True)
class Point:
    """A place; `arm(times)` lets the process die there when it comes for that time."""

    arm: Callable[[int], None]
    #: what the run must be for: the scene that leads there
    scene: str = "sending"
    #: at which time it dies there: not at the first where a run comes often
    time: int = 1


def _is_content(_found: object, _wire: object, pieces: Sequence[bytes], _answers: int) -> bool:
    return sum(map(len, pieces)) > CONTENT


def _is_envelope(_found: object, _wire: object, pieces: Sequence[bytes], _answers: int) -> bool:
    return pieces[0].startswith(b"MAIL ")


def _is_group(_found: object, _connection: object, _owner: object, results: Any, *_: object) -> bool:
    return len(results) > 1


def _is_true(found: object, *_: object) -> bool:
    return bool(found)


#: Every point by its name, in the order of the walk.
POINTS: Final[dict[str, Point]] = {
    # news comes in
    "news: written, not committed": Point(before_commit(briefings, "publish"), "news"),
    "news: committed": Point(after_commit(briefings, "publish"), "news"),
    "folder: a file recorded, not committed": Point(before_commit(taken_files, "note"), "folder"),
    "folder: while the record is committed": Point(within_commit(taken_files, "note"), "folder"),
    "folder: recorded, not moved": Point(after_commit(taken_files, "note"), "folder"),
    "folder: moved, which is not noted": Point(after(Folder, "keep"), "folder"),
    # a process begins, and sweeps up after another one
    "start: the name is there, its lock not yet": Point(before(fcntl, "flock")),
    "start: signed on": Point(after(Liveness, "sign_on")),
    "sweep: taken back, not committed": Point(before_commit(deliveries, "sweep"), "sweeping"),
    "sweep: committed": Point(after_commit(deliveries, "sweep"), "sweeping"),
    "sweep: committed, the dead not yet buried": Point(before(Liveness, "bury"), "sweeping"),
    # a slot becomes an issue
    "plan: the issue is opened, its copies not": Point(after(issues, "open_slot")),
    "plan: written, not committed": Point(before_commit(issues, "open_slot")),
    "plan: while it is committed": Point(within_commit(issues, "open_slot")),
    "plan: committed": Point(after_commit(issues, "open_slot")),
    "plan: one slot of two": Point(after(here, "publish_some")),
    "plan: some of its readers": Point(after(here, "publish_some"), "in pieces"),
    "plan: the others, not committed": Point(before_commit(issues, "open_slot"), "in pieces", time=2),
    "plan: the others, committed": Point(after_commit(issues, "open_slot"), "in pieces", time=2),
    # copies are claimed and begun
    "claim: marked, not committed": Point(before_commit(deliveries, "claim")),
    "claim: committed": Point(after_commit(deliveries, "claim")),
    "print: some letters are there": Point(after(Press, "letter_at_once"), time=6),
    "begin: marked, not committed": Point(before_commit(recording, "begin"), time=6),
    "begin: while it is committed": Point(within_commit(recording, "begin"), time=6),
    "begin: committed, before the first byte": Point(after_commit(recording, "begin"), time=6),
    # a message is on the wire
    "wire: the envelope is said": Point(after(Wire, "say", when=_is_envelope), time=6),
    "wire: in the middle of the content": Point(half_content),
    "wire: after the final dot, before the reply": Point(after(Wire, "say", when=_is_content), time=6),
    "wire: the reply is read": Point(after(LaneAtWork, "_note"), time=6),
    # results are recorded
    "record: noted, not yet in a group": Point(before(Recorder, "_write"), time=6),
    "record: a result written, not committed": Point(before_commit(recording, "record_sent"), time=6),
    "record: a group written, not committed": Point(before_commit(recording, "record_sent", when=_is_group)),
    "record: while a group is committed": Point(within_commit(recording, "record_sent", when=_is_group)),
    "record: committed": Point(after_commit(recording, "record_sent"), time=6),
    # the end of an issue, good or not
    "close: the issue is done, not committed": Point(
        before_commit(issues, "close_when_settled", when=_is_true)
    ),
    "close: committed": Point(after_commit(issues, "close_when_settled", when=_is_true)),
    "stop: claims given back, not committed": Point(before_commit(deliveries, "release"), "stopping"),
    "stop: claims given back": Point(after_commit(deliveries, "release"), "stopping"),
    "expiry: given back, not committed": Point(before_commit(deliveries, "expire"), "expiring"),
    "expiry: committed": Point(after_commit(deliveries, "expire"), "expiring"),
    # by hand
    "by hand: planned, not committed": Point(before_commit(issues, "open_by_hand"), "by hand"),
    "by hand: planned": Point(after_commit(issues, "open_by_hand"), "by hand"),
}

#: Where a process dies that sends mails that are no issue.
OF_NOTICES: Final = {
    "notice: planned, not committed": Point(before_commit(notices, "plan"), "asking"),
    "notice: planned": Point(after_commit(notices, "plan"), "asking"),
    "notice: claimed, not committed": Point(before_commit(notices, "claim")),
    "notice: claimed": Point(after_commit(notices, "claim")),
    "notice: printed": Point(after(NoticePress, "letter"), time=3),
    "notice: begun, not committed": Point(before_commit(notices, "begin"), time=3),
    "notice: begun, before the first byte": Point(after_commit(notices, "begin"), time=3),
    "notice: in the middle of the content": Point(half_content),
    "notice: after the final dot, before the reply": Point(after(Wire, "say", when=_is_content), time=3),
    "notice: the reply is read": Point(after(FailoverLane, "post"), time=3),
    "notice: recorded, not committed": Point(before_commit(notices, "record"), time=3),
    "notice: recorded": Point(after_commit(notices, "record"), time=3),
}

#: Where a process dies that copies a store into another one.
OF_COPIES: Final = {
    "store: the copy noted, not committed": Point(before_commit(copied_stores, "note_closed")),
    "store: the copy noted, the source open": Point(before(closing, "close")),
    "store: closed, not committed": Point(before_commit(closing, "note_closed")),
    "store: while the closing is committed": Point(within_commit(closing, "note_closed")),
    "store: closed": Point(after_commit(closing, "note_closed")),
    "store: rows written, not committed": Point(before_commit(copied_rows, "write_rows"), time=12),
    "store: while rows are committed": Point(within_commit(copied_rows, "write_rows"), time=12),
    "store: rows committed": Point(after_commit(copied_rows, "write_rows"), time=12),
    "store: compared": Point(before(move_store, "reindex")),
    "store: some words of search are there": Point(after(desk_words, "keep_in_step")),
    "store: moved, not committed": Point(before_commit(move_store, "note_closed")),
    "store: moved, the copy not open": Point(after_commit(move_store, "note_closed")),
    "store: the copy open, not committed": Point(before_commit(copied_stores, "open_to_all")),
    "store: the copy open": Point(after_commit(copied_stores, "open_to_all")),
}

#: Places at which a process does not die, but freezes until it is woken.
FREEZING: Final = {
    "frozen: a result written, not committed": Point(frozen_before_commit(recording, "record_sent")),
    "frozen: copies claimed, not committed": Point(frozen_before_commit(deliveries, "claim")),
    "frozen: heard of, not committed": Point(frozen_before_commit(workers, "beat")),
    "frozen: signed on, not committed": Point(frozen_before_commit(workers, "sign_on")),
}
