"""The one picture of an item: which of those that come with it may lead it, and where it lies."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from digest.core.lines import parse_line
from digest.errors import InputError
from digest.ingest.feed_links import article_link
from digest.ingest.feed_words import HTML_LIMIT, plain

#: Octets: each mail that links to a picture carries its address.
MOST_ADDRESS: Final = 1_000
MOST_ALT: Final = 300
#: Pixels: what is known to be smaller is a mark, a face or a counter, and leads no item.
_LEAST: Final = 100
#: Pixels: narrower ones are thumbnails, wider ones are meant for print.
_SCREEN: Final = range(400, 1_601)
_TAG: Final = re.compile(r"<img\s[^<>]{0,4000}>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(
    r"""(?<![\w-])(src|alt|width|height)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
#: Counters of readers, spacers, and the small pictures that stand within words.
_NO_PICTURE: Final = re.compile(
    r"(^|[/._-])(pixel|beacon|1x1|spacer|blank|transparent|track(er|ing)?|counter|emoji|smilies|avatars?)"
    r"([/._?-]|$)|//(pixel|stats|feeds\.feedburner|s\.w)\.|\.svgz?(\?|$)",
    re.IGNORECASE,
)


class RawPicture(Struct, frozen=True):
    """What a format says of a picture, as it says it; 0 for a size that it does not say."""

    link: str
    alt: str = ""
    width: int = 0
    height: int = 0


class Picture(Struct, frozen=True):
    """A picture that may lead an item."""

    #: absolute, https, without tracking
    link: str
    alt: str = ""


def parse_picture(text: str) -> str | None:
    """Where a picture lies, as somebody says it, without tracking; None for nothing."""
    said = text.strip()
    if not said:
        return None
    if len(said) > MOST_ADDRESS:
        raise InputError(f"the address of the picture has {len(said)} characters: use at most {MOST_ADDRESS}")
    link = picture_link(said) if said.isprintable() and " " not in said else None
    if link is None:
        raise InputError(f"picture {said[:80]!r} is not an absolute https address: say https://HOST/PATH")
    return link


def parse_picture_alt(text: str) -> str:
    """The picture in words, on one line; may be empty."""
    return parse_line(text, "picture-alt", MOST_ALT) if text.strip() else ""


def picture_link(text: str, base: str = "") -> str | None:
    """The address of a picture, absolute, https and without tracking; None when there is none."""
    found = article_link(text, base) if text.strip() else None
    if found is None or not found.startswith("https://") or len(found.encode()) > MOST_ADDRESS:
        return None
    return found


def lead_picture(named: Iterable[RawPicture], bodies: Iterable[str], base: str = "") -> Picture | None:
    """Of the pictures that an entry names, and of those in its texts, the one that leads it.

    Named ones come first, of several sizes the widest that is meant for a screen; the words of one that says
    none are those that it has in the text.
    """
    within = [one for body in bodies for one in pictures_in(body)]
    for one in (*sorted(filter(_may_lead, named), key=_rank), *filter(_may_lead, within)):
        link = picture_link(one.link, base)
        if link is not None:
            words = (one.alt, *(other.alt for other in within if picture_link(other.link, base) == link))
            return Picture(link, next(filter(None, map(alt_of, words)), ""))
    return None


def pictures_in(markup: str) -> Iterator[RawPicture]:
    """The pictures of HTML, in its order."""
    if len(markup) > HTML_LIMIT:
        return
    for tag in _TAG.findall(markup):
        said: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(tag):
            said.setdefault(name.lower(), html.unescape(double or single or bare))
        if said.get("src"):
            sizes = (size_of(said.get("width", "")), size_of(said.get("height", "")))
            yield RawPicture(said["src"], said.get("alt", ""), *sizes)


def size_of(value: object) -> int:
    """Pixels as formats write them; 0 when nothing can be read."""
    found = re.match(r"\s*(\d{1,6})(px|\.\d+)?\s*$", str(value))
    # what says nothing is no size, what says naught is one that nobody sees
    return max(int(found[1]), 1) if found else 0


def alt_of(text: str) -> str:
    """Words that came with a picture, on one line of a length that can be kept."""
    return " ".join(plain(text).split())[:MOST_ALT].strip()


def _rank(one: RawPicture) -> int:
    """The widest for a screen first, those for print last; the others stay in their order."""
    if one.width in _SCREEN:
        return -one.width
    return 1 if one.width >= _SCREEN.stop else 0


def _may_lead(one: RawPicture) -> bool:
    if any(0 < size < _LEAST for size in (one.width, one.height)):
        return False
    return not _NO_PICTURE.search(one.link)
