"""Nothing a mail depends on is unknown to a declared mail program; what makes it nicer is listed here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.mail_lint.features import Use, uses_of
from tests.mail_lint.mail import Mail
from tests.mail_lint.support import support

#: Features that some program lacks or knows in part, and why the mail is right there all the same.
GRACEFUL: Final[dict[str, str]] = {
    # what a document says about itself
    "html-doctype": "programs that put mails into a page of theirs have a doctype of their own",
    "html-body": "its colours stand on the table that fills it too",
    "html-lang": "stands on html, the article and every foreign run; voices guess where all are dropped",
    "html-dir": "stands on html and on the article, of which each program keeps one",
    "html-role": "a table without its role is read as a table, in the right order",
    "html-aria-label": "a name dropped leaves the words of the link, or an article without a name",
    "html-align": "margin: 0 auto does the same in all programs that drop it",
    "html-width": "width: 100% stands in the style too, for all but Outlook, which needs the attribute",
    "html-anchor-links": "a contents list whose jumps do not work is still a contents list",
    "html-lists": "styles of bullets differ; the entries are lines of a list everywhere",
    # the preheader is hidden in six ways, since no program knows them all
    "css-display-none": "hides the preheader; elsewhere its one pixel in the colour of the paper does",
    "css-max-height": "hides the preheader beside display: none; a tall picture is taller without it",
    "css-opacity": "hides the preheader beside display: none",
    "css-overflow": "hides the preheader beside display: none",
    # spacing, where what is known in part is the part that is used
    "css-margin": "negative and automatic ones are not known everywhere: none is negative, align centres too",
    "css-padding": "Outlook knows it on cells, where it stands; elsewhere lines move closer together",
    "css-width": "Outlook knows it on tables, where it stands",
    "css-max-width": "Outlook gets widths of its own, in comments; phones are narrower",
    "css-border": "Outlook leaves it off paragraphs and draws it on cells",
    "css-border-radius": "a button with square corners is a button",
    "css-display": "inline-block on the button, none, and block on pictures, below which lies a gap else",
    # letters
    "css-font-size": "only pixels are used, which all know",
    "css-font-weight": "only bold is used, which all know",
    "css-line-height": "only pixels are used; Outlook adds to them",
    "css-letter-spacing": "without it capitals stand closer",
    "css-text-align": "only left, right and center are used, and only for the tools above the title",
    "css-text-transform": "without it a label is not in capitals",
    "css-text-decoration": "without a line a link has its colour",
    "css-white-space": "without it the reading time may break over two lines",
    "css-overflow-wrap": "only for addresses too long for a phone, which can be pushed sideways instead",
}
#: The same for the kept block, without which the mail is whole: light, with much room, and without states.
IN_BLOCK: Final[dict[str, str]] = {
    "html-style": "where no block is read the mail is light, and as it is on a desktop",
    "html-meta-color-scheme": "says that the mail has dark colours of its own; else it may stay light",
    "css-at-media": "margins stay wide on a phone",
    "css-at-media-prefers-color-scheme": "the mail stays light, or the program darkens it by its own lights",
    "css-box-shadow": "the tile behind a logo is no larger than the logo",
    "css-important": "understood wherever rules of a block are: only nowhere in elements",
    "css-pseudo-class-hover": "links do not answer the mouse; there is none on phones",
    "css-selector-attribute": "[data-ogsc] and [data-ogsb] are for Outlook's apps, which set them",
    "css-selector-class": "no block, or classes renamed together with the rules",
    "css-selector-descendant": "only behind [data-ogsc] and [data-ogsb]",
}


def look(mail: Mail) -> Iterator[str]:
    """Features that a program does not understand, or only partly, and for which no reason is given here."""
    if mail.html is None:
        return
    told: set[tuple[str | None, bool]] = set()
    for use in uses_of(mail.page):
        key = use.feature or use.example, use.in_block
        if key not in told:
            told.add(key)
            yield from _wrong_with(use)


def _wrong_with(use: Use) -> Iterator[str]:
    if use.feature is None or use.feature not in support().features:
        yield f"the table has no word about {use.example}"
        return
    if use.feature in GRACEFUL or (use.in_block and use.feature in IN_BLOCK):
        return
    none, partly = support().lacking(use.feature)
    where = "in the block" if use.in_block else "in an element"
    for what, names in (("is not understood by", none), ("is understood in part by", partly)):
        if names:
            yield f"{use.feature} ({use.example}) {where} {what} {', '.join(names)}"
