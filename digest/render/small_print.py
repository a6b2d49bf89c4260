"""The items of a sheet in less, printed once, when the first copy of it would be too large."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from jinja2 import Environment

from digest.core.budget import Form
from digest.render.cutting import Cut
from digest.render.fitting import Pair, Smaller
from digest.render.marks import Marks
from digest.render.page import Item, Masthead, in_form
from digest.render.sheets import html_cut, small_page, text_cut
from subscribers.model import Format


class SmallPrint:
    """Prints the items of a sheet in less, once, when the first copy of it would be too large."""

    def __init__(
        self,
        environment: Environment,
        masthead: Masthead,
        titles: Mapping[str, str],
        items: Mapping[int, Item],
        pair: Pair,
    ) -> None:
        self._environment: Final = environment
        self._masthead: Final = masthead
        self._titles: Final = titles
        self._items: Final = items
        self._pair: Final = pair

    def prepare(self) -> None:
        """Print it now, unless no copy of the sheet can need it."""
        if not self._pair.is_roomy():
            self.smaller(Format.TEXT if self._pair.html is None else Format.HTML)

    def smaller(self, format_: Format) -> Smaller:
        """The items of the sheet in all forms, and what they weigh for readers of this format."""
        return self._for_text if format_ is Format.TEXT else self._for_html

    @cached_property
    def _for_text(self) -> Smaller:
        return Smaller(Pair(self._text, None), self._forms)

    @cached_property
    def _for_html(self) -> Smaller:
        assert self._pair.html is not None
        html = _with_pieces(self._pair.html, html_cut(self._environment, self._page))
        return Smaller(Pair(self._text, html, self._pair.pictures), self._forms)

    @cached_property
    def _text(self) -> Cut:
        return _with_pieces(self._pair.text, text_cut(self._environment, self._page))

    @cached_property
    def _forms(self) -> Mapping[int, Mapping[Form, Item]]:
        """Each item in each form: made once, since to find where sentences end takes its time."""
        return {number: {form: in_form(item, form) for form in Form} for number, item in self._items.items()}

    def _page(self, marks: Marks) -> dict[str, Any]:
        return small_page(self._masthead, self._titles, self._forms.values(), marks)


def _with_pieces(sheet: Cut, other: Cut) -> Cut:
    return Cut(sheet.frame, {**sheet.pieces, **other.pieces})
