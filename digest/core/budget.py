"""How much of each item a mail prints, so that no mail program cuts the mail itself.

Gmail cuts off what lies behind some 100 kB. No item is ever left out for that: they come in less and less,
the last first, and where their headlines are too much, in a line each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from msgspec import Struct, field

from digest.core.picturing import MOST_IN_A_MAIL


class Form(IntEnum):
    """How much of an item a mail prints; the larger, the more."""

    #: the beginning of its title
    STUB = 0
    #: its title, and nothing else
    TITLE = 1
    #: title, source, dates and link in a line
    LINE = 2
    #: the same under its topic, with a heading of its own
    HEADLINE = 3
    #: with its first sentences
    SHORT = 4
    #: all of its text, without its picture
    PLAIN = 5
    #: all that the newsletter prints of an item
    FULL = 6


class Octets(NamedTuple):
    """Encoded octets: of the HTML part, and of the whole mail with that part in it."""

    html: int
    message: int

    def plus(self, *others: Octets) -> Octets:
        """All sums."""
        html, message = self
        for more_html, more_message in others:
            html += more_html
            message += more_message
        return Octets(html, message)

    def minus(self, other: Octets) -> Octets:
        """Both differences."""
        return Octets(self.html - other.html, self.message - other.message)

    def is_less_than(self, other: Octets) -> bool:
        """True when it saves something."""
        return self.html <= other.html and self.message < other.message

    def within(self, limit: Octets) -> bool:
        """True when neither is beyond its limit."""
        return self.html <= limit.html and self.message <= limit.message


#: Gmail shows no more of a mail than 102 kB; a margin is left for what servers on the way add.
LIMIT: Final = Octets(html=90_000, message=100_000)
_NOTHING: Final = Octets(0, 0)
_FORMS: Final = tuple(Form)


class WeighedItem(Struct, frozen=True):
    """What one item adds to a mail."""

    #: of its topic
    topic: str
    #: by form, one for each, growing with the form
    forms: Sequence[Octets]
    lead: bool = False
    #: its largest form has a picture that the mail brings along
    brings_picture: bool = False


class Weights(Struct, frozen=True):
    """What each part of a copy adds to the mail."""

    #: what stands in it whatever is chosen
    frame: Octets
    #: in the order in which they are read
    items: Sequence[WeighedItem]
    #: headings of topics by slug; one of which all items are in lines has none
    topics: Mapping[str, Octets] = field(default_factory=dict)
    #: the list of contents
    contents: Octets = _NOTHING
    #: the titles of what waits for the next issue; how many they are stands in the frame
    waiting: Octets = _NOTHING
    #: what stands around the items in lines
    lines: Octets = _NOTHING
    #: False when a theme has no place for items in lines
    has_lines: bool = True


class Fit(Struct, frozen=True):
    """What of a copy is printed."""

    #: for each item, in the order of `Weights.items`
    forms: tuple[Form, ...]
    contents: bool = True
    #: whether what waits is listed, not only counted
    waiting: bool = True


class _Layout(NamedTuple):
    """What a mail has besides its items, and the least that it prints of each."""

    contents: bool
    waiting: bool
    least: Form


#: From rich to poor; the first that holds all items is taken.
_LAYOUTS: Final = (
    _Layout(contents=True, waiting=True, least=Form.HEADLINE),
    _Layout(contents=False, waiting=True, least=Form.HEADLINE),
    _Layout(contents=False, waiting=False, least=Form.HEADLINE),
    _Layout(contents=False, waiting=False, least=Form.STUB),
)


def fitted(weights: Weights, limit: Octets = LIMIT) -> Fit:
    """Choose the forms so that the mail keeps within the limit; what cannot fit at all gets the least.

    The lead has all of its text if that leaves all others what the layout prints at least. Then, form by form
    from the poorest, items are raised to it in the order of their rank: lead first, then as they are read. So
    no item goes without its first sentences for the sake of another's second paragraph, and no text makes
    room for a picture. One that is too large for what is left makes room for those behind it. A mail brings
    `MOST_IN_A_MAIL` pictures along and no more.
    """
    layouts = [layout for layout in _LAYOUTS if weights.has_lines or layout.least >= Form.HEADLINE]
    for layout in layouts:
        plan = _Plan(weights, layout)
        if plan.octets.within(limit):
            break
    rank = sorted(range(len(weights.items)), key=lambda index: not weights.items[index].lead)
    if rank:
        plan.raise_to(Form.PLAIN, rank[:1], limit)
    for form in _FORMS[layout.least + 1 :]:
        plan.raise_to(form, rank, limit)
    return Fit(tuple(plan.forms), contents=layout.contents, waiting=layout.waiting)


def octets_of(fit: Fit, weights: Weights) -> Octets:
    """What a mail weighs in which this is printed."""
    printed = list(zip(weights.items, fit.forms, strict=True))
    headed = {item.topic for item, form in printed if form >= Form.HEADLINE}
    return weights.frame.plus(
        weights.contents if fit.contents else _NOTHING,
        weights.waiting if fit.waiting else _NOTHING,
        weights.lines if any(form < Form.HEADLINE for form in fit.forms) else _NOTHING,
        *(weights.topics.get(topic, _NOTHING) for topic in headed),
        *(item.forms[form] for item, form in printed),
    )


class _Plan:
    """Forms that grow, and what the mail weighs with them."""

    def __init__(self, weights: Weights, layout: _Layout) -> None:
        self._weights: Final = weights
        self.forms: Final = [layout.least] * len(weights.items)
        self.octets = octets_of(Fit(tuple(self.forms), layout.contents, layout.waiting), weights)
        self._pictures = 0
        is_in_lines = layout.least < Form.HEADLINE
        self._headed: Final = set() if is_in_lines else {item.topic for item in weights.items}

    def raise_to(self, form: Form, indexes: Sequence[int], limit: Octets) -> None:
        """Print these items in this form, as far as they fit and are not printed in a richer one."""
        items, forms = self._weights.items, self.forms
        html, message = self.octets
        for index in indexes:
            before = forms[index]
            if before >= form:
                continue
            brings_picture = form is Form.FULL and items[index].brings_picture
            if brings_picture and self._pictures == MOST_IN_A_MAIL:
                continue
            more, less = items[index].forms[form], items[index].forms[before]
            more_html, more_message = more.html - less.html, more.message - less.message
            leaves_lines = before < Form.HEADLINE <= form
            if leaves_lines:
                # what stands around the lines stays: all items as headlines do not fit, or none were in lines
                heading = self._heading_for(items[index].topic)
                more_html, more_message = more_html + heading.html, more_message + heading.message
            if html + more_html <= limit.html and message + more_message <= limit.message:
                html, message = html + more_html, message + more_message
                forms[index] = form
                self._pictures += brings_picture
                if leaves_lines:
                    self._headed.add(items[index].topic)
        self.octets = Octets(html, message)

    def _heading_for(self, topic: str) -> Octets:
        """What an item needs around it, beyond what is there, when it moves from the lines to its topic."""
        return _NOTHING if topic in self._headed else self._weights.topics.get(topic, _NOTHING)
