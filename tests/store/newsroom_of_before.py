"""A newsroom as an older program left it: a story of readers and issues, as rows for whatever version.

Each row has all columns that its table ever had; those of a version are taken. Numbers 1 to 5 came out, 6 was
taken back; issue 1 is done, 2 was sent by hand, 3 is being sent, of 4 the only copy expired.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any, Final

from subscribers.model import Bookmark, Cadence, Format, Profile, interning_key
from tests.store.texts_of_before import a_briefing, a_newsletter, a_revision, a_topic, at

Rows = list[dict[str, Any]]


MORNING: Final = Cadence(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), time(7), "Europe/Paris")
AT_ONCE: Final = Cadence(("mon", "tue", "wed", "thu", "fri"), time(18, 30), "UTC", at_once=True)
EVERYTHING: Final = Profile()
ECONOMY: Final = Profile(frozenset({"economy"}), None, Format.TEXT, 1)
CADENCES: Final = (MORNING, AT_ONCE)
PROFILES: Final = (EVERYTHING, ECONOMY)
#: In the order of their ids, from 1 on.
BOOKMARKS: Final = (
    Bookmark(),
    Bookmark(3),
    Bookmark(3, (2,)),
    Bookmark(3, (), (4,)),
    Bookmark(6),
    Bookmark(6, (4,)),
    Bookmark(6, (1, 2, 3, 4, 5)),
)
NAMES: Final = ("ann", "bob", "cem", "dora", "eve", "finn", "gus", "hal", "ivy", "jon")
#: By name: standing, cadence, profile, bookmark (ids), the day served last.
STANDS: Final[dict[str, tuple[str, int, int, int, int]]] = {
    "ann": ("active", 1, 1, 5, 3),
    "bob": ("active", 1, 2, 6, 3),
    "cem": ("paused", 1, 1, 2, 2),
    "dora": ("left", 1, 1, 2, 2),
    "eve": ("bouncing", 1, 1, 2, 2),
    "finn": ("pending", 1, 1, 5, 2),
    "gus": ("left", 1, 1, 2, 2),
    "hal": ("suppressed", 1, 1, 2, 2),
    "ivy": ("active", 2, 1, 7, 2),
    "jon": ("active", 1, 1, 5, 3),
}
#: Cohorts by id: issue, profile, bookmark before and after, topics with numbers, what waits and is left out.
COHORTS: Final[tuple[tuple[int, int, int, int, list[Any], list[int], dict[str, list[int]]], ...]] = (
    (1, 1, 1, 2, [["economy", [1, 2]], ["energy", [3]]], [], {}),
    (1, 2, 1, 3, [["economy", [1]]], [2], {"topic-not-followed": [3]}),
    (2, 1, 2, 4, [["economy", [4]]], [], {}),
    (3, 1, 4, 5, [["energy", [5]]], [], {"retracted": [6]}),
    (3, 2, 3, 6, [["economy", [2]]], [4], {"topic-not-followed": [5], "retracted": [6]}),
    (4, 1, 1, 5, [["economy", [1, 2, 4]], ["energy", [3, 5]]], [], {"retracted": [6]}),
)
#: Copies in the order of their ids: who, cohort, status, reason, tries, doubts.
COPIES: Final = (
    *((who, 1, "sent", "", 1, 0) for who in ("ann", "cem", "dora", "gus", "hal")),
    ("eve", 1, "refused", "no-such-user", 1, 0),
    ("bob", 2, "sent", "", 2, 0),
    ("jon", 2, "sent", "", 1, 0),
    ("ann", 3, "sent", "", 1, 0),
    ("ann", 4, "planned", "", 0, 0),
    ("bob", 5, "uncertain", "interrupted", 1, 1),
    ("ivy", 6, "expired", "gave-up", 3, 0),
)
#: Of each issue: when, cadence, slot, status, the span of its copies, its outcomes.
ISSUES: Final[tuple[tuple[int, int | None, str, str, int, int, Any], ...]] = (
    (2, 1, "2026-03-02T07:00", "done", 1, 8, {"sent": {"": 7}, "refused": {"no-such-user": 1}}),
    (2, None, "by hand 2026-03-02T12:00:00Z 0badcafe", "done", 9, 9, {"sent": {"": 1}}),
    (3, 1, "2026-03-03T07:00", "sending", 10, 11, None),
    (2, 2, "#6", "done", 12, 12, {"expired": {"gave-up": 1}}),
)


def story() -> dict[str, Rows]:
    """All of it, by table; those to which others refer come first."""
    return {
        "counters": [
            {"name": "briefings", "value": 6},
            {"name": "batches", "value": 2},
            {"name": "pages", "value": 9},
        ],
        "facts": [
            {"name": "store-name", "value": "0123456789abcdef"},
            {"name": "suppression-key", "value": "ab" * 32},
        ],
        "newsletters": [a_newsletter()],
        "topics": [a_topic("economy", 1), a_topic("energy", 2)],
        "cadences": [
            {
                "id": id_,
                "key": interning_key(one),
                "days": ",".join(one.days),
                "at": f"{one.at:%H:%M}",
                "zone": one.zone,
                "at_once": one.at_once,
            }
            for id_, one in enumerate(CADENCES, 1)
        ],
        "profiles": [
            {
                "id": id_,
                "key": interning_key(one),
                "topics": None if one.topics is None else sorted(one.topics),
                "sections": None,
                "format": one.format.value,
                "max_items": one.max_items,
                "language": one.language,
            }
            for id_, one in enumerate(PROFILES, 1)
        ],
        "bookmarks": [
            {
                "id": id_,
                "key": interning_key(one),
                "cut": one.cut,
                "deferred": list(one.deferred),
                "ahead": list(one.ahead),
                "waiting": len(one.deferred),
            }
            for id_, one in enumerate(BOOKMARKS, 1)
        ],
        "briefings": [a_briefing(id_) for id_ in range(1, 8)],
        "revisions": [a_revision(id_, 1) for id_ in range(1, 8)] + [a_revision(2, 2)],
        "briefing_topics": [
            {
                "briefing_id": id_,
                "slug": "energy" if id_ in {3, 5} else "economy",
                "position": 0,
                "reason": "named",
            }
            for id_ in range(1, 8)
        ],
        "subscribers": [_subscriber(id_, name) for id_, name in enumerate(NAMES, 1)],
        "groups": [_group(id_, name) for id_, name in enumerate(NAMES, 1)],
        "subscriptions": [_subscription(id_, name) for id_, name in enumerate(NAMES, 1)],
        "standing_changes": [change for id_, name in enumerate(NAMES, 1) for change in _changes(id_, name)],
        "gaps": [
            {
                "id": 1,
                "subscription_id": 10,
                "after": 3,
                "upto": 6,
                "numbers": [2],
                "reason": "left",
                "at": at(3),
            }
        ],
        "suppressions": [
            {
                "id": 1,
                "address_hash": bytes(range(32)),
                "reason": "complained",
                "at": at(2, 9),
                "made_by": None,
                "note": "",
            }
        ],
        "consents": [
            {
                "id": 1,
                "subscription_id": 1,
                "asked_at": at(1),
                "asked_from": "192.0.2.7",
                "form": "/subscribe",
                "version": "1f2e3d4c",
                "words": "Yes, send it.",
                "confirmed_at": at(1, 7),
                "confirmed_from": "192.0.2.8",
            }
        ],
        # owed to nobody in particular; since there are corrections, the counter says 7
        "corrections": [
            {
                "number": 7,
                "briefing_id": 2,
                "kind": "corrected",
                "former_revision": 1,
                "revision": 2,
                "note": "It is three per cent.",
                "at": at(3, 9),
                "readers": 0,
            }
        ],
        "issues": [_issue(id_, *one) for id_, one in enumerate(ISSUES, 1)],
        "issue_briefings": [
            {"issue_id": issue, "round": 1, "number": number, "revision": 1, "picture": None}
            for issue, numbers in ((1, (1, 2, 3)), (2, (4,)), (3, (2, 4, 5)), (4, (1, 2, 3, 4, 5)))
            for number in numbers
        ],
        "cohorts": [_cohort(id_, *one) for id_, one in enumerate(COHORTS, 1)],
        "deliveries": [_delivery(id_, *one) for id_, one in enumerate(COPIES, 1)],
    }


def _subscriber(id_: int, name: str) -> dict[str, Any]:
    erased = name == "gus"
    address = None if erased else f"{name.title()}@readers.example"
    return {
        "id": id_,
        "address": address,
        "address_key": address and address.casefold(),
        "name": "" if erased else name.title(),
        "created_at": at(1),
        "erased_at": at(3) if erased else None,
    }


def _group(id_: int, name: str) -> dict[str, Any]:
    """Each reader has one alone: equal ones may stand side by side."""
    standing, cadence, profile, bookmark, day = STANDS[name]
    return {
        "id": id_,
        "newsletter_id": 1,
        "cadence_id": cadence,
        "profile_id": profile,
        "bookmark_id": bookmark,
        "served_day": date(2026, 3, day),
        "is_active": standing == "active",
    }


def _subscription(id_: int, name: str) -> dict[str, Any]:
    standing, cadence, profile, bookmark, day = STANDS[name]
    return {
        "id": id_,
        "subscriber_id": id_,
        "newsletter_id": 1,
        "standing": standing,
        "group_id": id_,
        "cadence_id": cadence,
        "profile_id": profile,
        "bookmark_id": bookmark,
        "served_day": date(2026, 3, day),
        "began_after": 6 if name == "finn" else 0,
        "began_at": at(1),
        "away_after": 3 if name == "cem" else None,
        "paused_until": datetime(2029, 1, 1, tzinfo=UTC) if name == "cem" else None,
    }


def _changes(subscription_id: int, name: str) -> Rows:
    standing = STANDS[name][0]
    steps: list[tuple[str | None, str]] = [(None, "pending")] if standing == "pending" else [(None, "active")]
    if standing not in {"active", "pending"}:
        steps.append(("active", standing))
    return [
        {
            "id": 10 * subscription_id + step,
            "subscription_id": subscription_id,
            "at": at(1 + step),
            "before": before,
            "after": after,
            "reason": "said so",
            "untold": False,
        }
        for step, (before, after) in enumerate(steps)
    ]


def _issue(
    id_: int, day: int, cadence: int | None, slot: str, status: str, first: int, last: int, outcomes: Any
) -> dict[str, Any]:
    return {
        "id": id_,
        "newsletter_id": 1,
        "cadence_id": cadence,
        "slot": slot,
        "day": date(2026, 3, day),
        "zone": "Europe/Paris" if cadence == 1 else "UTC",
        "due_at": at(day),
        "planned_at": at(day),
        "rounds": 1,
        "status": status,
        "subject": None if cadence else "By hand",
        "intro": None,
        "ignores_bookmarks": False,
        "first_copy": first,
        "last_copy": last,
        "outcomes": outcomes,
        "families": None,
        "domain": "newsroom.example",
        "volume_id": None,
    }


def _cohort(
    id_: int,
    issue: int,
    profile: int,
    before: int,
    after: int,
    groups: list[Any],
    deferred: list[int],
    left_out: dict[str, list[int]],
) -> dict[str, Any]:
    return {
        "id": id_,
        "issue_id": issue,
        "round": 1,
        "profile_id": profile,
        "bookmark_id": before,
        "next_bookmark_id": after,
        "size": sum(copy[1] == id_ for copy in COPIES),
        "groups": groups,
        "deferred": deferred,
        "left_out": left_out,
        "skip": None,
        "covers_from": date(2026, 3, 2),
    }


def _delivery(
    id_: int, who: str, cohort: int, status: str, reason: str, attempts: int, doubts: int
) -> dict[str, Any]:
    return {
        "id": id_,
        "issue_id": COHORTS[cohort - 1][0],
        "cohort_id": cohort,
        "subscription_id": NAMES.index(who) + 1,
        "status": status,
        "reason": reason,
        "detail": "",
        "attempts": attempts,
        "claims": 0,
        "doubts": doubts,
        "retry_at": None,
        "owner": None,
        "lease_until": None,
        "started_at": None,
        "sent_at": at(3) if status == "sent" else None,
    }
