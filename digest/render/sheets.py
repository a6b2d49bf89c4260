"""Pages with everything of an issue on them, printed with marks and cut into what copies are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from jinja2 import Environment

from digest.core.budget import Form
from digest.render.cutting import Cut, cut
from digest.render.fitting import IN_A_LINE, SMALLER_FORMS
from digest.render.marks import Marks
from digest.render.page import CohortWords, Group, Item, Masthead, Personal, issue_page, names_of
from digest.render.printing import printed_html, printed_text

#: The folder of its templates.
MAIL: Final = "issue"


def html_cut(environment: Environment, page: Callable[[Marks], Mapping[str, Any]]) -> Cut:
    """The HTML of a page: one run of premailer."""
    marks = Marks()
    return cut(printed_html(environment, MAIL, page(marks)), marks, markup=True)


def text_cut(environment: Environment, page: Callable[[Marks], Mapping[str, Any]]) -> Cut:
    """The plain text of a page."""
    marks = Marks()
    return cut(printed_text(environment, MAIL, page(marks)), marks, markup=False)


def sheet_page(
    masthead: Masthead, titles: Mapping[str, str], items: Mapping[int, Item], marks: Marks
) -> dict[str, Any]:
    """A page with everything on it once: all topics, all items under the first of them, all as deferred."""
    shown = tuple(items.values())
    groups = [
        Group(slug, title, () if position else shown) for position, (slug, title) in enumerate(titles.items())
    ]
    return _marked_page(masthead, groups, shown, (), marks)


def small_page(
    masthead: Masthead, titles: Mapping[str, str], forms: Iterable[Mapping[Form, Item]], marks: Marks
) -> dict[str, Any]:
    """A page with all items in all lesser forms; one that is no less than the whole is there already."""
    printed = [(form, one[form], one[Form.FULL]) for one in forms for form in SMALLER_FORMS]
    lines = [item for form, item, _ in printed if form in IN_A_LINE]
    # by their keys, since several forms of an item may be one
    others = {item.key: item for form, item, whole in printed if form not in IN_A_LINE and item is not whole}
    slug, title = next(iter(titles.items()))
    return {
        **_marked_page(masthead, [Group(slug, title, tuple(others.values()))], (), lines, marks),
        "contents": (),
    }


def _marked_page(
    masthead: Masthead, groups: Sequence[Group], deferred: Sequence[Item], lines: Sequence[Item], marks: Marks
) -> dict[str, Any]:
    copy = CohortWords(*(marks.slot(name) for name in names_of(CohortWords)))
    reader = Personal(*(marks.slot(name) for name in names_of(Personal)))
    return issue_page(masthead, groups, deferred, copy, reader, marks, lines)
