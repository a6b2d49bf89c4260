"""A copy is weighed, and where it would be too large for mail programs, its items are printed in less."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from digest.core.budget import LIMIT, Form, Octets, WeighedItem, Weights
from digest.core.model import Copy
from digest.render.cutting import Cut, Part
from digest.render.embedded import PicturePart
from digest.render.page import CohortWords, Item, Masthead, names_of
from digest.render.weighing import Scales, weight
from digest.render.wrapping import wrapped

#: Headers, signatures and boundaries; names and subject of a usual length included.
_ROOM_FOR_HEAD: Final = 6_000
#: What an encoded-word makes of a letter's octet, at most.
_ENCODED: Final = 3
#: What the words of a cohort weigh more than the marks in their place, for a sheet of which no copy is known.
_ROOM_FOR_WORDS: Final = 4_000

#: What a copy that is too large prints of some items.
SMALLER_FORMS: Final = tuple(form for form in Form if form is not Form.FULL)
#: Those that stand apart from their topic.
IN_A_LINE: Final = (Form.LINE, Form.TITLE, Form.STUB)
#: Forms that no other of the same place is richer than.
_RICHEST: Final = (Form.FULL, Form.LINE)


def room_for_head(subject: str, masthead: Masthead) -> int:
    """Octets that are kept free for the header of a copy."""
    return _ROOM_FOR_HEAD + _ENCODED * len(f"{subject}{masthead.title}".encode())


def weighed(
    text: Iterable[Part], html: Iterable[Part] | None, pictures: Iterable[PicturePart], head: int
) -> Octets:
    """What a copy of these parts weighs with such a header, at most, whoever reads it."""
    in_html = 0 if html is None else weight(html)
    return Octets(in_html, head + weight(text) + in_html + sum(part.octets for part in pictures))


class Pair:
    """The two parts of a sheet, as they are weighed; HTML is None for readers of text."""

    def __init__(
        self, text: Cut, html: Cut | None, pictures: Mapping[str, PicturePart] | None = None
    ) -> None:
        """Take the parts, and by their addresses the pictures that HTML brings along."""
        self.text: Final = text
        self.html: Final = html
        self.pictures: Final = (pictures or {}) if html is not None else {}
        self._text: Final = Scales(text)
        self._html: Final = None if html is None else Scales(html)
        self._around: Final[dict[tuple[str, str], Octets]] = {}

    def is_roomy(self) -> bool:
        """True when no copy can be too large, even if it holds every item and waits for every item."""
        in_text = self._text.turns() + self._text.frame({})
        in_html = self._html.turns() + self._html.frame({}) if self._html else 0
        head = _ROOM_FOR_HEAD + _ROOM_FOR_WORDS + sum(part.octets for part in self.pictures.values())
        return Octets(in_html + _ROOM_FOR_WORDS, head + in_text + in_html).within(LIMIT)

    def has_lines(self) -> bool:
        """Whether both templates have a place for items in a line each."""
        return all("lines" in scales.sources for scales in (self._text, self._html) if scales)

    def turn(self, source: str, key: str) -> Octets:
        """What a turn of a list adds."""
        html = self._html.turn(source, key) if self._html else 0
        return Octets(html, html + self._text.turn(source, key))

    def picture(self, item: Item) -> Octets:
        """What the picture of an item adds that the mail brings along."""
        part = self.pictures.get(item.picture)
        return Octets(0, part.octets if part else 0)

    def frame(self, words: CohortWords) -> Octets:
        """What stands around all lists when a cohort is told this."""
        values = words.values()
        html = self._html.frame(values) if self._html else 0
        return Octets(html, html + self._text.frame(values, wrapped))

    def around(self, word: str, value: str) -> Octets:
        """What stands in the frame for the sake of this one word of a cohort, when all others are said."""
        known = self._around.get((word, value))
        if known is None:
            words = CohortWords(*names_of(CohortWords))
            said, unsaid = replace(words, **{word: value}), replace(words, **{word: ""})
            known = self._around[word, value] = self.frame(said).minus(self.frame(unsaid))
        return known


class Smaller:
    """Weighs copies of a sheet of which some are too large; holds each item in all its forms."""

    def __init__(self, pair: Pair, forms: Mapping[int, Mapping[Form, Item]]) -> None:
        """Take the items in all forms; the pair has a piece for each of them."""
        self.pair: Final = pair
        items = {number: printed[Form.FULL] for number, printed in forms.items()}
        self._forms: Final = {number: self._weighed(printed) for number, printed in forms.items()}
        self._octets: Final = {
            number: tuple(octets for _, octets in forms) for number, forms in self._forms.items()
        }
        self._entries: Final = {number: pair.turn("entries", item.key) for number, item in items.items()}
        self._waiting: Final = {number: pair.turn("deferred", item.key) for number, item in items.items()}
        self._leads: Final = frozenset(number for number, item in items.items() if item.lead)
        self._pictured: Final = frozenset(
            number for number, item in items.items() if item.picture in pair.pictures
        )

    def printed(self, number: int, form: Form) -> Item:
        """The item as it is printed in this form; a form that saves nothing is the next richer one."""
        return self._forms[number][form][0]

    def weights(self, copy: Copy, topics: Mapping[str, str], words: CohortWords, head: int) -> Weights:
        """What each part of the copy adds to a mail with such a header.

        `topics` gives the key of a group by its topic; `words` say what would be said of items in lines.
        """
        frame = self.pair.frame(replace(words, contents="", waiting="", lines=""))
        numbers = [number for group in copy.groups for number in group.numbers]
        contents = [self.pair.turn("contents", key) for key in topics.values()]
        return Weights(
            frame=frame.plus(Octets(0, head)),
            items=[
                WeighedItem(
                    group.topic, self._octets[number], number in self._leads, number in self._pictured
                )
                for group in copy.groups
                for number in group.numbers
            ],
            topics={topic: self.pair.turn("groups", key) for topic, key in topics.items()},
            contents=self.pair.around("contents", "yes").plus(
                *contents, *map(self._entries.__getitem__, numbers)
            ),
            waiting=self.pair.around("waiting", "yes").plus(*map(self._waiting.__getitem__, copy.deferred)),
            lines=self.pair.around("lines", words.lines),
            has_lines=self.pair.has_lines(),
        )

    def _weighed(self, in_form: Mapping[Form, Item]) -> tuple[tuple[Item, Octets], ...]:
        """The item in each form and its weight, the poorest first."""
        forms: list[tuple[Item, Octets]] = []
        for form in reversed(Form):
            source = "lines" if form in IN_A_LINE else "items"
            printed = in_form[form]
            octets = self.pair.turn(source, printed.key).plus(self.pair.picture(printed))
            if form not in _RICHEST and not octets.is_less_than(forms[-1][1]):
                printed, octets = forms[-1]
            forms.append((printed, octets))
        return tuple(reversed(forms))
