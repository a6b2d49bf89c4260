"""The form of a briefing: what was typed becomes a draft and flags, or a plain word on what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from digest.core.corrections import Telling
from digest.core.lines import MOST_TITLE, parse_line
from digest.core.model import Briefing, BriefingStatus, DraftBriefing, TopicMark
from digest.core.weblinks import is_web_link
from digest.errors import InputError, words_for_all
from digest.flows.correcting import Word
from digest.flows.edit_briefing import NOTHING, Edit, Flags
from digest.ingest.markdown import flattened
from digest.ingest.pictures import Picture, parse_picture, parse_picture_alt
from digest.ingest.plaintext import clean, paragraphs
from digest.web.desk.entered import Entered
from digest.web.desk.faults import Label, Labels, Reading
from subscribers.model import Section

#: What the fields are called on the page, in its order.
LABELS: Final[Labels] = {
    "title": Label("Title", "title"),
    "text": Label("Text", "text"),
    "url": Label("Link to read on", "link"),
    "picture": Label("Address of a picture", "picture"),
    "picture_alt": Label("The picture in words"),
    "source": Label("Source", "source"),
    "source_date": Label("Its date"),
    "section": Label("Section", "section"),
    "language": Label("Language", "language"),
    "weight": Label("Weight", "weight"),
    "publish_at": Label("Publish at", "time"),
}
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
#: Whether who has had the text is told, as an editor says it.
TELLINGS: Final = {
    Telling.WHEN_IT_MATTERS: "when it says something else than before: a figure, a word more or less",
    Telling.ALWAYS: "in any case",
    Telling.NEVER: "not at all",
}
#: What a field of a local date and time holds.
_LOCAL: Final = "%Y-%m-%dT%H:%M"


class Typed(Struct, frozen=True):
    """A form that could be read."""

    draft: DraftBriefing
    flags: Flags
    #: what of its markup the text does not keep
    lost: tuple[str, ...]

    def keeps_time_of(self, briefing: Briefing) -> bool:
        """True when it is to come out when it was to come out before; fields hold minutes, stores more."""
        before = briefing.publish_at
        return before is not None and self.flags.publish_at == before.replace(second=0, microsecond=0)

    def as_edit(self, form: Entered) -> Edit:
        """The same as a change of the briefing that the form was made of."""
        draft, flags = self.draft, self.flags
        return Edit(
            title=draft.title,
            paragraphs=draft.paragraphs,
            section=draft.section,
            url=draft.url or "",
            source=draft.source or "",
            source_date=draft.source_date or NOTHING,
            language=draft.language,
            picture=draft.picture or "",
            picture_alt=draft.picture_alt,
            lead=flags.lead,
            weight=flags.weight,
            must_not_miss=flags.must_not_miss,
            publish_at=flags.publish_at,
            word=word_of(form),
            on_revision=_number(form.one("revision") or "0", "revision", 0, 2**31),
        )


def typed(form: Entered, zone: str) -> Typed:
    """Read a form; raises FormError with all that is wrong. Times are those of `zone`."""
    reading = Reading(LABELS)
    said: _Said = ((), (), None)
    with reading.of("text"):
        said = _text(form)
        if not said[0]:
            raise InputError("text is empty: write at least one paragraph")
    draft, flags = DraftBriefing("", said[0]), Flags(lead=form.chosen("lead"))
    with reading.of("title"):
        draft = replace(draft, title=parse_line(form.secret("title"), "title", MOST_TITLE))
    with reading.of("url"):
        draft = replace(draft, url=_link(form.one("url")))
    draft = _with_picture(draft, form, said[2], reading)
    draft = _with_source(draft, form, reading)
    with reading.of("section"):
        draft = replace(draft, section=_section(form.one("section")))
    with reading.of("language"):
        draft = replace(draft, language=_language(form.one("language")))
    with reading.of("weight"):
        flags = replace(flags, weight=_number(form.one("weight") or "0", "weight", -999, 999))
    with reading.of("publish_at"):
        flags = replace(flags, publish_at=_instant(form.one("publish_at"), zone) or NOTHING)
    reading.done()
    whole = replace(draft, topics=form.all("topic"))
    return Typed(whole, replace(flags, must_not_miss=form.chosen("must_not_miss")), said[1])


def _with_picture(
    draft: DraftBriefing, form: Entered, within: Picture | None, reading: Reading
) -> DraftBriefing:
    """Without a picture of its own it has the first one of its text, and words alone are of nothing."""
    link, words = None, ""
    with reading.of("picture"):
        link = parse_picture(form.one("picture"))
    with reading.of("picture_alt"):
        words = parse_picture_alt(form.one("picture_alt")) if link else ""
    picture = Picture(link, words) if link else within
    return replace(draft, picture=picture.link, picture_alt=picture.alt) if picture else draft


def _with_source(draft: DraftBriefing, form: Entered, reading: Reading) -> DraftBriefing:
    """Who reported it, and when: mails print both, so one alone is refused beside the one that lacks."""
    source, day = form.one("source"), form.one("source_date")
    with reading.of("source"):
        if day and not source:
            raise InputError("is empty, and the date of a source is given: give both or neither")
        draft = replace(draft, source=parse_line(source, "source", most=300) if source else None)
    date_of_it: date | None = None
    with reading.of("source_date"):
        if source and not day:
            raise InputError("is empty, and a source is given: give both or neither")
        date_of_it = _day(day)
    return replace(draft, source_date=date_of_it)


def wants_to_publish(form: Entered, found: Typed, before: Briefing | None = None) -> bool:
    """True when the button publishes at once; refused when a time was typed, for one of them is a slip.

    The time that a draft had already, and that nobody touched, is no contradiction.
    """
    if form.one("then") != "publish":
        return False
    if found.flags.publish_at is not NOTHING and not (before and found.keeps_time_of(before)):
        raise InputError(
            "a time to publish at is said, but to publish now is chosen: "
            "keep it as a draft until then, or empty the time"
        )
    return True


def word_of(form: Entered) -> Word:
    """Whether readers are told, and in which words."""
    asked = form.one("tell")
    if asked and asked not in set(Telling):
        raise InputError(f"whether readers are told cannot be {asked!r}: say {', '.join(Telling)}")
    return Word(Telling(asked) if asked else Telling.WHEN_IT_MATTERS, " ".join(form.secret("note").split()))


def as_briefing(found: Typed, marks: tuple[TopicMark, ...]) -> Briefing:
    """What was typed as a briefing that was never written down."""
    draft = found.draft
    return Briefing(
        id=0,
        number=None,
        revision=1,
        title=draft.title,
        paragraphs=draft.paragraphs,
        section=draft.section,
        topics=marks,
        source=draft.source,
        source_date=draft.source_date,
        url=draft.url,
        language=draft.language,
        lead=bool(found.flags.lead),
        weight=found.flags.weight or 0,
        status=BriefingStatus.DRAFT,
        published_at=None,
        picture=draft.picture,
        picture_alt=draft.picture_alt,
    )


def fields_of(briefing: Briefing, zone: str) -> Mapping[str, Any]:
    """The values of the form for a stored briefing."""
    local = briefing.publish_at and briefing.publish_at.astimezone(ZoneInfo(zone))
    return {
        "title": briefing.title,
        "text": "\n\n".join(briefing.paragraphs),
        "markup": "plain",
        "url": briefing.url or "",
        "picture": briefing.picture or "",
        "picture_alt": briefing.picture_alt,
        "source": briefing.source or "",
        "source_date": briefing.source_date.isoformat() if briefing.source_date else "",
        "language": briefing.language,
        "section": briefing.section.value,
        "weight": briefing.weight,
        "lead": briefing.lead,
        "must_not_miss": briefing.must_not_miss,
        "publish_at": local.strftime(_LOCAL) if local else "",
        "topics": tuple(mark.slug for mark in briefing.topics),
        "revision": briefing.revision,
        "tell": "",
        "note": "",
    }


def fields_again(form: Entered) -> Mapping[str, Any]:
    """The values of the form as they were typed, to be shown beside what is wrong with them."""
    lines = ("title", "url", "source", "source_date", "language", "section", "weight", "publish_at", "markup")
    return {
        **{name: form.one(name) for name in (*lines, "picture", "picture_alt", "revision")},
        "text": form.secret("text"),
        "title": form.secret("title"),
        "lead": form.chosen("lead"),
        "must_not_miss": form.chosen("must_not_miss"),
        "topics": form.all("topic"),
        "tell": form.one("tell"),
        "note": form.secret("note"),
    }


def is_changed(form: Entered, briefing: Briefing, zone: str) -> bool:
    """True when the form says something else than the briefing of which it was made."""
    if "title" not in form:
        return False
    said, stands = fields_again(form), fields_of(briefing, zone)
    # what is told of a change is none
    names = said.keys() - {"topics", "revision", "tell"}
    return any(_plain(said[name]) != _plain(stands[name]) for name in names)


def _plain(value: object) -> str:
    return str(value).replace("\r\n", "\n")


def empty_fields() -> Mapping[str, Any]:
    """The values of the form of a new briefing."""
    return {**fields_again(Entered()), "language": "en", "weight": 0, "section": Section.BRIEFING.value}


_Said = tuple[tuple[str, ...], tuple[str, ...], Picture | None]


def _text(form: Entered) -> _Said:
    """Its paragraphs, what of its markup is lost, and the first picture in it."""
    try:
        if form.one("markup") == "markdown":
            found = flattened(form.secret("text"))
            return found.paragraphs, found.lost, found.picture
        # as it came: the signs that join and part letters of Persian or Hindi are not printable, and count
        return paragraphs(clean(form.secret("text"))), (), None
    except ValueError as error:
        raise InputError(words_for_all(error)) from None


def _section(word: str) -> Section:
    try:
        return Section(word)
    except ValueError:
        raise InputError(f"section {word!r} is not known: choose among {', '.join(Section)}") from None


def _link(text: str) -> str | None:
    if text and (len(text) > 2000 or not is_web_link(text)):
        raise InputError(
            f"link {text[:80]!r} is not an absolute http or https address: say https://HOST/PATH"
        )
    return text or None


def _language(tag: str) -> str:
    if not _LANGUAGE.fullmatch(tag) or len(tag) > 20:
        raise InputError(f"language {tag!r} is not a tag such as en, fr or zh-Hans")
    return tag


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"{text!r} is not a date: say it as 2026-11-24") from None
    if found is not None and not 1970 <= found.year <= 9000:
        raise InputError(f"{text!r} is out of reach: say a year from 1970 to 9000")
    return found


def _instant(text: str, zone: str) -> datetime | None:
    """A wall time of the newsroom; one that a change of clocks leaves out is as long after the change."""
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text[:16])
    except ValueError:
        raise InputError(f"time {text!r} is not one: say it as 2026-11-24T08:00") from None
    if not 1970 <= local.year <= 9000:
        raise InputError(f"time {text!r} is out of reach: say a year from 1970 to 9000")
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _number(text: str, what: str, least: int, most: int) -> int:
    if not re.fullmatch(r"-?[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise InputError(f"{what} {text!r} is not a whole number from {least} to {most}")
    return int(text)
