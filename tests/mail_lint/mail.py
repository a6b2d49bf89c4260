"""A printed mail as a check looks at it: the octets that are sent, and what of the news they should show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lxml import html as lxml_html  # type: ignore[import-untyped]

from digest.render.palette import UNBRANDED, Brand
from tests.wire.transmission import parts_of, texts_of, value_of

#: Letters of a title that was cut which must be left; enough of Chinese to tell titles apart.
_LEAST_OF_TITLE: Final = 4
#: What lies between a sign and the next without being seen: spaces, controls, marks of direction.
_UNSEEN: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})


class Finding(NamedTuple):
    """One thing that is wrong: which check says so, of which mail, and what it is."""

    check: str
    mail: str
    what: str


@dataclass(frozen=True, slots=True)
class News:
    """One briefing as every part of a mail has to show it; an empty field is one that it does not have."""

    number: int
    title: str
    source: str
    date: str
    url: str

    def facts(self) -> dict[str, str]:
        """What is told of it beside its title, by what it is."""
        facts = {"source": self.source, "date": self.date, "address": self.url}
        return {name: said for name, said in facts.items() if said}


@dataclass(frozen=True, slots=True)
class Mail:
    """One reader's mail."""

    #: folder of its templates: issue, confirm
    kind: str
    theme: str
    language: str
    scene: str
    #: as transferred, with CR LF
    message: bytes
    text: str
    #: None for readers of plain text
    html: str | None
    #: the included briefings in reading order
    news: tuple[News, ...] = ()
    #: titles of those that wait
    waiting: tuple[str, ...] = ()
    #: what nobody but an attacker would write stands in it
    hostile: bool = False
    #: whose colours it has
    brand: Brand = UNBRANDED
    #: the addresses of what it may load beside a logo
    pictures: frozenset[str] = frozenset()
    #: what HTML may name of what came along with it
    brought: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """How findings name it: issue/classic/en/eight."""
        return f"{self.kind}/{self.theme}/{self.language}/{self.scene}"

    @property
    def page(self) -> Any:
        """The root element of the HTML part; asked only of mails that have one."""
        assert self.html is not None
        return _tree(self.html)

    @classmethod
    def of(cls, message: bytes, **facts: Any) -> Mail:
        """Take the parts out of the octets."""
        parts = texts_of(message)
        html = parts.get("text/html")
        return cls(
            message=message,
            text=parts.get("text/plain", "").replace("\r\n", "\n"),
            html=None if html is None else html.replace("\r\n", "\n"),
            brought=frozenset(_named(message)),
            **facts,
        )


def _named(message: bytes) -> Iterator[str]:
    """What HTML says as the addresses of pictures that came along (RFC 2392)."""
    for part in parts_of(message)[1]:
        if part.type.startswith("image/"):
            yield f"cid:{value_of(part.fields, 'Content-ID').strip('<>')}"


def squeezed(text: str) -> str:
    """A text without what wrapping, escaping and marks of direction change: no spaces, nothing unseen."""
    return "".join(letter for letter in text if unicodedata.category(letter) not in _UNSEEN)


def cut_of(title: str, shown: str) -> str:
    """The longest beginning of a title that stands there with an ellipsis; empty when none does."""
    lengths = range(len(title) - 1, _LEAST_OF_TITLE - 1, -1)
    return next((cut for cut in (f"{title[:length]}…" for length in lengths) if cut in shown), "")


def shown_on(page: Any) -> str:
    """All text that a reader sees of a page; each element's apart from its neighbour's."""
    return " ".join(_texts(page.find("body")))


def is_hidden(node: Any) -> bool:
    """True for what no reader sees, such as the preheader."""
    return "display:none" in re.sub(r"\s", "", node.get("style") or "") or node.get("hidden") is not None


def _texts(node: Any) -> Iterator[str]:
    if not isinstance(node.tag, str) or is_hidden(node):
        return
    yield node.text or ""
    for child in node:
        yield from _texts(child)
        yield child.tail or ""


@lru_cache(maxsize=512)
def _tree(page: str) -> Any:
    return lxml_html.document_fromstring(page)
