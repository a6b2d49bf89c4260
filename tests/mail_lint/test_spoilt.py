"""A check that finds nothing has looked: each finds what it is for in a mail that was spoilt on purpose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.mail_lint.checks import clients, contrast, frame, letters, links, parity, size, structure, style
from tests.mail_lint.mail import Mail

Look = Callable[[Mail], Iterator[str]]


def styled(mail: Mail) -> Iterator[str]:
    """The check of a theme's style, asked of one mail."""
    return (what for _, what in style.look_at([mail]))


def html(before: str, after: str, times: int = -1) -> Callable[[Mail], Mail]:
    """Other words in the HTML part."""

    def spoil(mail: Mail) -> Mail:
        assert mail.html is not None
        assert before in mail.html
        return replace(mail, html=mail.html.replace(before, after, times))

    return spoil


def text(before: str, after: str, times: int = -1) -> Callable[[Mail], Mail]:
    """Other words in the text part."""

    def spoil(mail: Mail) -> Mail:
        assert before in mail.text
        return replace(mail, text=mail.text.replace(before, after, times))

    return spoil


def without_the_last_item(mail: Mail) -> Mail:
    """The text ends before the last item."""
    return replace(mail, text=mail.text[: mail.text.rindex(mail.news[-1].title)])


def turned_around(mail: Mail) -> Mail:
    """The planned order is another one than the printed."""
    return replace(mail, news=mail.news[::-1])


def huge(mail: Mail) -> Mail:
    """More than any inbox shows."""
    return replace(mail, message=mail.message.replace(b"</html>", b"x" * 100_000 + b"</html>"))


def in_another_voice(mail: Mail) -> Mail:
    """Chinese letters lose the mark of their language."""
    assert mail.html is not None
    return replace(mail, html=mail.html.replace(' lang="zh-Hans"', ""))


def all_links_called_the_same(mail: Mail) -> Mail:
    """What a link is called says nothing of where it leads."""
    assert mail.html is not None
    return replace(mail, html=re.sub(r' aria-label="Read[^"]*"([^>]*)>[^<]*<', r"\1>Read on<", mail.html))


def without_the_dark(mail: Mail) -> Mail:
    """The kept block lost its first dark rule."""
    assert mail.html is not None
    found = re.search(r"prefers-color-scheme:dark\)\{([^}]*\})", mail.html)
    assert found is not None
    return replace(mail, html=mail.html.replace(found[1], "", 1))


