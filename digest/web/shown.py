"""A subscription in plain words: what its reader gets, when, and how to have it changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel import UnknownLocaleError
from msgspec import Struct
from msgspec.structs import replace

from digest.core.model import Newsletter
from digest.flows.by_link import Seen
from digest.render.characters import one_line
from digest.render.greetings import masked, on_the_clock
from digest.render.locales import locale_of
from digest.render.page import topic_titles
from digest.render.phrases import followed
from digest.render.words import Words
from subscribers.model import Cadence, Format, Profile, Section, Standing
from subscribers.subscription import Subscription
from subscribers.tokens import Purpose, Tokens


class Row(Struct, frozen=True):
    """One thing that a reader has chosen."""

    name: str
    said: str


class OtherShown(Struct, frozen=True):
    """Another newsletter of the same reader."""

    newsletter: str
    #: a sentence
    standing_said: str
    #: of its page of preferences
    token: str


class Shown(Struct, frozen=True):
    """What the templates may say of a subscription."""

    newsletter: str
    #: a…@example.org: enough for its reader, too little for anybody else
    address: str
    standing: Standing
    #: a sentence, and another one with the address
    standing_said: str
    cadence: str
    #: empty when none will come
    next_issue: str
    rows: tuple[Row, ...]
    may_return: bool
    sender: str
    editors: str
    #: a mailto link to the editors
    write_to: str
    postal_address: tuple[str, ...]


def shown(seen: Seen, now: datetime, words: Words) -> Shown:
    """The words for a subscription as it stands at `now`."""
    newsletter, reader = seen.newsletter, seen.reader
    title, sender = one_line(newsletter.title), one_line(newsletter.sender_address)
    return Shown(
        newsletter=title,
        address=masked(reader.address),
        standing=reader.standing,
        standing_said=words.paragraph(_standing(reader, title, words), _address(reader, words)),
        cadence=_cadence(reader.cadence, words),
        next_issue=_next_issue(seen, now, words),
        rows=tuple(_rows(seen, words)),
        may_return=seen.may_return,
        sender=one_line(newsletter.sender_name),
        editors=sender,
        write_to=_write_to(title, sender, words),
        postal_address=tuple(filter(None, map(one_line, newsletter.postal_address.splitlines()))),
    )


def others_shown(
    seen: Seen, tokens: Tokens, words: Words, standings: Collection[Standing]
) -> tuple[OtherShown, ...]:
    """What else the reader has in one of these standings, with the ways there."""
    return tuple(
        OtherShown(
            one_line(other.title),
            _standing(other.reader, one_line(other.title), words),
            tokens.make(Purpose.PREFERENCES, other.reader.id),
        )
        for other in seen.others
        if other.reader.standing in standings
    )


def _standing(reader: Subscription, title: str, words: Words) -> str:
    _ = words.catalogue.gettext
    until = ""
    if reader.paused_until is not None:
        until = words.short_day(reader.paused_until.astimezone(ZoneInfo(reader.cadence.zone)).date())
    paused = _("%(newsletter)s is paused until %(until)s.") if until else _("%(newsletter)s is paused.")
    said = {
        Standing.PENDING: _("You have not confirmed yet that you want %(newsletter)s: nothing is sent."),
        Standing.ACTIVE: _("You get %(newsletter)s."),
        Standing.PAUSED: paused,
        Standing.BOUNCING: _("%(newsletter)s is stopped, since mail to your address came back."),
        Standing.COMPLAINED: _("%(newsletter)s is stopped, since it was reported as spam."),
        Standing.LEFT: _("You are unsubscribed from %(newsletter)s: nothing is sent."),
        Standing.SUPPRESSED: _("%(newsletter)s is stopped: nothing is sent to your address."),
    }
    return said[reader.standing] % {"newsletter": words.isolated(title), "until": until}


def _address(reader: Subscription, words: Words) -> str:
    _ = words.catalogue.gettext
    return _("The address is %(address)s.") % {"address": words.isolated(masked(reader.address))}


def _next_issue(seen: Seen, now: datetime, words: Words) -> str:
    _ = words.catalogue.gettext
    reader = seen.reader
    if seen.next_due is not None:
        if seen.next_due <= now:
            return _("in the next minutes, if there is something new for you")
        when = {"when": on_the_clock(seen.next_due, reader.cadence, words)}
        return _("%(when)s, if there is something new for you by then") % when
    if reader.standing is Standing.ACTIVE:
        return _("as soon as there is something new for you")
    if reader.paused_until is not None:
        return _("after the pause, as soon as there is something new for you")
    return ""


def _rows(seen: Seen, words: Words) -> list[Row]:
    _ = words.catalogue.gettext
    profile, cadence = seen.reader.profile, seen.reader.cadence
    topics = tuple(topic_titles(seen.topics, words).items())
    return [
        Row(_("When"), _rhythm(cadence, words)),
        Row(_("Topics"), _topics(profile, topics, words)),
        Row(_("Kinds of items"), _sections(profile.sections, words)),
        Row(_("Length"), _length(profile, seen.newsletter, words)),
        Row(_("Format"), _("formatted (HTML)") if profile.format is Format.HTML else _("plain text")),
        Row(_("Language"), _language(profile.language, words)),
    ]


# Readers differ less than they think: what has been said for one is kept for all who want the same.


@lru_cache(maxsize=1000)
def _cadence(cadence: Cadence, words: Words) -> str:
    return words.cadence(cadence)


@lru_cache(maxsize=1000)
def _rhythm(cadence: Cadence, words: Words) -> str:
    if not cadence.at_once:
        return words.cadence(cadence)
    _ = words.catalogue.gettext
    rest = {"cadence": words.cadence(replace(cadence, at_once=False))}
    return _("as soon as there is something new; what a mail had no room for comes %(cadence)s") % rest


@lru_cache(maxsize=2000)
def _topics(profile: Profile, topics: tuple[tuple[str, str], ...], words: Words) -> str:
    """What a profile follows of these: slugs and titles."""
    _ = words.catalogue.gettext
    if profile.topics is None:
        return _("all of them")
    return followed(profile, dict(topics), words) or _("none of those that there are now")


@lru_cache(maxsize=500)
def _sections(sections: frozenset[Section] | None, words: Words) -> str:
    if sections is None:
        return words.catalogue.gettext("all that the newsletter carries")
    return words.listed(words.sections(section) for section in Section if section in sections)


def _length(profile: Profile, newsletter: Newsletter, words: Words) -> str:
    caps = [cap for cap in (profile.max_items, newsletter.max_items) if cap is not None]
    if not caps:
        return words.catalogue.gettext("as many items as there are")
    return words.counted(
        "at most %(count)d item; the others come with the next issue",
        "at most %(count)d items; the others come with the next issue",
        min(caps),
    )


@lru_cache(maxsize=500)
def _language(language: str, words: Words) -> str:
    """The name of a language, in the language of the page."""
    try:
        chosen = locale_of(language)
        shown_in = locale_of(words.language)
        # some go by a name of their own: Simplified Chinese, British English
        own_name = shown_in.languages.get(str(chosen))
        return own_name or chosen.get_display_name(shown_in) or language
    except (UnknownLocaleError, ValueError):
        return language


@lru_cache(maxsize=500)
def _write_to(newsletter: str, sender: str, words: Words) -> str:
    _ = words.catalogue.gettext
    subject = _("My subscription to %(newsletter)s") % {"newsletter": newsletter}
    return f"mailto:{quote(sender, safe='@')}?subject={quote(subject)}"
