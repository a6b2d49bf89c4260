"""What a random history draws from: news, wishes, spans of time, bad servers, and where a process dies."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Final

from hypothesis import strategies as st

from tests.walk.accounts import DAYS, Wish
from tests.walk.mailserver import Mood

_MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_TOPICS: Final = st.sampled_from(["economy", "energy", "society"])
_SECTIONS: Final = st.sampled_from(["briefing", "briefing", "analysis", "report"])
KINDS: Final = st.tuples(_SECTIONS, st.frozensets(_TOPICS, min_size=1, max_size=3))
NEWS: Final = st.lists(KINDS, min_size=1, max_size=4)
_ZONES: Final = ("UTC", "Europe/Paris", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago")
WISHES: Final = st.builds(
    Wish,
    topics=st.none() | st.none() | st.frozensets(_TOPICS, min_size=1, max_size=2),
    sections=st.none() | st.none() | st.frozensets(_SECTIONS, min_size=1, max_size=2),
    cap=st.sampled_from([None, 1, None, 2]),
    days=st.sampled_from([DAYS, DAYS, DAYS, DAYS[:5], ("mon", "thu"), ("monthly",)]),
    at=st.sampled_from([time(7, 0), time(0, 0), time(18, 30), time(23, 45)]),
    zone=st.sampled_from(_ZONES),
    at_once=st.sampled_from([False, False, True]),
)
LEAPS: Final = st.sampled_from(
    [DAY, 12 * HOUR, 7 * _MINUTE, 50 * _MINUTE, 3 * HOUR, DAY, 2 * DAY, 40 * DAY, -10 * _MINUTE, -DAY]
)
PAUSES: Final = st.sampled_from([7 * _MINUTE, 50 * _MINUTE, 3 * HOUR, 12 * HOUR, DAY, 2 * DAY])
MOODS: Final = st.lists(st.sampled_from(Mood), min_size=1, max_size=4)
#: When a process dies: letters to be sent before, and boundaries to be passed after them.
DEATHS: Final = (
    st.none() | st.tuples(st.integers(1, 3), st.integers(0, 7)) | st.tuples(st.just(0), st.integers(0, 40))
)
#: Days without an issue, counted from today.
QUIET: Final = st.frozensets(st.integers(-1, 9), min_size=1, max_size=5)
EDITS: Final = ["revise", "move", "lift", "retract", "join"]
#: What a person does to an issue that is under way.
STOPS: Final = st.sampled_from(["hold", "cancel"])
#: Stands for one of whatever there is.
ONE: Final = st.integers(0, 30)
PAPERS: Final = st.sampled_from(["daily", "daily", "brief"])

Death = tuple[int, int] | None
