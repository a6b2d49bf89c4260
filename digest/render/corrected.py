"""What a mail says of a briefing that its readers have had before, and that was changed or taken back."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec.structs import replace

from digest.core.corrections import Correction, CorrectionKind
from digest.core.model import Briefing
from digest.render.characters import one_line
from digest.render.words import Words


def as_told(briefing: Briefing) -> Briefing:
    """As much of a briefing as its readers are told now: of one that was taken back, what it was."""
    its = briefing.correction
    if its is None:
        return briefing
    if its.kind is CorrectionKind.WITHDRAWN:
        # nobody reads on at what was taken back
        bare = replace(briefing, paragraphs=(), url=None, topics=(), picture=None, picture_alt="")
        return replace(bare, title=its.former_title, lead=False)
    return replace(briefing, lead=False)


def kicker_of(correction: Correction, words: Words) -> str:
    """What became of the item, above its title."""
    _ = words.catalogue.gettext
    return {
        CorrectionKind.CORRECTED: _("Updated since you had it"),
        CorrectionKind.WITHDRAWN: _("Withdrawn"),
    }[correction.kind]


def remark_of(correction: Correction, title: str, *, zone: str, words: Words) -> str:
    """What was done, when, and what the title was; days are those of a zone."""
    _ = words.catalogue.gettext
    day = {"day": words.short_day(correction.at.astimezone(ZoneInfo(zone)).date())}
    if correction.kind is CorrectionKind.WITHDRAWN:
        said = _("You had this item in an earlier issue. It was withdrawn on %(day)s: please disregard it.")
        return said % day
    said = _("You had this item in an earlier issue. This is its text as of %(day)s.") % day
    former = one_line(correction.former_title)
    if former == title:
        return said
    return words.paragraph(said, _("Its title was “%(title)s”.") % {"title": words.isolated(former)})
