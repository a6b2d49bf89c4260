"""What a reader wrote in answer to a mail is handed on to the newsroom, unless that could go on forever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.limits import BY_ANSWERED, BY_UNKNOWN_WRITERS, BY_WRITER, Counted, spans
from digest.core.model import Newsletter
from digest.core.notices import WORTH_SENDING, Notice, NoticeKind
from digest.core.own_words import one_printable_line, own_words
from digest.flows.matching import Matched
from digest.flows.publish import domain_of
from digest.flows.readers import suppression_key
from digest.mail.evidence import Proof
from digest.store import attempts, issues, newsletters, notices
from subscribers import together
from subscribers.subscription import Subscription
from subscribers.wishes import address_key

#: Signs of a subject, and of an address (RFC 5321 section 4.5.3.1), that are kept.
_MOST_OF_SUBJECT: Final = 200
_MOST_OF_ADDRESS: Final = 320


async def hand_on(connection: AsyncConnection, one: Matched, to: str, now: datetime) -> bool:
    """Plan the mail to the newsroom; False when it is not to be, or not any more today."""
    known = await newsletters.every(connection)
    written = await _written(connection, one, known)
    own_addresses = {address_key(address) for address in (to, *(each.sender_address for each in known))}
    if address_key(written.writer) in own_addresses or written.answers_an_answer:
        return False
    key = await suppression_key(connection)
    if not await attempts.count(connection, list(_counted(written, one, now)), key):
        return False
    return await notices.plan(connection, _notice(written, one, to, now)) is not None


class _Written(NamedTuple):
    """Who wrote, and to what."""

    #: the address, or nothing
    writer: str
    #: the reader who is behind it, or whose mail it answers
    reader: Subscription | None
    #: that speaks of it, to the newsroom
    newsletter: Newsletter
    #: what it answers, as far as that is known: for `render/answers.py`
    about: Mapping[str, Any]
    #: the machine of the newsroom answers what was handed on to it
    answers_an_answer: bool


async def _written(connection: AsyncConnection, one: Matched, known: tuple[Newsletter, ...]) -> _Written:
    mailed = one.mailed
    writer = one_printable_line(one.event.recipient or (mailed.address if mailed else ""), _MOST_OF_ADDRESS)
    reader = await _reader(connection, one, writer)
    by_id = {each.id: each for each in known}
    about: dict[str, Any] = {"proof": one.proof or ""}
    newsletter_id = reader.newsletter_id if reader else known[0].id
    if mailed is not None:
        issue = await issues.by_id(connection, mailed.issue_id) if mailed.issue_id is not None else None
        if issue is not None:
            newsletter_id = issue.newsletter_id
            about |= {"issue": issue.id, "day": issue.day.isoformat()}
        about |= {"notice": mailed.kind or "", "went_to": mailed.address}
    return _Written(
        writer=writer,
        reader=reader,
        newsletter=by_id[newsletter_id],
        about=about,
        answers_an_answer=mailed is not None and mailed.kind is NoticeKind.ANSWER,
    )


async def _reader(connection: AsyncConnection, one: Matched, writer: str) -> Subscription | None:
    ids = one.subscription_ids or ((one.mailed.subscription_id,) if one.mailed else ())
    proved = await together.subscriptions_by_id(connection, [one for one in ids if one is not None])
    if proved:
        return proved[0]
    theirs = await together.subscriptions_among(connection, [writer]) if writer else ()
    return theirs[0] if theirs else None


def _counted(written: _Written, one: Matched, now: datetime) -> Iterator[Counted]:
    if one.mailed is not None:
        yield from spans(f"answers to {one.mailed.delivery_id} {one.mailed.notice_id}", [BY_ANSWERED], now)
    yield from spans(f"answers of {address_key(written.writer)}", [BY_WRITER], now)
    if written.about["proof"] in {"", Proof.ADDRESS}:
        # what nothing proves anybody can send, under thousands of names
        yield from spans("answers of anybody", [BY_UNKNOWN_WRITERS], now)


def _notice(written: _Written, one: Matched, to: str, now: datetime) -> Notice:
    said = own_words(one.event.words or one.event.text)
    reader, newsletter = written.reader, written.newsletter
    is_theirs = reader is not None and address_key(reader.address) == address_key(written.writer)
    return Notice(
        id=0,
        kind=NoticeKind.ANSWER,
        newsletter_id=newsletter.id,
        # the newsroom's: what comes back of it says nothing of the reader
        subscription_id=None,
        address=to,
        occasion=f"answer {one.key.hex()}",
        due_at=now,
        expires_at=now + WORTH_SENDING[NoticeKind.ANSWER],
        domain=domain_of(newsletter.sender_address),
        data={
            "writer": written.writer,
            "writer_name": reader.name if reader and is_theirs else "",
            "subscription": reader.id if reader else None,
            "subject": one_printable_line(one.event.subject, _MOST_OF_SUBJECT),
            "words": said.text,
            "cut": said.cut,
            # by which the row is found that this becomes
            "key": one.key.hex(),
            **written.about,
        },
    )
