"""What a whole cohort is told: what is inside, which days it covers, what waits, and why the mail came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from digest.core.budget import Fit, Form
from digest.core.model import Copy
from digest.core.quiet import dates_of
from digest.core.timetable import next_issue_at
from digest.render.characters import shortened
from digest.render.page import CohortWords, Item, Masthead
from digest.render.reading import whole_minutes
from digest.render.words import Words
from subscribers.model import Cadence, Profile

#: Inboxes show 40 to 140 letters after the subject.
_PREHEADER_COLUMNS: Final = 140
_MOST_IN_PREHEADER: Final = 12
#: Below it a list of contents says nothing that the page does not.
_FEWEST_FOR_CONTENTS: Final = 3


def lead_of(items: Sequence[Item]) -> Item | None:
    """The item that stands for the mail: the first that editors marked as lead, else the first."""
    return next((item for item in items if item.lead), items[0] if items else None)


def cohort_words(
    copy: Copy,
    items: Sequence[Item],
    *,
    subject: str,
    masthead: Masthead,
    titles: Mapping[str, str],
    words: Words,
    view_url: str = "",
) -> CohortWords:
    """The words for a copy that holds these items, and can be seen under this link."""
    return CohortWords(
        subject=subject,
        preheader=_preheader(items, words),
        summary=_summary(items, words),
        covers=_covers(copy, words),
        contents="yes" if len(items) >= _FEWEST_FOR_CONTENTS else "",
        later=_later(len(copy.deferred), words),
        waiting="yes" if copy.deferred else "",
        lines="",
        why=words.paragraph(
            why(masthead.title, copy.profile, copy.cadence, titles, words),
            next_one(copy.cadence, copy.issue.due_at, words, dates_of(masthead.quiet_days)),
            _counting(words) if masthead.counts_clicks else "",
        ),
        view_url=view_url,
    )


def fitted_words(said: CohortWords, items: Sequence[Item], fit: Fit, *, words: Words) -> CohortWords:
    """The words for a copy that prints of its items what fits; they come in the forms that it has."""
    lines = sum(form < Form.HEADLINE for form in fit.forms)
    return replace(
        said,
        summary=_summary(items, words),
        contents=said.contents if fit.contents else "",
        waiting=said.waiting if fit.waiting else "",
        lines=words_of_lines(lines, words) if lines else "",
    )


def words_of_lines(count: int, words: Words) -> str:
    """What stands above the items that a mail prints in a line each."""
    return words.counted("%(count)d more in brief", "%(count)d more in brief", count)


def why(
    newsletter: str, profile: Profile, cadence: Cadence | None, titles: Mapping[str, str], words: Words
) -> str:
    """Why a reader gets the mail: what was asked for, and when it comes."""
    chosen = ""
    if profile.sections is not None:
        _ = words.catalogue.gettext
        sections = words.listed(words.sections(section) for section in sorted(profile.sections))
        chosen = _("Of its items you chose %(sections)s.") % {"sections": sections}
    return words.paragraph(_follows(newsletter, profile, titles, words), chosen, _comes(cadence, words))


@lru_cache(maxsize=256)
def next_one(cadence: Cadence | None, due_at: datetime, words: Words, quiet: Set[date] = frozenset()) -> str:
    """When the issue after the one of this slot is due, on the reader's clock; empty where nobody can say.

    Kept, since all cohorts of an issue wait for the same one.
    """
    if cadence is None or (instant := next_issue_at(cadence, due_at, quiet)) is None:
        return ""
    _ = words.catalogue.gettext
    local = instant.astimezone(ZoneInfo(cadence.zone))
    told = {
        "weekday": words.weekday(local.date()),
        "day": words.short_day(local.date()),
        "time": words.clock(local.time()),
    }
    return _("The next one is due on %(weekday)s, %(day)s, at %(time)s.") % told


def wish(profile: Profile, cadence: Cadence, titles: Mapping[str, str], words: Words) -> str:
    """What somebody asked for, before the first mail: topics, and when it would come."""
    _ = words.catalogue.gettext
    asked = {"topics": followed(profile, titles, words), "cadence": words.cadence(cadence)}
    if not asked["topics"]:
        return _("You would get it %(cadence)s, with all its topics.") % asked
    return _("You would get it %(cadence)s, with what is new on %(topics)s.") % asked


def page_note(withdrawn: int, corrected: int, words: Words) -> str:
    """What an issue on a page says to whoever opens it.

    `withdrawn` of its items are left out there; `corrected` of those that are shown have another text by now.
    """
    _ = words.catalogue.gettext
    said = []
    if withdrawn:
        said.append(
            words.counted(
                "%(count)d item was withdrawn by the editors after the mail was sent, and is not shown.",
                "%(count)d items were withdrawn by the editors after the mail was sent, and are not shown.",
                withdrawn,
            )
        )
    if corrected:
        said.append(
            words.counted(
                "%(count)d item was corrected after the mail was sent, and stands here as it was mailed.",
                "%(count)d items were corrected after the mail was sent, and stand here as they were mailed.",
                corrected,
            )
        )
    own = _("To change what you get, or to unsubscribe, use the links in your own mail.")
    return words.paragraph(*said, own)


def followed(profile: Profile, titles: Mapping[str, str], words: Words) -> str:
    """The topics that a reader follows, in their order, as a list in a sentence; empty for all of them."""
    topics = profile.topics
    return words.listed(title for slug, title in titles.items() if topics is not None and slug in topics)


def _preheader(items: Sequence[Item], words: Words) -> str:
    lead = lead_of(items)
    if lead is None:
        return ""
    others = [item.title for item in items[:_MOST_IN_PREHEADER] if item is not lead]
    others = others or list(lead.paragraphs[:1])
    return shortened(" · ".join(map(words.isolated, others)), _PREHEADER_COLUMNS)


def _summary(items: Sequence[Item], words: Words) -> str:
    if not items:
        return ""
    return _counted_up(len(items), whole_minutes(sum(item.seconds for item in items)), words)


@lru_cache(maxsize=1024)
def _counted_up(items: int, minutes: int, words: Words) -> str:
    count = words.counted("%(count)d item", "%(count)d items", items)
    return f"{count} · {words.minutes(minutes)}"


def _covers(copy: Copy, words: Words) -> str:
    # by hand nothing is made up for
    if copy.cadence is None or copy.covers_from >= copy.issue.day:
        return ""
    _ = words.catalogue.gettext
    return _("Covers %(days)s") % {"days": words.span(copy.covers_from, copy.issue.day)}


@lru_cache(maxsize=256)
def _later(count: int, words: Words) -> str:
    if count == 0:
        return ""
    return words.counted("%(count)d more in your next issue", "%(count)d more in your next issue", count)


def _follows(newsletter: str, profile: Profile, titles: Mapping[str, str], words: Words) -> str:
    _ = words.catalogue.gettext
    said = {"newsletter": words.isolated(newsletter), "topics": followed(profile, titles, words)}
    if profile.topics is None:
        return _("You get %(newsletter)s because you follow all its topics.") % said
    if not said["topics"]:
        return _("You get %(newsletter)s because you subscribed to it.") % said
    return _("You get %(newsletter)s because you follow %(topics)s.") % said


def _counting(words: Words) -> str:
    _ = words.catalogue.gettext
    return _("Links to sources pass our site, which counts how often an item is opened, not by whom.")


@lru_cache(maxsize=256)
def _comes(cadence: Cadence | None, words: Words) -> str:
    _ = words.catalogue.gettext
    if cadence is None:
        return _("This issue was sent by hand by the editors.")
    return _("It comes %(cadence)s.") % {"cadence": words.cadence(cadence)}