SPOILT: list[tuple[Look, Callable[[Mail], Mail], str]] = [
    (parity.look, text("Coast Courier", "Somebody"), "text: item 1 does not show its source"),
    (parity.look, text("November 20, 2026", "long ago"), "text: item 2 does not show its date"),
    (parity.look, text("https://evening.example/", "https://other.example/"), "does not show its address"),
    (parity.look, html("https://evening.example/", "https://other.example/"), "does not show its address"),
    (parity.look, html("Metals Weekly", "Metals Monthly"), "HTML: item 2 does not show its source"),
    (parity.look, html("A Battery That Is Charged by Pouring", "A Battery"), "HTML: item 5 is not there"),
    (parity.look, without_the_last_item, "text: item 8 does not show its source"),
    (parity.look, turned_around, "does not stand behind item"),
    (parity.look, html("The tank works best", "The pump works best"), "only the HTML says"),
    (letters.look, html("“", '"'), "HTML: item 6 lost '“'"),
    (letters.look, text("“", '"'), "text: item 6 lost '“'"),
    (letters.look, html("以修代换", "ä»¥修代换"), "UTF-8 was read as something else"),
    (letters.look, text("秦玉兰", "\ufffd"), "a letter became U+FFFD"),
    (letters.look, html("&amp;page=2", "&amp;amp;page=2"), "escaped twice"),
    (links.look, html("https://gazette.example/bus", "/bus"), "is not absolute"),
    (links.look, html("https://gazette.example/bus", "javascript:x"), "is not absolute"),
    (
        links.look,
        html("https://gazette.example/bus", "https://gazette.example/a bus"),
        "letters that no address",
    ),
    (links.look, html('id="b5"', 'id="c5"'), "leads to no place on the page"),
    (links.look, html("/unsubscribe/", "/leave/"), "the way out does not stand"),
    (links.look, text("/unsubscribe/", "/leave/"), "the way out stands 0 times"),
    (links.look, html("</style>", "p{background:url(https://a.example/x.png)}</style>"), "loads something"),
    (links.look, html("The tank works", '<img src="https://a.example/x">The tank works'), "img loads"),
    (
        links.look,
        html("The tank", '<!--[if mso]><img src="https://a.example/x" alt="" width="9"><![endif]-->The tank'),
        "for Outlook alone",
    ),
    (links.look, html("</head>", '<link href="https://a.example/x"></head>'), "link loads something"),
    (size.look, huge, "the message has"),
    (size.look, huge, "the HTML part has"),
    (frame.look, html("<!DOCTYPE html>", "<!doctype html>"), "does not begin with the doctype"),
    (frame.look, html("</table>", "", 1), "closes nothing that is open"),
    (frame.look, html('dir="ltr"', 'dir="rtl"'), "html says lang=en dir=rtl"),
    (frame.look, html('role="article"', ""), "no article"),
    (frame.look, html('<meta charset="utf-8">', ""), "does not declare its charset"),
    (frame.look, html('name="color-scheme"', 'name="colour-scheme"'), "meta color-scheme is lost"),
    (frame.look, html("The tank works", "{{ tank }} works"), "something unfinished is left"),
    (structure.look, html("<h2", "<h1", 1), "2 headings of the first level"),
    (structure.look, html("<h3", "<h4"), "a heading of level 4 follows one of level 2"),
    (structure.look, html('role="presentation"', "", 1), "is layout and does not say so"),
    (structure.look, html("Read on at gazette.example</a>", "<p>Read on</p></a>"), "p stands inside a"),
    (structure.look, all_links_called_the_same, "two links are called 'Read on'"),
    (structure.look, html('id="b5"', 'id="b1"'), "id b1 is given 2 times"),
    (structure.look, html("The tank works", '<img src="cid:a">The tank works'), "has no alt text"),
    (structure.look, in_another_voice, "Chinese letters are called en"),
    (contrast.look, html("#665e53", "#b0a89d"), "light: "),
    (contrast.look, html("#aea598", "#444444"), "dark in Outlook: "),
    (
        contrast.look,
        html("The tank works", '<img alt="A tank" style="color:#eee"/>The tank works'),
        "light: 'A tank'",
    ),
    (contrast.look, html("#24211c", "black"), "and not with #rrggbb"),
    (contrast.look, without_the_dark, "of the light scheme"),
    (styled, html("letter-spacing", "letter-space"), "letter-spacing reaches no element"),
    (styled, html('class="kicker"', ""), "class kicker of the kept block is on no element"),
    (styled, html('class="text"', 'class="prose"'), "class text of the style sheet reaches no mail"),
    (styled, html('class="text"', 'class="prose"'), "class prose of the templates has no rule"),
    (styled, html(" !important", ""), "in the block is not !important"),
    (styled, html("<style>", "<style>" + "p{color:red !important}" * 400), "characters, and Gmail"),
    (styled, html("</style>", "@media all{@media all{p{color:red}}}</style>"), "within an at-rule"),
    (styled, html("<style>", "<style>/*"), "is not the one of the style sheet"),
    (clients.look, html("margin:0 0 14px", "position:fixed"), "css-position (position:fixed)"),
    (clients.look, html("margin:0 0 14px", "width:calc(100% - 2rem)"), "css-unit-calc"),
    (clients.look, html("margin:0 0 14px", "zoom:2"), "the table has no word about zoom:2"),
    (clients.look, html("<h3", "<video></video><h3", 1), "html-video (<video>)"),
    (clients.look, html("</style>", "p:has(a){color:#000 !important}</style>"), "css-pseudo-class-has"),
    (
        clients.look,
        html("</style>", "@font-face{src:local(x)}</style>"),
        "the table has no word about an at-rule",
    ),
]


@pytest.mark.parametrize(("look", "spoil", "found"), SPOILT, ids=[f"{n}" for n in range(len(SPOILT))])
def test_what_was_spoilt_is_found(look: Look, spoil: Callable[[Mail], Mail], found: str, good: Mail) -> None:
    clean = list(look(good))
    said = [what for what in look(spoil(good)) if what not in clean]
    assert any(found in what for what in said), said
