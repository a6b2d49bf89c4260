"""An issue that a person holds, releases, approves or cancels: nothing is lost by it, nothing comes twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from digest.core.access import Actor, Via
from digest.core.model import DeliveryStatus, IssueStatus, Verdict
from digest.errors import InputError, NotFoundError
from digest.flows import issue_acts, readers, settling
from digest.store import changes, deliveries, issues
from digest.store.database import Database
from digest.store.deliveries import Recorded
from digest.store.tables import issues as issue_table
from subscribers.model import Bookmark
from tests.flows.newsroom import (
    TUESDAY,
    at,
    carried,
    change_newsletter,
    copies,
    item,
    join,
    plan_all,
    publish_news,
    reader,
)
from tests.jobs.office import jobs_for, run
from tests.waiting import until_someone_waits

pytestmark = pytest.mark.anyio

ANN, BOB, CAT = "ann@example.org", "bob@example.org", "cat@example.org"
EDITOR = Actor("Anna", Via.DESK, None)


async def three_readers_and_their_issue(store: Database) -> int:
    """Three readers whose mail of Tuesday is planned; its issue."""
    for address in (ANN, BOB, CAT):
        await join(store, address, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    (planned,) = await plan_all(store, at(24, 7))
    return planned.issue_id


async def status_of(store: Database, issue_id: int) -> IssueStatus:
    async with store.read() as connection:
        found = await issues.by_id(connection, issue_id)
    assert found is not None
    return found.status


async def statuses(store: Database) -> dict[str, int]:
    """How many copies have each status, with their reasons."""
    found = Counter(f"{copy.status} {copy.reason}".strip() for copy in await copies(store))
    return dict(found)


async def act(what: Any, store: Database, issue_id: int, hour: int = 7, minute: int = 1) -> Any:
    return await what(issue_id, by=EDITOR, store=store, now=at(24, hour, minute))


async def claim(store: Database, limit: int = 100) -> deliveries.Claim:
    async with store.write() as connection:
        return await deliveries.claim(
            connection, 1, "sender", now=at(24, 7), wall=at(24, 7), limit=limit, resend_uncertain=True
        )


class FirstSettled:
    """Watches a run until the first copy is settled."""

    def __init__(self) -> None:
        self.happened = asyncio.Event()

    def expect(self, copies: int) -> None:
        """Not of interest."""

    def settled(self, copies: int) -> None:
        """Something was."""
        self.happened.set()


def letters_in(folder: Path) -> list[str]:
    """Whom the letters in the outbox are to."""
    return sorted(one.name.split("-")[-1].removesuffix(".eml") for one in (folder / "outbox").glob("*.eml"))


async def test_what_is_held_is_sent_by_no_run_and_whole_after_its_release(
    store: Database, tmp_path: Path
) -> None:
    issue_id = await three_readers_and_their_issue(store)
    await act(issue_acts.hold, store, issue_id)
    jobs = jobs_for(store, tmp_path)
    assert (await run(jobs, at(24, 8))).totals.sent == 0
    # longer than a copy may take: the time begins again with the release
    assert (await run(jobs, at(24, 23))).totals.expired == 0
    assert await status_of(store, issue_id) is IssueStatus.HELD
    await act(issue_acts.release, store, issue_id, 23, 30)
    assert (await run(jobs, at(24, 23, 31))).totals.sent == 3
    assert letters_in(tmp_path) == [ANN, BOB, CAT]
    assert await status_of(store, issue_id) is IssueStatus.DONE
    assert (await run(jobs, at(24, 23, 32))).totals.sent == 0


async def test_what_is_released_by_a_clock_that_went_back_goes_at_once(
    store: Database, tmp_path: Path
) -> None:
    issue = await three_readers_and_their_issue(store)
    await act(issue_acts.hold, store, issue)
    await act(issue_acts.release, store, issue, 5)
    assert (await run(jobs_for(store, tmp_path), at(24, 5))).totals.sent == 3


async def test_what_a_sender_has_in_hand_goes_out_and_nothing_after_it(store: Database) -> None:
    issue_id = await three_readers_and_their_issue(store)
    held = await claim(store, limit=1)
    await act(issue_acts.hold, store, issue_id)
    assert (await claim(store)).copies == ()
    async with store.write() as connection:
        sent = Recorded(held.copies[0].delivery_id, Verdict(DeliveryStatus.SENT))
        assert await deliveries.begin(connection, "sender", [sent.delivery_id], at(24, 7))
        assert await deliveries.record(connection, "sender", [sent], at(24, 7)) == 0
    assert await statuses(store) == {"sent": 1, "planned": 2}
    await act(issue_acts.release, store, issue_id)
    assert len((await claim(store)).copies) == 2


async def test_what_is_cancelled_is_owed_again_and_comes_with_the_next_issue(
    store: Database, tmp_path: Path
) -> None:
    issue_id = await three_readers_and_their_issue(store)
    done = await act(issue_acts.cancel, store, issue_id)
    assert (done.withdrawn, done.settled) == (3, True)
    assert await status_of(store, issue_id) is IssueStatus.CANCELLED
    assert await statuses(store) == {"skipped cancelled": 3}
    assert (await reader(store, ANN)).bookmark == Bookmark(2, (1, 2))
    jobs = jobs_for(store, tmp_path)
    # the day is served: nothing more comes on it
    assert (await run(jobs, at(24, 9))).totals.sent == 0
    assert (await run(jobs, at(25, 7))).totals.sent == 3
    assert await carried(store, ANN) == [(1, 2), (1, 2)]
    assert letters_in(tmp_path) == [ANN, BOB, CAT]


async def test_a_run_between_hold_and_cancel_loses_nothing_and_doubles_nothing(
    store: Database, tmp_path: Path
) -> None:
    issue_id = await three_readers_and_their_issue(store)
    (first, *_) = (await claim(store, limit=1)).copies
    await act(issue_acts.hold, store, issue_id)
    await act(issue_acts.cancel, store, issue_id, minute=2)
    assert await status_of(store, issue_id) is IssueStatus.CANCELLING
    assert await statuses(store) == {"sending": 1, "skipped cancelled": 2}
    # the sender had to give its copy back: what is cancelled is not sent after all
    async with store.write() as connection:
        assert await deliveries.release(connection, "sender", issue_id) == 1
    jobs = jobs_for(store, tmp_path)
    assert (await run(jobs, at(24, 8))).totals.sent == 0
    assert await statuses(store) == {"skipped cancelled": 3}
    assert await status_of(store, issue_id) is IssueStatus.CANCELLED
    await run(jobs, at(25, 7))
    assert letters_in(tmp_path) == [ANN, BOB, CAT]
    for address in (ANN, BOB, CAT):
        assert (await reader(store, address)).bookmark == Bookmark(2)
    assert first.delivery_id


async def test_a_cancellation_while_a_run_is_at_work_settles_every_copy(
    store: Database, tmp_path: Path
) -> None:
    for number in range(40):
        await join(store, f"reader{number:02}@example.org", TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    (planned,) = await plan_all(store, at(24, 7))
    begun = FirstSettled()
    jobs = jobs_for(store, tmp_path, lanes=1, progress=begun)

    async def cancelled_meanwhile() -> None:
        await begun.happened.wait()
        await act(issue_acts.cancel, store, planned.issue_id)

    await asyncio.gather(run(jobs, at(24, 7)), cancelled_meanwhile())
    await run(jobs, at(24, 8))
    assert await status_of(store, planned.issue_id) in {IssueStatus.CANCELLED, IssueStatus.DONE}
    after_cancelling = letters_in(tmp_path)
    await run(jobs, at(25, 7))
    letters = letters_in(tmp_path)
    assert len(letters) == len(set(letters)) == 40
    assert set(after_cancelling) <= set(letters)
    by_status = Counter(copy.status for copy in await copies(store, issue_id=planned.issue_id))
    assert by_status[DeliveryStatus.SENT] == len(after_cancelling)
    assert by_status[DeliveryStatus.SKIPPED] == 40 - len(after_cancelling)


async def test_a_claim_that_skips_a_paused_reader_and_a_cancellation_wait_in_no_circle(
    postgres_store: Database, second_postgres_store: Database
) -> None:
    store, other = postgres_store, second_postgres_store
    issue_id = await three_readers_and_their_issue(store)
    await readers.pause(BOB, None, until=None, catch_up=True, store=store, now=at(24, 7))
    async with store.write() as connection:
        # the cancellation holds the readers by then, and waits for the issue
        await connection.execute(select(issue_table.c.id).with_for_update(key_share=True))
        cancelling = asyncio.create_task(act(issue_acts.cancel, other, issue_id))
        await until_someone_waits(store)
        claiming = asyncio.create_task(claim(other))
        await until_someone_waits(store, many=2)
    async with asyncio.timeout(10):
        done, claimed = await asyncio.gather(cancelling, claiming)
    # whatever was in the hands of the one was not in those of the other
    assert len(claimed.copies) + claimed.skipped.total() + done.withdrawn == 3
    async with store.write() as connection:
        await deliveries.release(connection, "sender", issue_id)
    await issue_acts.settle_stopped(store=store, now=at(24, 7, 2))
    assert await status_of(store, issue_id) is IssueStatus.CANCELLED
    assert {copy.status for copy in await copies(store)} == {DeliveryStatus.SKIPPED}
    assert {(await reader(store, one)).bookmark for one in (ANN, BOB, CAT)} == {Bookmark(2, (1, 2))}


async def test_a_copy_in_doubt_is_left_to_a_person_when_its_issue_is_cancelled(store: Database) -> None:
    issue_id = await three_readers_and_their_issue(store)
    (first, second, _) = (await claim(store)).copies
    doubt = Verdict(DeliveryStatus.UNCERTAIN, "interrupted")
    async with store.write() as connection:
        await deliveries.begin(connection, "sender", [first.delivery_id, second.delivery_id], at(24, 7))
        results = [Recorded(one.delivery_id, doubt) for one in (first, second)]
        await deliveries.record(connection, "sender", results, at(24, 7))
        await deliveries.release(connection, "sender", issue_id)
    assert not (await act(issue_acts.cancel, store, issue_id)).settled
    assert await statuses(store) == {"uncertain interrupted": 2, "skipped cancelled": 1}
    told: dict[str, Any] = {"by": EDITOR, "store": store, "now": at(24, 9)}
    assert await settling.resolve(first.delivery_id, was_sent=True, **told) is DeliveryStatus.SENT
    assert await settling.resolve(second.delivery_id, was_sent=False, **told) is DeliveryStatus.SKIPPED
    assert await status_of(store, issue_id) is IssueStatus.CANCELLED
    assert (await reader(store, first.address)).bookmark == Bookmark(2)
    assert (await reader(store, second.address)).bookmark == Bookmark(2, (1, 2))


async def test_nothing_of_a_cancelled_issue_is_tried_again(store: Database) -> None:
    issue_id = await three_readers_and_their_issue(store)
    (first, *_) = (await claim(store, limit=1)).copies
    async with store.write() as connection:
        refused = Recorded(first.delivery_id, Verdict(DeliveryStatus.REFUSED, "no-such-mailbox"))
        await deliveries.record(connection, "sender", [refused], at(24, 7))
    await act(issue_acts.cancel, store, issue_id)
    told: dict[str, Any] = {"by": EDITOR, "store": store, "now": at(24, 9)}
    with pytest.raises(InputError, match="issue 1 is cancelled: nothing of it is sent any more"):
        await settling.retry([first.delivery_id], **told)
    with pytest.raises(InputError, match="nothing of it is sent any more"):
        await settling.retry_refused(issue_id, **told)


async def test_refused_copies_are_tried_again_and_a_held_issue_stays_held(
    store: Database, tmp_path: Path
) -> None:
    issue_id = await three_readers_and_their_issue(store)
    async with store.write() as connection:
        refused = [
            Recorded(one.delivery_id, Verdict(DeliveryStatus.REFUSED, "policy"))
            for one in (
                await deliveries.claim(
                    *(connection, issue_id, "sender"),
                    now=at(24, 7),
                    wall=at(24, 7),
                    limit=2,
                    resend_uncertain=True,
                )
            ).copies
        ]
        await deliveries.record(connection, "sender", refused, at(24, 7))
    await act(issue_acts.hold, store, issue_id)
    assert await settling.retry_refused(issue_id, by=EDITOR, store=store, now=at(24, 8)) == 2
    assert await status_of(store, issue_id) is IssueStatus.HELD
    await act(issue_acts.release, store, issue_id, 8)
    assert (await run(jobs_for(store, tmp_path), at(24, 8))).totals.sent == 3


async def test_who_comes_to_a_slot_that_was_cancelled_waits_for_the_next_one(store: Database) -> None:
    issue_id = await three_readers_and_their_issue(store)
    await act(issue_acts.cancel, store, issue_id)
    await join(store, "dan@example.org", at(23, 6))
    await plan_all(store, at(24, 8))
    assert await status_of(store, issue_id) is IssueStatus.CANCELLED
    assert {copy.status for copy in await copies(store)} == {DeliveryStatus.SKIPPED}
    await plan_all(store, at(25, 7))
    assert await carried(store, "dan@example.org") == [(1, 2)]


async def test_who_comes_to_news_at_once_that_was_cancelled_gets_it_with_what_comes_next(
    store: Database, tmp_path: Path
) -> None:
    await join(store, ANN, TUESDAY, at_once="yes")
    await publish_news(store, at(24, 9), item("Tariffs", "economy"), item("Solar", "energy"))
    (planned,) = await plan_all(store, at(24, 9))
    await act(issue_acts.cancel, store, planned.issue_id, 9)
    await join(store, BOB, at(24, 10), at_once="yes")
    jobs = jobs_for(store, tmp_path)
    # once in the issue, with the reason; then all others go on
    assert [(await run(jobs, at(24, 10, minute))).totals.sent for minute in (1, 2, 3)] == [0, 0, 0]
    assert await statuses(store) == {"skipped cancelled": 2}
    await publish_news(store, at(24, 11), item("Ports", "economy"))
    await run(jobs, at(24, 11, 1))
    assert letters_in(tmp_path) == [ANN, BOB]
    assert sorted((await carried(store, BOB))[-1]) == sorted((await carried(store, ANN))[-1]) == [1, 2, 3]


async def test_another_round_of_a_held_issue_is_held_with_it(store: Database) -> None:
    issue_id = await three_readers_and_their_issue(store)
    await act(issue_acts.hold, store, issue_id)
    await join(store, "dan@example.org", at(23, 6))
    await plan_all(store, at(24, 8))
    assert (await claim(store)).copies == ()
    await act(issue_acts.release, store, issue_id)
    assert len((await claim(store)).copies) == 4


async def test_an_issue_that_needs_approval_waits_for_it(store: Database, tmp_path: Path) -> None:
    await change_newsletter(store, approval=True, latest_start_minutes=120)
    issue_id = await three_readers_and_their_issue(store)
    jobs = jobs_for(store, tmp_path)
    assert await status_of(store, issue_id) is IssueStatus.WAITING
    assert (await run(jobs, at(24, 8))).totals.sent == 0
    await act(issue_acts.approve, store, issue_id, 8, 1)
    assert (await run(jobs, at(24, 8, 2))).totals.sent == 3
    assert await status_of(store, issue_id) is IssueStatus.DONE


async def test_what_nobody_approves_in_time_is_owed_in_the_next_issue(
    store: Database, tmp_path: Path
) -> None:
    await change_newsletter(store, approval=True, latest_start_minutes=120)
    issue_id = await three_readers_and_their_issue(store)
    jobs = jobs_for(store, tmp_path)
    await run(jobs, at(24, 8, 59))
    assert await status_of(store, issue_id) is IssueStatus.WAITING
    await run(jobs, at(24, 9))
    assert await status_of(store, issue_id) is IssueStatus.CANCELLED
    assert await statuses(store) == {"skipped not-approved": 3}
    with pytest.raises(InputError, match="issue 1 is cancelled: this can be done to one that is waiting"):
        await act(issue_acts.approve, store, issue_id, 9, 1)
    await run(jobs, at(25, 7))
    async with store.read() as connection:
        (_, second) = await issues.page(connection)
    await act(issue_acts.approve, store, second.id, 10)
    await run(jobs, at(25, 7, 1))
    assert letters_in(tmp_path) == [ANN, BOB, CAT]
    assert await carried(store, ANN) == [(1, 2), (1, 2)]


async def test_acts_that_do_not_fit_are_refused_and_change_nothing(store: Database) -> None:
    issue_id = await three_readers_and_their_issue(store)
    with pytest.raises(InputError, match="issue 1 is sending: this can be done to one that is held"):
        await act(issue_acts.release, store, issue_id)
    with pytest.raises(NotFoundError, match="issue 99 does not exist"):
        await act(issue_acts.hold, store, 99)
    await act(issue_acts.cancel, store, issue_id)
    for one in (issue_acts.hold, issue_acts.release, issue_acts.approve, issue_acts.cancel):
        with pytest.raises(InputError, match="issue 1 is cancelled"):
            await act(one, store, issue_id)


async def test_the_log_says_who_did_it(store: Database) -> None:
    issue_id = await three_readers_and_their_issue(store)
    await act(issue_acts.hold, store, issue_id)
    await act(issue_acts.release, store, issue_id)
    await act(issue_acts.cancel, store, issue_id)
    async with store.read() as connection:
        found = await changes.page(connection, kind="issue")
    assert [(one.act, one.actor, one.before, one.after) for one in reversed(found)] == [
        ("issue.hold", "Anna", {"status": "sending"}, {"status": "held"}),
        ("issue.release", "Anna", {"status": "held"}, {"status": "sending"}),
        ("issue.cancel", "Anna", {"status": "sending"}, {"status": "cancelling"}),
    ]


async def test_outcomes_are_kept_when_an_issue_is_settled_and_follow_what_is_resolved(
    store: Database, tmp_path: Path
) -> None:
    issue_id = await three_readers_and_their_issue(store)
    await run(jobs_for(store, tmp_path), at(24, 7))
    async with store.read() as connection:
        assert await issues.outcome_counts(connection, issue_id) == {"sent": 3}
    # a second issue lies beside the first, and is not counted with it
    await publish_news(store, at(24, 8), item("Docks", "economy"))
    await plan_all(store, at(25, 7))
    async with store.read() as connection:
        assert await issues.outcome_counts(connection, issue_id) == {"sent": 3}
        assert await issues.outcome_counts(connection, issue_id + 1) == {"planned": 3}
