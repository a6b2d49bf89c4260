"""Both parts say the same: every title, source, date and address, in one order; no paragraph in one alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tests.mail_lint.mail import Mail, News, cut_of, is_hidden, shown_on, squeezed
from tests.wire.rules import MESSAGE_BUDGET

#: A mail larger than this had to choose what it shows of some items; both parts must have chosen the same.
_CROWDED: Final = 0.8 * MESSAGE_BUDGET


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands in a part, and what is shown of it there."""

    number: int
    start: int
    shown: frozenset[str]


def look(mail: Mail) -> Iterator[str]:
    """What of the news a part lacks, has in another order, or says alone."""
    crowded = len(mail.message) > _CROWDED
    parts = {"text": _places(squeezed(mail.text), mail.text, mail.news)}
    if mail.html is not None:
        links = {str(link) for link in mail.page.xpath("//a/@href")}
        parts["HTML"] = _places(squeezed(shown_on(mail.page)), links, mail.news)
    for part, places in parts.items():
        yield from _lacking(part, places, mail, crowded)
    if mail.html is not None:
        yield from _unlike(parts["text"], parts["HTML"])
        yield from _said_in_html_alone(mail)


def _lacking(part: str, places: Sequence[Place], mail: Mail, crowded: bool) -> Iterator[str]:
    for one, place in zip(mail.news, places, strict=True):
        if place.start < 0:
            yield f"{part}: item {one.number} is not there: {one.title[:60]!r}"
        elif not crowded:
            for name, said in one.facts().items():
                if name not in place.shown:
                    yield f"{part}: item {one.number} does not show its {name}: {said[:80]!r}"
    shown = squeezed(mail.text) if part == "text" else squeezed(shown_on(mail.page))
    for title in mail.waiting:
        if squeezed(title) not in shown and not (crowded and cut_of(squeezed(title), shown)):
            yield f"{part}: what waits is not named: {title[:60]!r}"
    if not crowded:
        yield from (
            f"{part}: item {later.number} does not stand behind item {one.number}"
            for one, later in pairwise(place for place in places if place.start >= 0)
            if later.start < one.start
        )


def _unlike(text: Sequence[Place], html: Sequence[Place]) -> Iterator[str]:
    """What one part shows of an item and the other does not; another order."""
    for one, other in zip(text, html, strict=True):
        for name in sorted(one.shown ^ other.shown):
            yield f"item {one.number} shows its {name} in the {'text' if name in one.shown else 'HTML'} alone"
    orders = [
        [place.number for place in sorted(part, key=lambda place: place.start)] for part in (text, html)
    ]
    if orders[0] != orders[1]:
        yield "the items stand in another order in the text than in the HTML"


def _places(shown: str, links: str | set[str], news: Sequence[News]) -> list[Place]:
    """Where each item stands, below 0 for nowhere, and which of its facts are shown there.

    The last place of a title is its own: a list of contents names them all once more, above the items. What
    belongs to an item stands between the title before it and the one after it.
    """
    found = [_place_of(squeezed(one.title), shown) for one in news]
    ends = sorted((start, start + length) for start, length in found if start >= 0)
    places = []
    for one, (start, _) in zip(news, found, strict=True):
        before = max((end for other, end in ends if other < start), default=0)
        after = min((other for other, _ in ends if other > start), default=len(shown))
        here = shown[min(before, start) : after] if start >= 0 else ""
        facts = {name for name, said in one.facts().items() if name != "address" and squeezed(said) in here}
        if one.url and one.url in links:
            facts.add("address")
        places.append(Place(one.number, start, frozenset(facts)))
    return places


def _place_of(title: str, shown: str) -> tuple[int, int]:
    """Where a title stands and how long it is; cut and ended by an ellipsis, if it is not there in full."""
    start = shown.rfind(title)
    if start >= 0:
        return start, len(title)
    cut = cut_of(title, shown)
    return (shown.rfind(cut), len(cut)) if cut else (-1, 0)


def _said_in_html_alone(mail: Mail) -> Iterator[str]:
    """Whatever stands in a paragraph, a heading or a list of the HTML stands in the text too."""
    text = squeezed(mail.text).casefold()
    for node in mail.page.find("body").iter("p", "h1", "h2", "h3", "li"):
        if any(is_hidden(one) for one in (node, *node.iterancestors())) or node.xpath(".//a"):
            # what a link is called differs: the text says the address instead
            continue
        if node.text_content().rstrip().endswith((":", "：")):
            # what leads over to a button leads over to an address there
            continue
        for said in node.text_content().split("\u00a0·"):
            if squeezed(said).casefold() not in text:
                yield f"only the HTML says {' '.join(said.split())[:80]!r}"
