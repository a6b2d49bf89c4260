"""What the house has becomes what a newsroom answers."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import asdict

from digest.api import answers
from digest.core import model
from digest.flows import addressed, by_hand, collect, explain, preview
from digest.flows.handing_out import said_of
from digest.flows.publish import Planned
from digest.jobs.local import RunReport
from digest.store.ledger import Entry
from subscribers.subscription import Subscription


def ingested(done: collect.Collected) -> answers.Ingested:
    """What was taken in."""
    rejected = tuple(answers.Rejected(one.source, one.line, one.reason) for one in done.rejected)
    return answers.Ingested(done.added, done.updated, done.unchanged, rejected)


def briefing(one: model.Briefing) -> answers.Briefing:
    """A news item."""
    return answers.Briefing(
        id=one.id,
        number=one.number,
        title=one.title,
        paragraphs=tuple(one.paragraphs),
        section=str(one.section),
        topics=tuple(mark.slug for mark in one.topics),
        source=one.source,
        source_date=one.source_date,
        url=one.url,
        language=one.language,
        status=str(one.status),
        published_at=one.published_at,
    )


def newsletter(one: model.Newsletter) -> answers.Newsletter:
    """A publication."""
    return answers.Newsletter(one.slug, one.title, one.sender_name, one.sender_address, one.theme)


def reader(one: Subscription, slugs: Mapping[int, str]) -> answers.Reader:
    """A reader of a newsletter; `slugs` are those of newsletters by their ids."""
    said = said_of(one, slugs)
    return answers.Reader(
        **said
        | {
            "status": str(one.standing),
            "topics": None if one.profile.topics is None else tuple(said["topics"]),
            "sections": None if one.profile.sections is None else tuple(map(str, said["sections"])),
            "format": str(one.profile.format),
        }
    )


def due(one: model.DueSlot, slugs: Mapping[int, str]) -> answers.Due:
    """A slot that has come."""
    return answers.Due(slugs[one.newsletter_id], one.cadence.in_words, one.slot.label, one.slot.due_at)


def planned(one: Planned) -> answers.Planned:
    """An issue that was written down."""
    return answers.Planned(one.issue_id, one.copies, _by_reason(one.skipped))


def report(one: RunReport) -> answers.Report:
    """What a run came to."""
    totals = asdict(one.totals) | {"skipped": _by_reason(one.totals.skipped)}
    return answers.Report(**totals, trouble=one.trouble, waiting=one.waiting)


def previewed(one: preview.Preview, ids: Mapping[int, int]) -> answers.Preview:
    """A mail that was not sent; `ids` are those of briefings by their numbers."""
    said = answers.Preview(one.reader.address, one.newsletter.slug, one.slot.due_at, None)
    if one.letter is None:
        return answers.Preview(said.email, said.newsletter, said.due_at, str(one.selection.skip))
    return answers.Preview(
        email=said.email,
        newsletter=said.newsletter,
        due_at=said.due_at,
        skip=None,
        briefings=tuple(ids[number] for number in one.selection.numbers if number in ids),
        subject=one.subject,
        html=one.html,
        text=one.text,
        message=one.letter.content,
    )


def rehearsal(plan: by_hand.Plan, copies: list[addressed.Addressed]) -> answers.Rehearsal:
    """Who would get what."""
    who = tuple(
        answers.Copy(one.addresses, one.briefing_ids, None if one.skip is None else str(one.skip))
        for one in copies
    )
    return answers.Rehearsal(plan.counts.copies, _by_reason(plan.counts.skipped), who)


def delivery(entry: Entry, message_id: str) -> answers.Delivery:
    """What became of a copy."""
    return answers.Delivery(
        id=entry.id,
        issue=entry.issue_id,
        newsletter=entry.newsletter,
        email=entry.address,
        status=str(entry.status),
        attempts=entry.attempts,
        reason=entry.reason,
        detail=entry.detail,
        message_id=message_id,
        briefings=entry.briefing_ids,
        retry_at=entry.retry_at,
        sent_at=entry.sent_at,
    )


def explanation(one: explain.Explanation) -> answers.Explanation:
    """Why, for one newsletter."""
    return answers.Explanation(one.newsletter, str(one.answer), one.reasons, one.next_slot)


def _by_reason(counts: Mapping[str, int]) -> dict[str, int]:
    return {str(reason): count for reason, count in counts.items()}
