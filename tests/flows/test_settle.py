"""What comes back ends where it should: at the copy, at its reader, or before a person."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.core.model import DeliveryStatus
from digest.core.notices import NoticeKind
from digest.core.returned import Clues, Kind, Returned
from digest.core.settling import Effect
from digest.flows.matching import Origin
from digest.flows.moving import ask_to_move
from digest.flows.notices import notice_for
from digest.flows.readers import suppression_key
from digest.flows.settle import Mail
from digest.mail.identifiers import notice_return_path
from digest.store import issues, newsletters, notices, outcomes, provider_figures, returned_mails
from digest.store.database import Database
from digest.store.tables import deliveries
from digest.store.tables import notices as notice_table
from subscribers.model import Standing
from subscribers.suppressions import entry_of
from subscribers.tokens import Purpose
from tests.flows.newsroom import at, copies, join, reader
from tests.flows.post_office import all_notices
from tests.flows.returning import KEY, TOKENS, back_to, complaint, id_of, report, sent_to, settling, take

pytestmark = pytest.mark.anyio


async def copy_of(store: Database, address: str) -> tuple[DeliveryStatus, str]:
    (one,) = await copies(store, address=address)
    return one.status, one.reason


async def test_an_address_that_does_not_exist_gets_no_more_mail_whatever_the_newsletter(
    store: Database,
) -> None:
    (copy,) = await sent_to(store, "ana@readers.example")
    (done,) = await take(store, report("ana@readers.example", to=back_to(copy)))
    assert (done.effect, done.delivery_id) == (Effect.STOPPED, copy.id)
    assert (await reader(store, "ana@readers.example")).standing is Standing.BOUNCING
    assert await copy_of(store, "ana@readers.example") == (DeliveryStatus.REFUSED, "no-such-address")


@pytest.mark.parametrize("proof", ["message-id", "link", "capitals"])
async def test_each_thing_that_we_signed_names_the_reader(proof: str, store: Database) -> None:
    (copy,) = await sent_to(store, "ana@readers.example")
    if proof == "capitals":
        raw = report("ana@readers.example", to=back_to(copy).upper())
    elif proof == "message-id":
        raw = report("ana@readers.example", original=f"Message-ID: {await id_of(store, copy)}\r\n")
    else:
        token = TOKENS.make(Purpose.UNSUBSCRIBE, copy.subscription_id)
        raw = complaint(f"List-Unsubscribe: <https://news.example/unsubscribe/{token}>")
    (done,) = await take(store, raw)
    assert done.effect in {Effect.STOPPED, Effect.COMPLAINED}
    assert (await reader(store, "ana@readers.example")).standing is not Standing.ACTIVE


@pytest.mark.parametrize("forged", ["no-mark", "one-digit", "other-number"])
async def test_a_report_that_proves_nothing_changes_nothing_and_waits_for_a_person(
    forged: str, store: Database
) -> None:
    (copy,) = await sent_to(store, "ana@readers.example")
    mark = back_to(copy)
    to = {
        "no-mark": "bounces@news.example",
        "one-digit": mark.replace(mark[15], "0" if mark[15] != "0" else "1"),
        "other-number": mark.replace(f"+{copy.id}.", f"+{copy.id + 1}."),
    }[forged]
    (done,) = await take(store, report("ana@readers.example", to=to))
    assert (done.effect, done.delivery_id) == (Effect.UNMATCHED, None)
    assert (await reader(store, "ana@readers.example")).standing is Standing.ACTIVE
    assert (await copy_of(store, "ana@readers.example"))[0] is DeliveryStatus.SENT
    async with store.read() as connection:
        (kept,) = await returned_mails.page(connection, unmatched=True, waiting=True)
        assert kept.mail_id is not None
        mail = await returned_mails.mail_by_id(connection, kept.mail_id)
    assert mail is not None
    assert (kept.address, mail.sender) == ("ana@readers.example", "MAILER-DAEMON@mx.readers.example")


async def test_the_same_told_twice_or_at_once_is_recorded_once(store: Database) -> None:
    (copy,) = await sent_to(store, "ana@readers.example")
    raw = report("ana@readers.example", to=back_to(copy))
    told = await asyncio.gather(*(take(store, raw, raw) for _ in range(3)))
    effects = [one.effect for of_one in told for one in of_one]
    assert sorted(effects) == sorted([Effect.STOPPED, *[Effect.SEEN] * 5])
    async with store.read() as connection:
        assert len(await returned_mails.page(connection)) == 1


async def test_a_complaint_ends_everything_and_only_the_owner_of_the_address_can_lift_that(
    store: Database,
) -> None:
    (copy,) = await sent_to(store, "ana@readers.example")
    (done,) = await take(store, complaint(f"Message-ID: {await id_of(store, copy)}"))
    assert (done.effect, done.delivery_id) == (Effect.COMPLAINED, copy.id)
    assert (await reader(store, "ana@readers.example")).standing is Standing.COMPLAINED
    assert (await copy_of(store, "ana@readers.example"))[0] is DeliveryStatus.SENT
    async with store.read() as connection:
        entry = await entry_of(connection, "ana@readers.example", await suppression_key(connection))
    assert entry is not None
    assert (entry.reason, entry.made_by) == ("complained", None)


@pytest.mark.parametrize(
    ("status", "said", "effect", "reason"),
    [
        ("5.7.1", "554 5.7.1 message refused by policy: listed as spam", Effect.REFUSED, "policy"),
        ("5.2.2", "552 5.2.2 mailbox full", Effect.COUNTED, "mailbox-full"),
        ("4.4.7", "451 4.4.7 given up after five days", Effect.COUNTED, "returned"),
    ],
    ids=["policy", "full", "gave-up"],
)
async def test_what_is_not_the_readers_fault_or_may_pass_stops_nobody(
    status: str, said: str, effect: Effect, reason: str, store: Database
) -> None:
    (copy,) = await sent_to(store, "ana@readers.example")
    (done,) = await take(store, report("ana@readers.example", to=back_to(copy), status=status, said=said))
    assert done.effect is effect
    assert (await reader(store, "ana@readers.example")).standing is Standing.ACTIVE
    assert await copy_of(store, "ana@readers.example") == (DeliveryStatus.REFUSED, reason)


async def test_a_copy_in_doubt_is_settled_by_the_report_that_it_arrived(store: Database) -> None:
    (copy,) = await sent_to(store, "ana@readers.example")
    async with store.write() as connection:
        await connection.execute(update(deliveries).values(status=DeliveryStatus.UNCERTAIN, doubts=1))
    arrived = report(
        "ana@readers.example", to=back_to(copy), status="2.1.5", action="delivered", said="250 ok"
    )
    (done,) = await take(store, arrived)
    assert done.effect is Effect.ARRIVED
    assert (await copy_of(store, "ana@readers.example"))[0] is DeliveryStatus.SENT


async def test_a_report_about_a_box_that_the_mail_was_forwarded_to_counts_with_its_mildest_word(
    store: Database,
) -> None:
    # the reader's own server took the mail, and passed it on to two others, one of which is gone
    (copy,) = await sent_to(store, "ana@readers.example")
    first = report("one@elsewhere.example", to=back_to(copy)).decode()
    second = "\r\nFinal-Recipient: rfc822; two@elsewhere.example\r\nAction: delayed\r\nStatus: 4.4.1\r\n"
    both = first.replace("Diagnostic-Code: smtp; 550 5.1.1 no such user here\r\n", "\\0" + second, 1)
    done = await take(store, both.replace("\\0", "").encode())
    assert {one.effect for one in done} == {Effect.NOTED, Effect.UNMATCHED}
    assert (await reader(store, "ana@readers.example")).standing is Standing.ACTIVE


async def test_sendmail_names_an_address_and_what_it_became_and_both_count_once(store: Database) -> None:
    (copy,) = await sent_to(store, "ana@readers.example")
    raw = f"""From: Mail Delivery Subsystem <MAILER-DAEMON@mx.readers.example>
