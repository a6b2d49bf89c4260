"""What the columns of somebody else's table may mean, guessed from their headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from digest.errors import InputError
from digest.ingest.jsonitem import KEYS
from subscribers.composed import composed

#: What a heading may be, or be mapped to.
HEADINGS: Final = tuple(sorted(KEYS - {"paragraphs"}))
#: Without these a line is no item.
NEEDED: Final = ("title", "body")
_SIGNS: Final = re.compile(r"[\s_-]+")
#: Headings as other programs write them, folded to letters and digits, by the key that they mean.
_OTHER_NAMES: Final = {
    "title": ("headline", "heading", "subject", "titre", "titel", "überschrift", "标题", "العنوان"),
    "body": (
        "text",
        "content",
        "story",
        "article",
        "description",
        "summary",
        "texte",
        "正文",
        "内容",
        "النص",
    ),
    "source": ("publisher", "outlet", "publication", "quelle", "来源", "المصدر"),
    "source_date": ("date", "day", "published", "pubdate", "publicationdate", "datum", "日期", "التاريخ"),
    "topics": ("topic", "tags", "categories", "category", "keywords", "themen", "主题", "المواضيع"),
    "section": ("type", "kind", "rubrik", "栏目", "القسم"),
    "url": ("link", "address", "web", "href", "链接", "الرابط"),
    "language": ("lang", "locale", "sprache", "语言", "اللغة"),
}
_MEANT: Final = {re.sub(r"_", "", key): key for key in HEADINGS} | {
    other: key for key, others in _OTHER_NAMES.items() for other in others
}


class ForeignTable(Struct, frozen=True):
    """A table of which somebody has to say what its columns are."""

    #: in the order of the table, no two alike
    headings: tuple[str, ...]
    #: the first cells under each of them
    samples: tuple[tuple[str, ...], ...] = ()


class HeadingsError(InputError):
    """The headings of a table do not say what its columns are; with a mapping it can be read."""

    def __init__(self, words: str, table: ForeignTable, *, is_meant: bool = False) -> None:
        """Say what is wrong, and with which headings; `is_meant` when somebody left them all out."""
        super().__init__(words)
        self.table = table
        self.is_meant = is_meant


def plain_heading(heading: str) -> str:
    """As headings are compared: capitals do not count, and a space or hyphen stands for the underscore."""
    return _SIGNS.sub("_", heading.strip().removeprefix("\ufeff").lower())


def told_apart(headings: Iterable[str]) -> tuple[str, ...]:
    """The same headings, the second of the same name with a number behind it: `Text`, `Text (2)`."""
    taken: set[str] = set()
    counts: dict[str, int] = {}
    found = []
    for heading in headings:
        told, plain = heading, plain_heading(heading)
        while plain_heading(told) in taken:
            counts[plain] = counts.get(plain, 1) + 1
            told = f"{heading} ({counts[plain]})".strip()
        taken.add(plain_heading(told))
        found.append(told)
    return tuple(found)


def guessed_keys(headings: Sequence[str]) -> list[str]:
    """The key of an item for each heading, each at most once; empty where nothing fits."""
    found: list[str] = []
    for heading in headings:
        folded = re.sub(r"[\W_]", "", composed("NFKC", heading).casefold())
        key = _MEANT.get(folded, "")
        found.append("" if key in found else key)
    return found
