"""The next mail of a reader in plain words: when it comes, and what it would hold if it were made now."""

from __future__ import annotations

from msgspec import Struct

from digest.flows.coming import Coming, Title
from digest.render.greetings import on_the_clock
from digest.render.words import Words
from subscribers.model import Standing
from subscribers.subscription import Subscription


class Effect(Struct, frozen=True):
    """What a page says of the next mail."""

    when: str
    holds: str
    titles: tuple[Title, ...]
    #: how many there are besides; empty when all are named
    more: str


def effect(coming: Coming, reader: Subscription, words: Words) -> Effect:
    """The words for the mail that this subscription would bring next."""
    named = len(coming.held.titles)
    _ = words.catalogue.gettext
    more = ""
    if coming.held.items > named:
        more = words.counted("and %(count)d more", "and %(count)d more", coming.held.items - named)
    return Effect(_when(coming, reader, words), _holds(coming, words), coming.held.titles, more)


def _when(coming: Coming, reader: Subscription, words: Words) -> str:
    _ = words.catalogue.gettext
    if coming.due_at is not None:
        return _("The next mail: %(when)s.") % {"when": on_the_clock(coming.due_at, reader.cadence, words)}
    if reader.standing is Standing.PAUSED:
        return _("No mail comes before you end the pause.")
    return _("The next mail comes as soon as there is something new.")


def _holds(coming: Coming, words: Words) -> str:
    if not coming.held.items:
        return words.catalogue.gettext("So far there is nothing for it; a mail without news is not sent.")
    held = words.counted(
        "If it were made now, it would hold %(count)d item:",
        "If it were made now, it would hold these %(count)d items:",
        coming.held.items,
    )
    if not coming.held.waiting:
        return held
    waiting = words.counted(
        "%(count)d item would wait for the mail after it.",
        "%(count)d items would wait for the mail after it.",
        coming.held.waiting,
    )
    return words.paragraph(waiting, held)