To: {back_to(copy)}
Subject: Returned mail: User unknown

   ----- The following addresses had permanent fatal errors -----
deep@elsewhere.example
    (expanded from: ana@readers.example)

   ----- Transcript of session follows -----
550 5.1.1 User unknown
"""
    done = await take(store, raw.encode())
    assert [(one.event.recipient, one.effect) for one in done] == [
        ("ana@readers.example", Effect.STOPPED),
        ("deep@elsewhere.example", Effect.SEEN),
    ]
    async with store.read() as connection:
        assert [one.waits for one in await returned_mails.page(connection)] == [False]


async def test_words_of_several_reports_about_one_copy_count_each(store: Database) -> None:
    # a provider hid whom the complaint is about, and the mail server said before that it is slow
    (copy,) = await sent_to(store, "ana@readers.example")
    slow = report("ana@readers.example", to=back_to(copy), action="delayed", status="4.4.1", said="451 slow")
    done = await take(store, slow, complaint(f"Message-ID: {await id_of(store, copy)}"))
    assert [one.effect for one in done] == [Effect.NOTED, Effect.COMPLAINED]


@pytest.mark.parametrize(
    ("kind", "standing"),
    [(Kind.SOFT, Standing.BOUNCING), (Kind.FULL, Standing.BOUNCING), (Kind.BLOCKED, Standing.ACTIVE)],
    ids=["soft", "full", "blocked"],
)
async def test_a_probe_that_comes_back_stops_the_mail_unless_we_are_at_fault(
    kind: Kind, standing: Standing, store: Database
) -> None:
    await sent_to(store, "ana@readers.example")
    ana = await reader(store, "ana@readers.example")
    async with store.write() as connection:
        daily = await newsletters.by_id(connection, ana.newsletter_id)
        question = notice_for(ana, daily, NoticeKind.PROBE, "probe 1 2026-11-24", due_at=at(24, 8))
        await notices.plan(connection, question)
        await connection.execute(update(notice_table).values(status=DeliveryStatus.SENT, sent_at=at(24, 8)))
    (sent,) = await all_notices(store, kind=NoticeKind.PROBE)
    path = notice_return_path(sent.id, key=KEY, domain="news.example")
    event = Returned(kind, "ana@readers.example", permanent=True, clues=Clues(return_paths=(path,)))
    await settling(store, at(24, 9)).settle([event], Origin("mail"))
    assert (await reader(store, "ana@readers.example")).standing is standing


async def test_who_is_only_asked_whether_a_reader_may_move_there_ends_nothing(store: Database) -> None:
    ana = await join(store, "ana@readers.example", at(24, 6))
    await ask_to_move(ana.id, "new@readers.example", seen_from="192.0.2.7", store=store, now=at(24, 8))
    question = next(one for one in await all_notices(store) if one.kind is NoticeKind.MOVE)
    path = notice_return_path(question.id, key=KEY, domain="news.example")
    event = Returned(Kind.UNSUBSCRIBE, "new@readers.example", clues=Clues(return_paths=(path,)))
    (done,) = await settling(store, at(24, 9)).settle([event], Origin("mail"))
    assert done.effect is Effect.NOTED
    assert (await reader(store, "ana@readers.example")).standing is Standing.ACTIVE


async def test_a_report_about_the_address_from_before_a_return_is_stale(store: Database) -> None:
    (copy,) = await sent_to(store, "ana@readers.example")
    raw = report("ana@readers.example", to=back_to(copy))
    await take(store, raw)
    await join(store, "ana@readers.example", at(25, 9))
    assert (await reader(store, "ana@readers.example")).standing is Standing.ACTIVE
    late = report("ana@readers.example", to=back_to(copy), status="4.4.7", said="451 given up")
    (done,) = await take(store, late, now=at(25, 10))
    assert done.effect in {Effect.STALE, Effect.NOTED}
    assert (await reader(store, "ana@readers.example")).standing is Standing.ACTIVE


async def test_mail_that_comes_back_on_many_days_has_the_mailbox_asked_and_then_stops_it(
    store: Database,
) -> None:
    address = "ana@readers.example"
    (copy,) = await sent_to(store, address)
    effects = []
    for day in range(7):
        async with store.write() as connection:
            # the same copy once more: what counts is that one was sent, and came back, on each day
            sent = {"status": DeliveryStatus.SENT, "sent_at": at(24, 8) + timedelta(days=day)}
            await connection.execute(update(deliveries).values(sent))
        events = [Returned(Kind.SOFT, address, text=f"day {day}", clues=Clues(return_paths=(back_to(copy),)))]
        now = at(24, 9) + timedelta(days=day)
        async with store.write() as connection:
            await connection.exec_driver_sql("DELETE FROM returns")
        (done,) = await settling(store, now).settle(events, Origin("mail"))
        effects.append(done.effect)
    assert effects == [*[Effect.COUNTED] * 4, Effect.PROBED, Effect.COUNTED, Effect.STOPPED]
    assert (await reader(store, address)).standing is Standing.BOUNCING


async def test_a_provider_that_signs_may_name_a_reader_by_the_address_alone(store: Database) -> None:
    (copy,) = await sent_to(store, "ana@readers.example")
    event = Returned(Kind.HARD, "Ana@Readers.example", permanent=True, enhanced="5.1.1", rule="provider:gone")
    (done,) = await settling(store, at(24, 9)).settle([event], Origin("postmark", vouched=True))
    assert (done.effect, done.delivery_id) == (Effect.STOPPED, copy.id)
    (again,) = await settling(store, at(24, 9)).settle([event], Origin("postmark", vouched=True))
    assert again.effect is Effect.SEEN


async def test_who_asks_by_mail_to_be_taken_off_is(store: Database) -> None:
    (copy,) = await sent_to(store, "ana@readers.example")
    raw = (
        f"From: Ana <ana@readers.example>\r\nTo: {back_to(copy)}\r\nSubject: unsubscribe\r\n\r\n\r\n".encode()
    )
    (done,) = await take(store, raw)
    assert done.effect is Effect.LEFT
    assert (await reader(store, "ana@readers.example")).standing is Standing.LEFT


async def test_who_is_away_stays_a_reader(store: Database) -> None:
    (copy,) = await sent_to(store, "ana@readers.example")
    raw = (
        f"From: ana@readers.example\r\nTo: {back_to(copy)}\r\nSubject: Out of office\r\n"
        f"Auto-Submitted: auto-replied\r\nIn-Reply-To: {await id_of(store, copy)}\r\n\r\n"
        "I am away. The user you wrote to does not exist any more.\r\n"
    ).encode()
    done = await take(store, raw)
    assert {one.effect for one in done} <= {Effect.NOTED}
    assert (await reader(store, "ana@readers.example")).standing is Standing.ACTIVE


async def test_a_result_that_is_not_recorded_yet_is_waited_for(store: Database) -> None:
    (copy,) = await sent_to(store, "ana@readers.example")
    async with store.write() as connection:
        await connection.execute(update(deliveries).values(status=DeliveryStatus.SENDING, owner="a sender"))

    async def record_soon() -> None:
        await asyncio.sleep(0.7)
        async with store.write() as connection:
            await connection.execute(update(deliveries).values(status=DeliveryStatus.SENT, sent_at=at(24, 8)))

    raw = report("ana@readers.example", to=back_to(copy))
    taken, _ = await asyncio.gather(settling(store, at(24, 9)).take_in([Mail(raw)]), record_soon())
    assert taken[0][0].effect is Effect.STOPPED
    assert (await copy_of(store, "ana@readers.example"))[0] is DeliveryStatus.REFUSED


async def test_what_was_counted_of_an_issue_follows_without_counting_all_its_copies_again(
    store: Database,
) -> None:
    ana, bob, cleo = await sent_to(store, "ana@readers.example", "bob@readers.example", "cleo@else.example")
    async with store.write() as connection:
        await issues.close_when_settled(connection, ana.issue_id)
        await provider_figures.keep(
            connection, ana.issue_id, await provider_figures.count(connection, ana.issue_id)
        )
    await take(store, report("ana@readers.example", to=back_to(ana)))
    await take(store, report("cleo@else.example", to=back_to(cleo), status="5.2.2", said="552 mailbox full"))
    async with store.read() as connection:
        kept = await outcomes.kept(connection, [ana.issue_id])
        assert kept == {ana.issue_id: await outcomes.counts_of(connection, ana.issue_id)}
        by_family = await provider_figures.since(connection, at(24, 0))
        assert by_family == await provider_figures.count(connection, ana.issue_id)
    assert kept[ana.issue_id]["sent"] == {"": 1}
    assert bob.issue_id == ana.issue_id
