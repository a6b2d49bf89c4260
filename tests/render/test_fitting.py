"""A copy that would be too large is printed in less: nothing left out, and the same in both parts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from digest.core.budget import LIMIT, Fit, Form, Octets, fitted, octets_of
from digest.core.model import Briefing, Copy, ItemText
from digest.render.excerpts import excerpt
from digest.render.fitting import weighed
from digest.render.page import Personal
from digest.render.phrases import cohort_words, words_of_lines
from digest.render.printer import Printer, Sheet, print_sheet, rendition
from digest.render.rendition import Rendition
from digest.render.weighing import weight
from subscribers.model import Format, Profile
from tests.render.pages import document
from tests.render.samples import (
    ADA,
    BOUNDARY,
    EIGHT,
    EIGHT_GROUPS,
    NAMELESS,
    NEWSLETTER,
    TOPICS,
    briefing,
    copy_of,
    issue,
)
from tests.tiers import first_of

ENGLISH = (
    "The harbour council of Porthaven has approved the first fleet of trawlers that burn ammonia.",
    "Eleven boats will be rebuilt over the winter; the first two are to leave in March.",
    "The council pays a third of the cost, about 4.2 million crowns, and the owners the rest.",
)
CHINESE = (
    "港务委员会批准了第一批使用氨气的渔船。",
    "今年冬天将改装十一艘船，头两艘三月出海。",
    "费用由委员会承担三分之一。",
)
SLUGS = ("economy", "energy", "society", "technology")


def news(count: int, *, chinese: bool = False, linked: bool = True) -> dict[int, Briefing]:
    """Briefings of three paragraphs of three sentences each."""
    sentences = CHINESE if chinese else ENGLISH
    said = (("" if chinese else " ").join(sentences * 3),) * 3
    return {
        number: briefing(
            number,
            title=f"渔船改烧氨气的第{number}个冬天，全海岸都在看"
            if chinese
            else f"Winter {number} of the fleet that burns ammonia",
            paragraphs=said,
            source=f"海岸报{number}" if chinese else f"Coast Courier {number}",
            language="zh-Hans" if chinese else "en",
            url=f"https://courier.example/{number}" if linked else None,
            lead=number == 3,
        )
        for number in range(1, count + 1)
    }


def copy_with(count: int, **changes: object) -> Copy:
    groups = [(slug, tuple(range(1 + place, count + 1, len(SLUGS)))) for place, slug in enumerate(SLUGS)]
    return copy_of(issue(), *(group for group in groups if group[1]), **changes)


def sheet_of(copy: Copy, told: Mapping[int, Briefing], **changes: object) -> Sheet:
    newsletter = replace(NEWSLETTER, **changes)
    return print_sheet(copy.issue, newsletter, told, TOPICS, "classic", copy.profile.language)


def letters(text: str) -> str:
    """The text without the spaces, which wrapping changes."""
    return "".join(text.split())


def sizes_of(made: Rendition[Personal], reader: Personal = ADA) -> Octets:
    """Octets of the HTML part and of the body, as transferred."""
    body = made.body(reader)
    *_, html = body.split(BOUNDARY.encode())[:-1] if made.html else [b""]
    return Octets(len(html), len(body))


SHOWN = {
    "full": r'class="(?:item|lead)"(?:(?:(?!</td>).)*class="text"){3}',
    "headlines": r'class="brief"',
    "lines": r"<li(?: lang=\S+)?>",
}


def counted(made: Rendition[Personal]) -> dict[str, int]:
    page = made.html_text(ADA) or ""
    return {name: len(re.findall(pattern, page, re.DOTALL)) for name, pattern in SHOWN.items()}


@pytest.mark.parametrize("chinese", [False, True], ids=["English", "Chinese"])
@pytest.mark.parametrize("format_", Format)
@pytest.mark.parametrize("count", first_of([1, 150, 20, 60], 2))
def test_a_copy_keeps_within_the_limit(count: int, format_: Format, chinese: bool) -> None:
    language = "zh-Hans" if chinese else "en"
    copy = copy_with(count, profile=Profile(format=format_, language=language))
    made = rendition(copy, sheet_of(copy, news(count, chinese=chinese)), BOUNDARY)
    sizes = sizes_of(made)
    assert sizes.within(LIMIT)
    assert made.too_large is None
    # what is kept free for headers and names is all that may be left over, and one step of one item
    assert count < 60 or sizes.message > 80_000
    for part in (made.plain_text(ADA), made.html_text(ADA) or made.plain_text(ADA)):
        words = "".join(part.split())
        for number in range(1, count + 1):
            title = f"第{number}个冬天" if chinese else f"Winter{number}ofthefleet"
            assert title in words


def test_what_is_weighed_is_what_is_printed() -> None:
    copy = copy_with(12, deferred=(13, 14))
    sheet = sheet_of(copy, news(14))
    smaller = sheet.small.smaller(Format.HTML)
    made = rendition(copy, sheet, BOUNDARY)
    items = [sheet.items[number] for group in copy.groups for number in group.numbers]
    said = cohort_words(
        copy, items, subject=made.subject, masthead=sheet.masthead, titles=sheet.titles, words=sheet.words
    )
    topics = {slug: slug for slug in SLUGS}
    weights = smaller.weights(copy, topics, replace(said, lines=words_of_lines(12, sheet.words)), 0)
    assert made.html is not None
    in_html = weight(made.html)
    whole = octets_of(fitted(weights, Octets(10**9, 10**9)), weights)
    assert weighed(made.text, made.html, made.pictures, 0).within(LIMIT)
    assert whole == Octets(in_html, in_html + weight(made.text))
    assert fitted(weights) == Fit((Form.FULL,) * 12)


def test_what_is_weighed_is_an_upper_bound_for_every_reader() -> None:
    copy = copy_with(30)
    made = rendition(copy, sheet_of(copy, news(30)), BOUNDARY)
    assert made.html is not None
    for reader in (ADA, NAMELESS, replace(ADA, name="冯" * 900), replace(ADA, name="Ada " * 300)):
        sizes = sizes_of(made, reader)
        assert sizes.html <= weight(made.html) + 200
        assert sizes.within(LIMIT)


def test_items_lose_step_by_step() -> None:
    seen = {}
    for count in (8, 20, 60, 150):
        copy = copy_with(count)
        seen[count] = counted(rendition(copy, sheet_of(copy, news(count)), BOUNDARY))
    assert seen[8] == {"full": 8, "headlines": 0, "lines": 0}
    assert 1 < seen[20]["full"] < 20
    assert seen[20]["headlines"] == seen[20]["lines"] == 0
    assert (seen[60]["full"], seen[60]["lines"]) == (1, 0)
    assert 20 < seen[60]["headlines"] < 59
    assert seen[150]["full"] == 1
    assert seen[150]["headlines"] + seen[150]["lines"] == 149
    assert seen[150]["lines"] > 50


def test_the_lead_keeps_all_of_it_and_stays_where_it_is_read() -> None:
    copy = copy_with(60)
    page = rendition(copy, sheet_of(copy, news(60)), BOUNDARY).html_text(ADA) or ""
    lead = page.index('id="b3"')
    assert page.index('id="b2"') < lead < page.index('id="b4"')
    assert page[lead : page.index('id="b7"')].count('class="text"') == 3
    assert page[page.index('id="b1"') : page.index('id="b5"')].count('class="text"') == 1


@pytest.mark.parametrize("count", [20, 60, 150])
def test_both_parts_show_the_same_of_each_item_in_the_same_order(count: int) -> None:
    copy = copy_with(count)
    made = rendition(copy, sheet_of(copy, news(count)), BOUNDARY)
    text = made.plain_text(ADA)
    page = made.html_text(ADA) or ""
    body = " ".join(text.split())
    # subject and preheader name the lead
    seen = " ".join(document(page[page.index("<h1") :]).text_content().split())
    order = [re.findall(r"Winter (\d+) of", part) for part in (body, seen)]
    assert order[0] == order[1]
    assert set(order[0]) == {str(number) for number in range(1, count + 1)}
    for number in range(1, count + 1):
        url = f"https://courier.example/{number}"
        assert (url in text.split()) == (f'href="{url}"' in page)
        assert bool(re.search(rf"Courier {number} ·", body)) == bool(
            re.search(rf"Courier {number}\s*·", seen)
        )
    assert body.count("November 20, 2026, added Nov 23") == seen.count("November 20, 2026, added Nov 23")
    for sentence in ENGLISH:
        assert body.count(sentence) == seen.count(sentence)


def test_an_item_without_a_link_says_that_it_was_shortened() -> None:
    copy = copy_with(20)
    made = rendition(copy, sheet_of(copy, news(20, linked=False)), BOUNDARY)
    page = document(made.html_text(ADA))
    short = [node for node in page.xpath("//td[@class='item']") if len(node.xpath("p[@class='text']")) < 3]
    assert short
    told = "Shortened to fit into this mail."
    assert all(told in node.text_content() for node in short)
    assert (made.html_text(ADA) or "").count(told) == made.plain_text(ADA).count(told) == len(short)


def test_an_item_with_a_link_says_where_to_read_on() -> None:
    copy = copy_with(60)
    made = rendition(copy, sheet_of(copy, news(60)), BOUNDARY)
    assert "Shortened" not in (made.html_text(ADA) or "") + made.plain_text(ADA)
    for number in range(1, 61):
        assert f'href="https://courier.example/{number}"' in (made.html_text(ADA) or "")
        assert f"Read on: https://courier.example/{number}\n" in made.plain_text(ADA)


def test_titles_that_wait_become_a_count_before_headlines_become_lines() -> None:
    told = news(400)
    copy = copy_with(60, deferred=tuple(range(61, 401)))
    made = rendition(copy, sheet_of(copy, told), BOUNDARY)
    for part in (made.plain_text(ADA), made.html_text(ADA) or ""):
        assert "340 more in your next issue" in part
        assert "Winter 61 of" not in part
    assert counted(made)["lines"] == 0
    assert '<ul class="list"' not in (made.html_text(ADA) or "")


def test_readers_of_text_get_more_of_the_same_issue() -> None:
    told = news(40)
    copy = copy_with(40)
    sheet = sheet_of(copy, told)
    both = rendition(copy, sheet, BOUNDARY)
    alone = rendition(replace(copy, profile=Profile(format=Format.TEXT)), sheet, BOUNDARY)
    assert alone.html is None
    first = letters(ENGLISH[0])
    assert letters(both.plain_text(ADA)).count(first) < letters(alone.plain_text(ADA)).count(first)
    assert 80_000 < len(alone.body(ADA)) <= 100_000


@pytest.mark.parametrize("count", first_of([20, 150]))
def test_what_else_is_on_the_sheet_changes_no_copy(count: int) -> None:
    told = news(200)
    copy = copy_with(count)
    own = {number: told[number] for number in range(1, count + 1)}
    made, alone = (rendition(copy, sheet_of(copy, some), BOUNDARY) for some in (told, own))
    assert made.body(ADA) == alone.body(ADA)


def test_the_way_out_stands_before_everything_that_may_be_cut() -> None:
    copy = copy_with(150)
    made = rendition(copy, sheet_of(copy, news(150)), BOUNDARY)
    assert made.plain_text(ADA).index(ADA.unsubscribe_url) < 400
    page = made.html_text(ADA) or ""
    assert page.index(ADA.unsubscribe_url) < page.index("<h1")


def test_the_minutes_are_those_of_what_is_printed() -> None:
    few, many = copy_with(8), copy_with(150)
    told = news(150)
    sheet = sheet_of(many, told)
    assert "8 items · 16 min read" in rendition(few, sheet, BOUNDARY).plain_text(ADA)
    assert "150 items · 7 min read" in rendition(many, sheet, BOUNDARY).plain_text(ADA)


def test_items_in_less_are_printed_ahead_where_a_copy_may_need_them(premailer_runs: list[int]) -> None:
    printer = Printer(issue(), NEWSLETTER, news(60), TOPICS)
    printer.prepare("en", Format.HTML)
    assert len(premailer_runs) == 2
    for count in (8, 20, 60):
        printer.rendition(copy_with(count), BOUNDARY)
    assert len(premailer_runs) == 2


def test_they_are_not_printed_for_an_issue_that_fits(premailer_runs: list[int]) -> None:
    printer = Printer(issue(), NEWSLETTER, EIGHT, TOPICS)
    printer.prepare("en", Format.HTML)
    printer.rendition(copy_of(issue(), *EIGHT_GROUPS), BOUNDARY)
    assert len(premailer_runs) == 1


def test_a_newsletter_may_print_excerpts() -> None:
    copy = copy_of(issue(), *EIGHT_GROUPS)
    made = rendition(copy, sheet_of(copy, EIGHT, item_text=ItemText.EXCERPT), BOUNDARY)
    page = letters(document(made.html_text(ADA)).text_content())
    text = letters(made.plain_text(ADA))
    for item in EIGHT.values():
        shown = excerpt(item.paragraphs, item.language) if item.url else item.paragraphs
        for part in (page, text):
            assert all(letters(paragraph) in part for paragraph in shown)
            assert shown == item.paragraphs or letters(item.paragraphs[-1]) not in part
    assert "Shortened" not in page + text
    assert "Readon:https://www.courier.example/harbour/ammonia-fleet" in text


@pytest.mark.parametrize("lacking", [("body.html", "body.txt"), ("body.html",), ("body.txt",)])
def test_a_theme_of_ones_own_without_lines_prints_headlines(tmp_path: Path, lacking: Sequence[str]) -> None:
    own = tmp_path / "old" / "issue"
    own.mkdir(parents=True)
    for name in lacking:
        source = (Path(__file__).parents[2] / "templates" / "email" / "issue" / name).read_text()
        cut = re.sub(r"{% when copy.lines %}.*?{% endwhen %}\n", "", source, flags=re.DOTALL)
        assert cut != source
        (own / name).write_text(cut)
    copy = copy_with(150)
    sheet = print_sheet(copy.issue, NEWSLETTER, news(150), TOPICS, "old", "en", own_themes=tmp_path)
    made = rendition(copy, sheet, BOUNDARY)
    assert counted(made) == {"full": 0, "headlines": 150, "lines": 0}
    assert "in brief" not in made.plain_text(ADA)
    # for it there is no smaller form, and that it is too large is known
    sizes = sizes_of(made)
    assert not sizes.within(LIMIT)
    assert made.too_large is not None
    assert sizes.html <= made.too_large.html < sizes.html + 2_000
    assert sizes.message <= made.too_large.message < sizes.message + 10_000
