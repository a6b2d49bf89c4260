"""How things are shown to programs: one document each, the same from a command and from the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import asdict

from digest.core.access import Power
from digest.core.corrections import Correction
from digest.core.model import Briefing, Issue, IssueStatus, Newsletter, Topic
from digest.core.notices import Notice
from digest.core.picturing import PictureRecord, PictureState
from digest.core.reputation import LINES, Measure, Reading
from digest.core.timetable import next_unserved, slot_words
from digest.flows.entry_links import EntryLink
from digest.flows.explain import Explanation
from digest.flows.family_acts import FamilyWatched
from digest.flows.handing_out import said_of
from digest.flows.stories import Alike, Story
from digest.store.events import Handover
from digest.store.family_pauses import Pause
from digest.store.ledger import Entry
from digest.store.people import ApiKey, Person
from digest.store.webhooks import Webhook
from subscribers.model import Standing
from subscribers.subscription import Subscription


def briefing_in_a_list(briefing: Briefing) -> dict[str, Any]:
    """The fields of the listing."""
    return {
        "id": briefing.id,
        "number": briefing.number,
        "title": briefing.title,
        "section": briefing.section,
        "topics": [mark.slug for mark in briefing.topics],
        "source": briefing.source,
        "source_date": briefing.source_date,
        "published_at": briefing.published_at,
        "status": briefing.status,
    }


def briefing_in_full(briefing: Briefing) -> dict[str, Any]:
    """Everything about a briefing."""
    return briefing_in_a_list(briefing) | {
        "revision": briefing.revision,
        "paragraphs": briefing.paragraphs,
        "topic_reasons": {mark.slug: mark.reason for mark in briefing.topics},
        "url": briefing.url,
        "picture": briefing.picture,
        "picture_alt": briefing.picture_alt,
        "language": briefing.language,
        "lead": briefing.lead,
        "weight": briefing.weight,
        "must_not_miss": briefing.must_not_miss,
        "publish_at": briefing.publish_at,
        "story": briefing.story_id,
    }


def picture_shown(record: PictureRecord | None) -> dict[str, Any] | None:
    """What is known of a picture that mails would bring along; None while nobody asked for it."""
    if record is None:
        return None
    return {
        "state": record.state,
        "fault": record.fault,
        "words": record.words,
        "tries": record.tries,
        "tried_at": record.tried_at,
        "next_at": record.next_at,
        "content_type": record.content_type or None,
        "width": record.width or None,
        "height": record.height or None,
        "octets": record.octets or None,
    }


def picture_told(shown: Mapping[str, Any] | None) -> str:
    """The same in a line, without times; empty while nobody asked for it."""
    if shown is None:
        return ""
    if shown["octets"]:
        kind, size = shown["content_type"].removeprefix("image/").upper(), shown["octets"] / 1000
        pixels = f"{shown['width']} x {shown['height']} pixels"
        return f"mails can bring it along: {kind}, {pixels}, {size:.1f} kB"
    if shown["state"] is PictureState.KEPT:
        return "it was forgotten: its item is too old for mails"
    tried = "once" if shown["tries"] == 1 else f"{shown['tries']} times"
    again = "it is asked for again" if shown["next_at"] else "it is not asked for again"
    return f"mails cannot bring it along: {shown['words']} ({shown['fault']}, asked for {tried}, {again})"


def story_shown(story: Story | None, near: Sequence[Alike] = ()) -> dict[str, Any]:
    """What tells of the same event, how each came to it, and what is like it and was not joined."""
    members = () if story is None else story.members
    joins = {} if story is None else story.joins
    return {
        "story": None if story is None else story.id,
        "in_front": None if story is None else story.in_front,
        "members": [
            briefing_in_a_list(one)
            | {
                # empty for the rule
                "joined_by": joins[one.id].by if one.id in joins else "",
                "score": joins[one.id].score if one.id in joins else None,
                "shared": list(joins[one.id].shared) if one.id in joins else [],
            }
            for one in members
        ],
        "alike": [
            briefing_in_a_list(one.briefing)
            | {
                "score": round(one.likeness.score, 3),
                "shared": list(one.likeness.shared),
                "against": list(one.likeness.against),
            }
            for one in near
            if one.briefing.id not in {member.id for member in members}
        ],
    }


def topic_shown(topic: Topic) -> dict[str, Any]:
    """A topic with the rules that find it."""
    return {
        "slug": topic.slug,
        "title": topic.title,
        "position": topic.position,
        "rules": dict(topic.rules),
        "aliases": topic.aliases,
        "description": topic.description,
        "translations": {tag: asdict(words) for tag, words in topic.translations.items()},
    }


def issue_shown(issue: Issue, slugs: Mapping[int, str], now: datetime) -> dict[str, Any]:
    """An issue as it stands at `now`; `slugs` names newsletters by id."""
    return {
        "id": issue.id,
        "newsletter": slugs[issue.newsletter_id],
        "kind": "by-hand" if issue.cadence_id is None else "scheduled",
        "slot": issue.slot,
        "slot_words": slot_of(issue),
        "day": issue.day,
        "due_at": issue.due_at,
        "planned_at": issue.planned_at,
        "status": issue.status,
        "goes_out_at": issue.goes_out_at(now),
        "subject": issue.subject,
    }


def state_words(status: IssueStatus, goes_out_at: datetime | None) -> str:
    """Where an issue stands, as a shell says it: `approved, goes out 2026-11-24 07:00 UTC`, or its status."""
    return status.value if goes_out_at is None else f"approved, goes out {goes_out_at:%Y-%m-%d %H:%M} UTC"


def slot_of(issue: Issue) -> str:
    """The slot of an issue as people read it, in the time of its own zone."""
    return "by hand" if issue.cadence_id is None else slot_words(issue.slot, issue.zone)


def cohort_shown(row: Any) -> dict[str, Any]:
    """A cohort, from a row of `store.issues.cohorts_of`: who gets what, and why."""
    return {
        "id": row.id,
        "readers": row.size,
        "topics": row.topics,
        "sections": row.sections,
        "format": row.format,
        "max_items": row.max_items,
        "groups": row.groups,
        "deferred": row.deferred,
        "left_out": row.left_out,
        "skip": row.skip,
        "covers_from": row.covers_from,
    }


def corrections_shown(history: Iterable[tuple[Correction, int]]) -> list[dict[str, Any]]:
    """What was told of a briefing after it came out, and to how many subscriptions it was owed."""
    return [
        {"number": one.number, "kind": one.kind, "note": one.note, "at": one.at, "readers": readers}
        for one, readers in history
    ]


def delivery_shown(entry: Entry, message_id: str) -> dict[str, Any]:
    """A delivery, and under what Message-ID it was or will be sent."""
    return {
        "id": entry.id,
        "issue": entry.issue_id,
        "newsletter": entry.newsletter,
        "email": entry.address,
        "status": entry.status,
        "attempts": entry.attempts,
        "reason": entry.reason,
        "detail": entry.detail,
        "message_id": message_id,
        "briefings": entry.briefing_ids,
        "corrections": entry.corrected_ids,
        "retry_at": entry.retry_at,
        "sent_at": entry.sent_at,
    }


def notice_shown(notice: Notice, slugs: Mapping[int, str], message_id: str) -> dict[str, Any]:
    """A notice, and under what Message-ID it was or will be sent."""
    return {
        "id": notice.id,
        "kind": notice.kind,
        "newsletter": slugs[notice.newsletter_id],
        "email": notice.address or None,
        "occasion": notice.occasion,
        "status": notice.status,
        "attempts": notice.attempts,
        "reason": notice.reason,
        "detail": notice.detail,
        "message_id": message_id,
        "due_at": notice.due_at,
        "retry_at": notice.retry_at,
        "sent_at": notice.sent_at,
        "answered_at": notice.answered_at,
    }


def person_shown(person: Person) -> dict[str, Any]:
    """Somebody as a program sees them: no secret among it."""
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role,
        "codes": person.code_secret is not None,
        "created_at": person.created_at,
        "shut_out_at": person.shut_out_at,
    }


def link_shown(made: EntryLink) -> dict[str, Any]:
    """Somebody who was given a link, with the link itself and its end; it is shown once."""
    return person_shown(made.person) | {"link": made.link, "until": made.until}


def key_shown(key: ApiKey) -> dict[str, Any]:
    """A key as it may be shown: its beginning only."""
    return {
        "id": key.id,
        "label": key.label,
        "beginning": key.beginning,
        "scopes": [one for one in Power if one in key.scopes],
        "made_at": key.made_at,
        "used_at": key.used_at,
        "revoked_at": key.revoked_at,
    }


def explanation_shown(one: Explanation) -> dict[str, Any]:
    """Where a briefing stands with a reader of one newsletter, and why."""
    return {
        "newsletter": one.newsletter,
        "answer": one.answer,
        "reasons": one.reasons,
        "next_slot": one.next_slot,
        "deliveries": [
            # of a copy that is kept in a volume neither its number nor the minute is known
            {"id": copy.id or None, "issue": copy.issue_id, "status": copy.status, "sent_at": copy.sent_at}
            for copy in one.deliveries
        ],
    }


def reader_in_full(
    mine: Sequence[Subscription],
    histories: Sequence[Sequence[Any]],
    known: Mapping[int, Newsletter],
    now: datetime,
) -> dict[str, Any]:
    """A reader with all subscriptions, how far each is, and every change of its standing."""
    items = []
    slugs = {id_: newsletter.slug for id_, newsletter in known.items()}
    for one, history in zip(mine, histories, strict=True):
        is_on_the_clock = one.standing is Standing.ACTIVE and not one.cadence.at_once
        items.append(
            said_of(one, slugs)
            | {
                "bookmark": one.bookmark,
                "began_after": one.began_after,
                "next_slot": (
                    next_unserved(one.cadence, now, one.served_day, known[one.newsletter_id].quiet).due_at
                    if is_on_the_clock
                    else None
                ),
                "history": [
                    {"at": row.at, "before": row.before, "after": row.after, "reason": row.reason}
                    for row in history
                ],
            }
        )
    return {"email": mine[0].address, "name": mine[0].name, "subscriptions": items}


def webhook_shown(one: Webhook) -> dict[str, Any]:
    """Somebody elsewhere who is told what happens; never a secret."""
    return {
        "id": one.id,
        "label": one.label,
        "url": one.url,
        "events": one.kinds,
        "with_addresses": one.with_addresses,
        "on": one.is_on,
        "made_at": one.made_at,
        "off_at": one.off_at,
        "off_because": one.off_because,
        "failing_since": one.failing_since,
    }


def handover_shown(one: Handover) -> dict[str, Any]:
    """One event for one webhook; never an address."""
    return {
        "id": one.id,
        "event": one.word,
        "type": one.kind,
        "at": one.at,
        "data": dict(one.data),
        "attempts": one.attempts,
        "due_at": one.due_at,
        "tried_at": one.tried_at,
        "taken_at": one.taken_at,
        "status": one.status,
        "words": one.words,
    }


def family_shown(one: FamilyWatched) -> dict[str, Any]:
    """A family of mailboxes: its rates against their lines, and whether it rests."""
    return {
        "id": one.id,
        "family": one.family,
        "tried": one.week.tried,
        "accepted": one.week.accepted,
        "blocked": one.week.blocked,
        "complaints": _rate_shown(one.readings[Measure.COMPLAINTS]),
        "bounces": _rate_shown(one.readings[Measure.BOUNCES]),
        "level": one.level,
        "pause": None if one.pause is None else pause_shown(one.pause),
    }


def pause_shown(one: Pause) -> dict[str, Any]:
    """Why and how long a family rests."""
    return {
        "since": one.since,
        "until": one.until,
        "because": one.because,
        "made_by": one.made_by or None,
    }


def _rate_shown(one: Reading) -> dict[str, Any]:
    return {
        "events": one.events,
        "copies": one.copies,
        "rate": round(one.rate, 5),
        "line": LINES[one.measure],
        "level": one.level,
    }
