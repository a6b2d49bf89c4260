"""The words of a welcome and a goodbye: what will come, what it would have been, and when it begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from digest.core.model import Topic
from digest.core.notices import NoticeKind
from digest.render.characters import one_line
from digest.render.page import topic_titles
from digest.render.phrases import followed
from digest.render.words import Words
from subscribers.model import Cadence, Profile

#: Behind an ellipsis a line may end (Unicode UAX 14, class IN), unless this stands there.
_WORD_JOINER: Final = "\u2060"


def welcoming(
    profile: Profile, cadence: Cadence, topics: Iterable[Topic], outlook: Mapping[str, Any], words: Words
) -> dict[str, str]:
    """What a welcome says; `outlook` as `flows/outlook.py` keeps it."""
    return {
        "comes": _comes(profile, cadence, topics, words),
        "tried": _tried(outlook["tried"], words),
        "first": _first(outlook["first"], outlook["waiting"], cadence, words),
    }


def of_a_move(kind: NoticeKind, old: str, new: str, words: Words) -> dict[str, str]:
    """What the two mails about a change of address say; neither names the other address in full."""
    _ = words.catalogue.gettext
    if kind is NoticeKind.MOVE:
        said = _(
            "Mail that goes to %(address)s is to come to this address from now on. Was it you who asked?"
        )
        return {"asked": said % {"address": words.isolated(masked(old))}}
    said = _("Somebody asked that your mail go to %(address)s from now on, and no longer to this address.")
    return {"asked": said % {"address": words.isolated(masked(new))}}


def masked(address: str) -> str:
    """The address with all but the first letter of its local part left out; no line ends within it."""
    local, _, domain = one_line(address).rpartition("@")
    return f"{local[:1]}…{_WORD_JOINER}@{domain}"


def on_the_clock(instant: datetime, cadence: Cadence, words: Words) -> str:
    """An instant as the reader's clock shows it: Nov 25, 07:00 (Europe/Paris)."""
    _ = words.catalogue.gettext
    local = instant.astimezone(ZoneInfo(cadence.zone))
    day, at = words.short_day(local.date()), words.clock(local.time())
    return _("%(day)s, %(time)s (%(zone)s)") % {"day": day, "time": at, "zone": words.zone(cadence.zone)}


def _comes(profile: Profile, cadence: Cadence, topics: Iterable[Topic], words: Words) -> str:
    _ = words.catalogue.gettext
    told = {
        "topics": followed(profile, topic_titles(topics, words), words),
        "cadence": words.cadence(cadence),
    }
    if not told["topics"]:
        return _("It comes %(cadence)s, with all its topics.") % told
    return _("It comes %(cadence)s, with what is new on %(topics)s.") % told


def _tried(tried: list[int] | None, words: Words) -> str:
    """What would have come: the typical issue of the last four weeks."""
    if tried is None:
        return ""
    _ = words.catalogue.gettext
    issues, items, minutes = tried
    told = {
        "issues": words.counted("%(count)d issue", "%(count)d issues", issues),
        "items": words.counted("%(count)d item", "%(count)d items", items),
        "minutes": words.minutes(minutes),
    }
    said = _("In the last four weeks that would have been %(issues)s; a typical one: %(items)s, %(minutes)s.")
    return said % told


def _first(first: str | None, waiting: int, cadence: Cadence, words: Words) -> str:
    _ = words.catalogue.gettext
    if first is None:
        return _("Your first mail comes as soon as there is something new for you.")
    when = {"when": on_the_clock(datetime.fromisoformat(first), cadence, words)}
    said = _("Your first issue: %(when)s.")
    if not waiting:
        return said % {"when": _("%(when)s, if there is something new for you by then") % when}
    already = words.counted(
        "%(count)d item is waiting for it already.", "%(count)d items are waiting for it already.", waiting
    )
    return words.paragraph(said % when, already)
