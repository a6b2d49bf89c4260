"""What people type about a newsletter's brand becomes settings, or a refusal that says how to mend it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from digest.core.lines import parse_line
from digest.core.newsletter import Archive, BrandLink, ItemText, Pictures
from digest.core.weblinks import is_web_link
from digest.errors import InputError

#: More would be a page of links under every mail.
MOST_LINKS: Final = 12
#: They stand side by side in a footer, down to 320 pixels of width.
MOST_NAME: Final = 60
#: A longer address is a slip, and each mail would carry it.
MOST_ADDRESS: Final = 1000


def parse_item_text(text: str) -> ItemText:
    """`full` or `excerpt`."""
    try:
        return ItemText(text.strip().lower())
    except ValueError:
        raise InputError(f"texts {text!r} are not known: say full or excerpt") from None


def parse_archive(text: str) -> Archive:
    """`none`, `titles` or `full`."""
    try:
        return Archive(text.strip().lower())
    except ValueError:
        raise InputError(f"archive {text!r} is not known: say none, titles or full") from None


def parse_pictures(text: str) -> Pictures:
    """`none`, `linked` or `embedded`."""
    try:
        return Pictures(text.strip().lower())
    except ValueError:
        raise InputError(f"pictures {text!r} are not known: say none, linked or embedded") from None


def parse_colour(text: str, what: str) -> str | None:
    """A colour as CSS writes it in hexadecimal, `#rgb` or `#rrggbb`, in its long form; None for nothing."""
    word = text.strip().lower()
    if not word:
        return None
    if re.fullmatch("#[0-9a-f]{3}", word):
        return "#" + "".join(digit * 2 for digit in word[1:])
    if re.fullmatch("#[0-9a-f]{6}", word):
        return word
    raise InputError(f"{what} {text!r} is not a colour: say it as #rgb or #rrggbb, such as #1a5276")


def parse_logo(text: str) -> str | None:
    """Where the logo lies on the web; None for nothing."""
    return _web_address(text, "logo") if text.strip() else None


def parse_logo_alt(text: str) -> str:
    """What the logo says in words, on one line; may be empty."""
    return parse_line(text, "logo-alt") if text.strip() else ""


def parse_links(texts: Sequence[str]) -> tuple[BrandLink, ...]:
    """Links as `Name=https://…`, in their order; one empty text alone means none."""
    if [text.strip() for text in texts] == [""]:
        return ()
    if len(texts) > MOST_LINKS:
        raise InputError(f"{len(texts)} links are too many: use at most {MOST_LINKS}")
    links = tuple(map(_link, texts))
    seen: set[str] = set()
    for link in links:
        # two links of one name cannot be told apart by who hears them read out
        if link.name.casefold() in seen:
            raise InputError(f"link name {link.name!r} is given twice: give each link a name of its own")
        seen.add(link.name.casefold())
    return links


def _link(text: str) -> BrandLink:
    name, sign, url = text.partition("=")
    if not sign and name.strip() and not is_web_link(name.strip()):
        raise InputError(f"link {text!r} has no address: say it as Name=https://HOST/PATH")
    if not sign or not name.strip() or is_web_link(name.strip()):
        raise InputError(f"link {text!r} has no name: say it as Name=https://HOST/PATH")
    return BrandLink(parse_line(name, "link name", MOST_NAME), _web_address(url, "link"))


def _web_address(text: str, what: str) -> str:
    url = text.strip()
    if not url.isprintable() or not is_web_link(url):
        raise InputError(f"{what} {text!r} is not an absolute http or https address: say https://HOST/PATH")
    if len(url) > MOST_ADDRESS:
        raise InputError(f"the address of {what} has {len(url)} characters: use at most {MOST_ADDRESS}")
    return url
