"""The verdict on a run that was disturbed: the server's own record against what the store says."""

from __future__ import annotations

from collections import defaultdict

from digest.core.model import DeliveryStatus
from digest.flows.deep_look import deep_look
from digest.store.database import Database
from digest.store.ledger import Entry
from tests.flows.newsroom import copies
from tests.walk.recording import Record

#: A copy in one of these states holds its briefings; the others have given them back, or never had any.
HOLDING = frozenset({DeliveryStatus.SENT, DeliveryStatus.UNCERTAIN})


async def judge(
    store: Database, record: Record, *, doubts: int, news: int, readers: int, held: bool = False
) -> None:
    """Nothing is lost, and no more came twice than the disturbances allow.

    `doubts`: messages that may have been on the wire unanswered, that is kills x connections, or drops.
    `news` briefings went to so many `readers`, none of them under a cap but for those who say so.
    """
    rows = await copies(store)
    times = record.times_accepted()
    sent = {copy.id for copy in rows if copy.status is DeliveryStatus.SENT}
    uncertain = {copy.id for copy in rows if copy.status is DeliveryStatus.UNCERTAIN}
    holding = [copy for copy in rows if copy.status in HOLDING]
    gone = {copy.status for copy in rows} - HOLDING
    assert gone <= {DeliveryStatus.EXPIRED, DeliveryStatus.SKIPPED}, "something is left unsent"
    assert sent <= set(times), "the store says sent, the server has it not"
    assert set(times) <= sent | uncertain, "the server has it, the store knows nothing of it"
    record.assert_no_second_copy_differs()
    doubled = sum(times.values()) - len(times)
    assert doubled <= (0 if held else doubts), f"{doubled} came twice"
    assert len(uncertain) <= (doubts if held else 0)
    assert_each_briefing_once(holding, news=news, readers=readers)
    # the look at every row, which knows nothing of the disturbance, finds no fault either
    assert (await deep_look(store=store)).differences == ()


def assert_each_briefing_once(holding: list[Entry], *, news: int, readers: int) -> None:
    """Every reader has every briefing in one copy, or a cap has put it off."""
    numbers: defaultdict[int, list[int]] = defaultdict(list)
    put_off: defaultdict[int, set[int]] = defaultdict(set)
    for copy in holding:
        numbers[copy.subscription_id].extend(copy.numbers)
        put_off[copy.subscription_id] = set(copy.deferred)
    assert len(numbers) == readers
    for subscription, mine in numbers.items():
        assert len(mine) == len(set(mine)), f"subscription {subscription} has a briefing in two copies"
        wanted = set(range(1, news + 1))
        assert set(mine) | put_off[subscription] == wanted, f"subscription {subscription} lacks some"
