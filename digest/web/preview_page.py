"""A preview as one local page: the mail on phone and desktop, light and dark, its text, headers and size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from digest.core.budget import LIMIT
from digest.flows.preview import Preview
from digest.mail.lane import Letter
from digest.render.characters import one_line, shortened
from digest.render.environment import templates_folder
from digest.render.words import words_for

_HTML: Final = "HTML"
#: What an inbox on a wide screen shows of a mail, at most, behind its subject.
_SNIPPET_COLUMNS: Final = 140

#: A link to elsewhere as printed sheets have it: quotes and angle brackets in values are escaped there.
_OUTWARD: Final = re.compile(r"<a(?=[^<>]*\shref=\"https?:)")
_REMOTE: Final = re.compile(r"\s(?:src|background)=\"https?:|url\([\"']?https?:")
#: Without it, links within the mail would lead to places of the preview's own page.
_BASE: Final = '<base href="about:srcdoc">'
#: Phones lay their scroll bar over the mail; beside it, it would take some of the width.
_NO_SCROLL_BAR: Final = "<style>html{scrollbar-width:none}</style>"
_BOUNDARY: Final = re.compile(rb'(?im)^Content-Type:(?:[^\r\n]|\r\n[ \t])*?;\s*boundary="([^"]+)"')
_FOLD: Final = re.compile(rb"\r\n(?=[ \t])")


class Portion(Struct, frozen=True):
    """A part of the message, and how much of the budget it takes."""

    name: str
    octets: int
    #: per cent of the budget
    share: float


class Measure(Struct, frozen=True):
    """One size, and what it may be."""

    name: str
    octets: int
    budget: int
    portions: tuple[Portion, ...]

    @property
    def share(self) -> float:
        """Per cent of the budget."""
        return 100 * self.octets / self.budget

    @property
    def fits(self) -> bool:
        """True when nothing of it is cut off."""
        return self.octets <= self.budget


class Header(Struct, frozen=True):
    """One field of the message's head."""

    name: str
    #: as people read it
    value: str
    #: as it is sent, unfolded; empty when that is the same
    raw: str


def preview_page(found: Preview) -> str:
    """The whole page, which needs nothing but itself; raises ValueError when the reader would get no mail."""
    if found.letter is None:
        raise ValueError("nothing would be sent, so there is nothing to show")
    local = found.slot.due_at.astimezone(ZoneInfo(found.reader.cadence.zone))
    words = words_for("en")
    html = found.html and framed(found.html)
    return (
        _environment()
        .get_template("page.html")
        .render(
            subject=one_line(found.subject),
            newsletter=one_line(found.newsletter.title),
            sender=one_line(found.newsletter.sender_name) or found.newsletter.sender_address,
            address=found.reader.address,
            name=one_line(found.reader.name),
            language=words_for(found.reader.profile.language).language,
            day=words.long_day(local.date()),
            clock=f"{local:%H:%M}",
            zone=found.reader.cadence.zone.replace("_", " "),
            included=len(found.selection.numbers),
            deferred=len(found.selection.deferred),
            left_out={reason: len(numbers) for reason, numbers in sorted(found.selection.left_out.items())},
            snippet=snippet(found),
            measures=measures(found.letter),
            on_desktop=html,
            on_phone=html and html.replace("</head>", f"{_NO_SCROLL_BAR}</head>", 1),
            remote=len(_REMOTE.findall(found.html or "")),
            text=found.text,
            headers=tuple(headers_of(found.letter)),
        )
    )


def snippet(found: Preview) -> str:
    """What an inbox shows behind the subject: the first words of the mail, hidden ones too."""
    if found.html is None:
        return shortened(one_line(found.text), _SNIPPET_COLUMNS)
    reading = _FirstWords()
    reading.feed(found.html)
    return shortened(" ".join("".join(reading.words).split()), _SNIPPET_COLUMNS)


def measures(letter: Letter) -> tuple[Measure, ...]:
    """The sizes that have a budget: of the HTML part when there is one, and of the message."""
    portions = _portions(letter.content)
    message = _measure("Message", LIMIT.message, portions)
    if _HTML not in portions:
        return (message,)
    return _measure("HTML part", LIMIT.html, {_HTML: portions[_HTML]}), message


def framed(html: str) -> str:
    """The HTML as a frame shows it: links lead down the mail or open beside the page; the rest is as sent."""
    return _OUTWARD.sub('<a target="_blank" rel="noreferrer"', html.replace("<head>", f"<head>{_BASE}", 1))


def headers_of(letter: Letter) -> Iterator[Header]:
    """The head of the message, field by field."""
    head = letter.content.partition(b"\r\n\r\n")[0]
    for line in _FOLD.sub(b"", head).split(b"\r\n"):
        name, _, raw = line.decode("utf-8", "replace").partition(":")
        value = _decoded(raw.strip())
        yield Header(name, value, raw.strip() if value != raw.strip() else "")


def _portions(content: bytes) -> dict[str, int]:
    """Octets of the parts, encoded, and of what stands before and between them."""
    head, _, body = content.partition(b"\r\n\r\n")
    found = _BOUNDARY.search(head)
    parts = _parted(body, found[1]) if found else [body]
    texts = [part.partition(b"\r\n\r\n")[2] for part in parts[:2]] if found else parts
    octets = dict(zip(("Plain text", _HTML), map(len, texts), strict=False))
    related = _BOUNDARY.search(parts[1].partition(b"\r\n\r\n")[0]) if found else None
    if related is not None:
        html, *pictures = _parted(texts[1], related[1])[:-1]
        octets[_HTML] = len(html.partition(b"\r\n\r\n")[2])
        octets["Pictures"] = sum(map(len, pictures))
    return {"Headers": len(content) - sum(octets.values()), **octets}


def _parted(body: bytes, boundary: bytes) -> list[bytes]:
    """The parts of a body; the line break before a boundary belongs to it (RFC 2046 section 5.1.1)."""
    return (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]


def _measure(name: str, budget: int, octets: Mapping[str, int]) -> Measure:
    portions = tuple(Portion(part, size, 100 * size / budget) for part, size in octets.items())
    return Measure(name, sum(octets.values()), budget, portions)


def _decoded(raw: str) -> str:
    """The value with its encoded-words read (RFC 2047)."""
    if "=?" not in raw:
        return raw
    try:
        return str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, ValueError):
        return raw


class _FirstWords(HTMLParser):
    """Collects the words of a page, shown or hidden, as inboxes do."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Skip what is no content; blocks part words."""
        self._unread += tag in _UNREAD
        self.words.append(" " if tag in _PARTING else "")

    def handle_endtag(self, tag: str) -> None:
        """Read on."""
        self._unread -= tag in _UNREAD

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        if not self._unread:
            self.words.append(data)


_UNREAD: Final = {"title", "style", "script"}
_PARTING: Final = {"p", "div", "td", "tr", "h1", "h2", "h3", "li", "br", "table", "ul"}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["kilobytes"] = _kilobytes
    # the style sheet is our own file
    style = (_folder() / "style.css").read_text(encoding="utf-8")
    environment.globals["style"] = Markup(style)  # noqa: S704
    return environment


def _kilobytes(octets: int) -> str:
    return f"{octets / 1000:.1f} kB"


def _folder() -> Path:
    return templates_folder() / "web" / "preview"
