"""The mail that asks the owner of an address whether it may be written to (double opt-in)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from digest.core.model import Newsletter, Topic
from digest.render.characters import one_line
from digest.render.notices import printed_notice
from digest.render.page import topic_titles
from digest.render.phrases import wish
from digest.render.rendition import Rendition
from digest.render.words import Words, words_for
from subscribers.model import Cadence, Profile


class Invitation(Struct, frozen=True):
    """What only one reader's confirmation mail holds."""

    #: empty when the reader gave none
    name: str
    confirm_url: str

    def values(self) -> dict[str, str]:
        """The values by the names of their slots."""
        return {"name": one_line(self.name), "confirm_url": one_line(self.confirm_url)}


def also_for(titles: Sequence[str], words: Words) -> str:
    """That an answer is for other newsletters too; empty when it is not."""
    if not titles:
        return ""
    named = {"newsletters": words.listed(map(one_line, titles))}
    return words.catalogue.gettext("Your answer is also for %(newsletters)s.") % named


def confirmation(
    newsletter: Newsletter,
    topics: Iterable[Topic],
    profile: Profile,
    cadence: Cadence,
    boundary: str,
    *,
    others: Iterable[str] = (),
    own_themes: Path | None = None,
) -> Rendition[Invitation]:
    """The question for readers with these wishes; an `Invitation` fills its slots.

    `others` are the titles of newsletters that the answer is for as well.
    """
    words = words_for(profile.language)
    return printed_notice(
        "confirm",
        newsletter,
        {
            "wish": wish(profile, cadence, topic_titles(topics, words), words),
            "also": also_for(list(others), words),
        },
        ("name", "confirm_url"),
        language=profile.language,
        format_=profile.format,
        boundary=boundary,
        own_themes=own_themes,
    )
