"""What the newsroom of before published: a newsletter, topics and texts, as rows for whatever version."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any


def at(day: int, hour: int = 6) -> datetime:
    """An instant in March 2026."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def a_newsletter() -> dict[str, Any]:
    """The only one, with what it said of itself."""
    return {
        "id": 1,
        "slug": "daily",
        "title": "The Post of Before",
        "description": "News",
        "sender_name": "The Post",
        "sender_address": "post@newsroom.example",
        "theme": "classic",
        "sections": ["briefing", "report"],
        "max_items": 12,
        "postal_address": "1 High Street",
        "reach_back_days": 3,
        "give_up_minutes": 600,
        "latest_start_minutes": 240,
        "item_text": "full",
        "logo_url": None,
        "logo_alt": "",
        "accent": None,
        "ground": None,
        "links": [],
        "welcome": True,
        "goodbye": False,
        "sign_up": False,
        "archive": "none",
        "feedback": False,
        "approval": False,
        "clicks": False,
        "approval_lead_minutes": 0,
        "quiet_days": [],
        "first_wishes": {},
        "pictures": "none",
    }


def a_topic(slug: str, position: int) -> dict[str, Any]:
    """One with a rule of its own."""
    return {
        "slug": slug,
        "title": slug.title(),
        "position": position,
        "rules": {f"{slug}word": 5},
        "aliases": [],
        "description": "",
        # since version 0032
        "translations": {},
    }


def a_briefing(id_: int) -> dict[str, Any]:
    """Briefing 7 is a draft."""
    return {
        "id": id_,
        "number": id_ if id_ < 7 else None,
        "batch": (1 if id_ < 4 else 2) if id_ < 7 else None,
        "status": {6: "retracted", 7: "draft"}.get(id_, "published"),
        "revision": 2 if id_ == 2 else 1,
        "section": "briefing",
        "lead": id_ == 1,
        "weight": id_ % 3,
        "must_not_miss": False,
        "publish_at": None,
        "story_id": None,
        "created_at": at(1),
        "published_at": at(1 if id_ < 4 else 2) if id_ < 7 else None,
        "title_key": f"{id_:064x}",
        "body_key": f"{id_ + 16:064x}",
        "content_key": f"{id_ + 32:064x}",
    }


def a_revision(briefing_id: int, revision: int) -> dict[str, Any]:
    """A text, with letters of more than one script."""
    return {
        "briefing_id": briefing_id,
        "revision": revision,
        "title": f"Tariffs rise again {briefing_id}, Ångström 報",
        "paragraphs": [f"What was said, for the {revision}. time.", "A second paragraph."],
        "source": "The Post",
        "source_date": date(2026, 3, 1),
        "url": f"https://post.example/{briefing_id}",
        "language": "en",
        "picture": None,
        "picture_alt": None,
        "at": at(1),
        "actor": "",
    }
