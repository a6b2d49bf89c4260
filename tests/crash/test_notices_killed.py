"""A process dies while it sends notices: none is lost, and at most the one on the wire comes twice."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import pytest

from digest.core.model import DeliveryStatus
from digest.store.database import Database
from tests.crash.children import Born
from tests.crash.points import OF_NOTICES
from tests.crash.scenes import LANES, NOW
from tests.flows.newsroom import TUESDAY, join
from tests.flows.post_office import all_notices
from tests.tiers import wide
from tests.walk.process import ended
from tests.walk.recording import recording

NAMES = tuple(OF_NOTICES)

pytestmark = pytest.mark.anyio

PENDING = 8
#: Where the message has gone out, and nobody knows.
ON_THE_WIRE = (
    "notice: after the final dot, before the reply",
    "notice: the reply is read",
    "notice: recorded, not committed",
)


async def die_and_go_on(
    store: Database, folder: Path, births: Path, point: str, uncertain: str
) -> tuple[Counter[int], Counter[DeliveryStatus]]:
    """How often each notice was taken by the server, and what the store says in the end."""
    found = OF_NOTICES[point]
    words: tuple[str, ...] = ("run", "--now", NOW)
    if found.scene == "asking":
        words = ("subscribers", "add", "late@example.org", "--unconfirmed")
    else:
        for number in range(PENDING):
            await join(store, f"reader{number}@example.org", TUESDAY, confirmed=False)
    async with recording() as record:
        command = Born(folder, store, record.server, LANES, uncertain, nursery=births)
        status, out, err = await ended(await command.dying_at(point, found.time).start(*words))
        assert status == -signal.SIGKILL, f"the point was not reached: {status} {out} {err}"
        if found.scene == "asking":
            # whoever saw the command die types it again
            await command.run(*words)
        for _ in range(2):
            _status, _out, err = await command.run("run", "--now", "+1h" if found.scene == "asking" else NOW)
            assert "Traceback" not in err
    record.assert_no_second_copy_differs()
    return record.times_accepted(), Counter(one.status for one in await all_notices(store))


@pytest.mark.parametrize("point", [*NAMES[::2], *wide(*NAMES[1::2])])
async def test_a_sender_killed_at_this_point_loses_no_notice(
    sqlite_store: Database, tmp_path: Path, births: Path, point: str
) -> None:
    times, states = await die_and_go_on(sqlite_store, tmp_path, births, point, "again")
    asking = OF_NOTICES[point].scene == "asking"
    assert len(times) == (1 if asking else PENDING)
    assert times.total() - len(times) == (point in ON_THE_WIRE)
    assert states.pop(DeliveryStatus.SENT) == len(times)
    # the question that was asked for twice is there once, and says so
    assert set(states) <= {DeliveryStatus.SKIPPED}
    assert states.total() <= asking


@pytest.mark.parametrize("point", ON_THE_WIRE)
async def test_what_is_held_for_a_person_never_comes_twice(
    sqlite_store: Database, tmp_path: Path, births: Path, point: str
) -> None:
    times, states = await die_and_go_on(sqlite_store, tmp_path, births, point, "hold")
    assert (len(times), times.total()) == (PENDING, PENDING)
    assert states == {DeliveryStatus.SENT: PENDING - 1, DeliveryStatus.UNCERTAIN: 1}
