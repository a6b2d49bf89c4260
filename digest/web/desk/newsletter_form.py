"""The form of a newsletter: what its fields are called, and what was typed into them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from digest.core.beginnings import OPTIONS, require_topics
from digest.core.lines import parse_slug
from digest.core.model import Archive, Newsletter
from digest.errors import InputError
from digest.flows.holidays import FIRST_YEAR, LAST_YEAR
from digest.flows.newsletters import settings_from, shown_newsletter
from digest.web.desk.entered import Entered
from digest.web.desk.faults import Label, Labels, Reading

#: In the order of the page.
LABELS: Final[Labels] = {
    "slug": Label("Short name, for links and commands", "slug"),
    "title": Label("Title", "title"),
    "description": Label("In one line", "description"),
    "sender_name": Label("Sender's name", "sender-name"),
    "sender_address": Label("Sender's address", "address"),
    "postal_address": Label("Postal address, at the foot of each mail", "postal-address"),
    "sections": Label("Kinds of item it carries"),
    "max_items": Label("Items in a mail, at most", "max-items"),
    "item_text": Label("Of each item, mails print", "texts"),
    "pictures": Label("Of the pictures of items, mails show", "pictures"),
    "theme": Label("Theme", "theme"),
    "accent": Label("Colour of links", "accent"),
    "ground": Label("Colour of the ground", "ground"),
    "logo_url": Label("Address of the logo", "logo"),
    "logo_alt": Label("The logo in words", "logo-alt"),
    "links": Label("Links in the footer, one on each line"),
    "reach_back_days": Label("A first issue reaches back so many days", "reach-back"),
    "give_up_minutes": Label("A copy is given up so many minutes after its issue was due", "give-up"),
    "latest_start_minutes": Label(
        "An issue later than so many minutes waits for the next slot", "latest-start"
    ),
    "approval_lead_minutes": Label(
        "For that, an issue is planned so many minutes before its time", "approval-lead"
    ),
    "quiet_days": Label("Quiet days, one on each line"),
    "first_days": Label("Days", "days"),
    "first_at": Label("At", "time"),
    "first_timezone": Label("Time zone", "time zone"),
    "first_at_once": Label("At once"),
    "first_format": Label("Format", "format"),
    "first_max_items": Label("At most", "max-items"),
    "first_language": Label("Language", "language"),
    "first_sections": Label("Sections"),
    "first_topics": Label("Topics"),
    "archive": Label("On the web anybody may read", "archive"),
    "country": Label("Country, or part of one", "place"),
    "year": Label("Year", "year"),
}
#: What is asked of a new one, besides its short name.
NEW: Final = ("title", "sender_name", "sender_address")
#: The boxes of the form: a box that is not ticked is not sent, and means no.
_BOXES: Final = ("welcome", "goodbye", "sign_up", "feedback", "clicks", "approval")
_LINES: Final = (
    *("title", "sender_name", "sender_address", "theme", "reach_back_days", "give_up_minutes"),
    "approval_lead_minutes",
    *("item_text", "pictures", "logo_url", "logo_alt", "accent", "ground", "archive"),
)
_TEXTS: Final = ("description", "postal_address")
#: Empty in the form, they mean that there is no limit.
_LIMITS: Final = ("max_items", "latest_start_minutes")
#: A compound of several fields.
_FIRST: Final = "first_wishes"


def said_in(form: Entered) -> dict[str, Any]:
    """What the form says, as the flow takes it."""
    said: dict[str, Any] = {name: form.one(name) for name in _LINES if name in form}
    said |= {name: form.text(name) for name in _TEXTS if name in form}
    said |= {name: form.one(name) or "none" for name in _LIMITS if name in form}
    said |= {name: form.chosen(name) for name in _BOXES}
    said["sections"] = ", ".join(form.all("sections")) or " "
    links = [line for line in form.text("links").splitlines() if line.strip()]
    said["links"] = links or [""]
    if any(f"first_{option}" in form for option in OPTIONS):
        said[_FIRST] = [f"{option}={word}" for option, word in _first(form).items() if word] or [""]
    if "quiet_days" in form:
        days = [line for line in form.text("quiet_days").splitlines() if line.strip()]
        said["quiet_days"] = days or [""]
    return said


def read(form: Entered, topics: Collection[str], own_themes: Path | None) -> dict[str, Any]:
    """What the form says; raises FormError with all that cannot be. `topics` are those that there are."""
    said, reading = said_in(form), Reading(LABELS)
    for name, value in said.items():
        if name in LABELS:
            with reading.of(name):
                settings_from({name: value}, own_themes)
    for option, word in _first(form).items():
        if word:
            with reading.of(f"first_{option}"):
                wishes = settings_from({_FIRST: [f"{option}={word}"]})
                require_topics(wishes[_FIRST], topics)
    reading.done()
    return said


def read_new(form: Entered) -> tuple[str, dict[str, Any]]:
    """The short name of a new newsletter, and what is said of it; raises FormError with all that is wrong."""
    slug, reading = form.one("slug").lower(), Reading(LABELS)
    said = {name: form.one(name) for name in NEW}
    with reading.of("slug"):
        parse_slug(slug)
    for name, value in said.items():
        with reading.of(name):
            settings_from({name: value})
    reading.done()
    if form.chosen("open"):
        return slug, said
    return slug, {**said, "sign_up": False, "archive": Archive.NONE.value}


def year_from(word: str) -> int:
    """A year whose holidays are known."""
    if not word.isascii() or not word.isdecimal() or not FIRST_YEAR <= int(word[:6]) <= LAST_YEAR:
        raise InputError(f"year {word!r} is not known: say {FIRST_YEAR} to {LAST_YEAR}")
    return int(word)


def typed_in(form: Entered) -> dict[str, Any]:
    """What was typed, to be shown again beside what is wrong with it."""
    typed: dict[str, Any] = {name: form.one(name) for name in (*_LINES, *_LIMITS)}
    typed |= {name: form.text(name) for name in (*_TEXTS, "links", "quiet_days")}
    typed |= {name: form.chosen(name) for name in _BOXES}
    return typed | {"sections": form.all("sections"), _FIRST: _first(form)}


def as_typed(newsletter: Newsletter) -> dict[str, Any]:
    """A newsletter as its form shows it."""
    shown = shown_newsletter(newsletter)
    typed = {name: "" if value is None else value for name, value in shown.items()}
    return typed | {
        "links": "\n".join(f"{link.name}={link.url}" for link in newsletter.links),
        "quiet_days": "\n".join(map(str, newsletter.quiet_days)),
        _FIRST: dict.fromkeys(OPTIONS, "") | dict(newsletter.first_wishes),
    }


def _first(form: Entered) -> Mapping[str, str]:
    return {option: form.one(f"first_{option}") for option in OPTIONS}
