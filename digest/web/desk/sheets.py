"""Pages of the desk from templates: our own style and scripts only, what was typed always escaped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from digest.core.access import Power
from digest.core.model import LeftOut, Topic
from digest.core.reasons import OF_ITEMS, left_out_words, meaning_of
from digest.core.timetable import slot_words
from digest.render.environment import templates_folder
from digest.web.desk.agents import browser_in_words
from digest.web.static import named
from digest.web.wishing import spoken_languages, zone_names
from subscribers.model import Section

if TYPE_CHECKING:
    from digest.web.desk.visit import Visit

#: Frames show mails, which we serve ourselves; pictures are ours, or drawn in the page.
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
#: A form says where it stands, which the gate asks for; other sites are told nothing.
_HEADERS: Final = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "same-origin"}


def sheet(visit: Visit, name: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The page `name` of the desk; a value that its template asks for and is not given is an error."""
    given = {"visit": visit, "up": visit.up, "zone": visit.zone, "done": visit.asked("done")} | values
    text = _environment().get_template(f"{name}.html").render(given)
    return HTMLResponse(text, status_code=status, headers=_HEADERS)


def part(visit: Visit, name: str, /, **values: Any) -> str:
    """A part of a page of the desk, for who has the rest of it."""
    given = {"visit": visit, "up": visit.up, "zone": visit.zone} | values
    return _environment().get_template(f"{name}.html").render(given)


def bare_sheet(request: Request, name: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for somebody who is not in, or not quite."""
    up = "../" * (request.scope["path"].count("/") - 2)
    text = _environment().get_template(f"{name}.html").render({"up": up, "zone": "UTC"} | values)
    return HTMLResponse(text, status_code=status, headers=_HEADERS)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates_folder() / "web" / "admin"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(static=named, Power=Power, Section=Section)
    environment.globals.update(zone_names=zone_names, spoken_languages=spoken_languages)
    environment.filters.update(moment=_moment, day=_day, number=_number, count=_count)
    environment.filters.update(choices=_choices, span=_span, slot=slot_words, begun=begun, meaning=_meaning)
    environment.filters.update(leftout=_left_out, told=_told, browser=browser_in_words, named=_named)
    return environment


def _meaning(reason: str) -> str:
    """What a copy's reason means; commands are for other pages, and lose their quotes."""
    return meaning_of(reason).replace("`", "")


def _left_out(reason: str) -> Markup:
    """Why items are left out of a copy, in a few words; in more for who points at them."""
    meaning = OF_ITEMS[LeftOut(reason)] if reason in OF_ITEMS else ""
    return Markup('<span title="{}">{}</span>').format(begun(meaning), left_out_words(reason))


@pass_context
def _moment(context: Context, value: datetime | None) -> Markup:
    """An instant in the newsroom's zone, to the minute; the exact one, in UTC, for who points at it."""
    if value is None:
        return Markup("")
    there = value.astimezone(ZoneInfo(context["zone"]))
    exact = value.astimezone(UTC)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        f"{exact:%Y-%m-%dT%H:%M:%SZ}",
        f"{exact:%Y-%m-%d %H:%M:%S}",
        f"{there:%a} {there.day} {there:%b %Y, %H:%M}",
    )


@pass_context
def _day(context: Context, value: datetime | None) -> str:
    """The day of an instant, in the newsroom's zone."""
    if value is None:
        return ""
    there = value.astimezone(ZoneInfo(context["zone"]))
    return f"{there:%a} {there.day} {there:%b %Y}"


def _number(value: float) -> str:
    """A number as people read it: 1,234,567."""
    return f"{value:,}"


def begun(words: str) -> str:
    """Words as a sentence begins, but for the name of a file or an address, which stays as it is."""
    first = words.partition(" ")[0]
    return words if "." in first or "@" in first else words[:1].upper() + words[1:]


def _told(value: object) -> str:
    """What the log of changes has of a field, in words: a list by commas, nothing as a dash."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_told(each)}" for name, each in value.items()) or "–"
    if isinstance(value, list | tuple):
        return ", ".join(map(_told, value)) or "–"
    return "–" if value is None or value == "" else str(value)


def _choices(known: Iterable[str]) -> list[tuple[str, str]]:
    """The values of a set of words, and how they read, for a list to choose from."""
    return [(str(word), str(word).replace("-", " ")) for word in known]


def _named(topics: Iterable[Topic]) -> list[tuple[str, str]]:
    """Topics, and what they are called, for a list to choose from."""
    return [(topic.slug, topic.title) for topic in topics]


def _span(value: timedelta | None) -> str:
    """How long something takes, as people say it: `4 minutes`, `2 hours 10 minutes`."""
    if value is None:
        return ""
    minutes = -(-int(value.total_seconds()) // 60)
    if minutes < 2:
        return "about a minute"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    said = [(days, "day"), (hours, "hour"), (0 if days else minutes, "minute")]
    return " ".join(f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in said if number)


def _count(value: int, noun: str, nouns: str = "") -> Markup:
    """How many there are, in words: `1 reader`, `1,200 readers`."""
    return escape(f"{value:,} {noun if value == 1 else nouns or f'{noun}s'}")
