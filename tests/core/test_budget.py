"""Forms are chosen so that a mail keeps within its limit, no item is left out and the first keep the most."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.core.budget import Fit, Form, Octets, WeighedItem, Weights, fitted, octets_of
from digest.core.picturing import MOST_IN_A_MAIL

TOPICS = ("economy", "energy", "society")
LIMIT = Octets(900, 1000)


def item(*sizes: int, topic: str = "economy", lead: bool = False) -> WeighedItem:
    """Twice as heavy in the message as in the HTML part, stub to full; six sizes have no picture."""
    grown = (*sizes, sizes[-1]) if len(sizes) < len(Form) else sizes
    return WeighedItem(topic, [Octets(size, 2 * size) for size in grown], lead)


def plain(count: int, lead: int | None = None) -> list[WeighedItem]:
    return [item(5, 10, 20, 40, 80, 160, lead=number == lead) for number in range(count)]


def weights(items: Sequence[WeighedItem], frame: int = 0, **others: int | bool) -> Weights:
    parts = {
        name: value if isinstance(value, bool) else Octets(value, 2 * value) for name, value in others.items()
    }
    return Weights(Octets(frame, 2 * frame), items, **parts)  # type: ignore[arg-type]


def letters(fit: Fit) -> str:
    """One letter a form: full, plain, short, headline, line, title, stub as F P S H L T s."""
    return "".join("sTLHSPF"[form] for form in fit.forms)


OCTETS = st.builds(lambda html, text: Octets(html, html + text), st.integers(0, 60), st.integers(0, 60))


@st.composite
def weighed_items(draw: st.DrawFn) -> WeighedItem:
    steps = draw(st.lists(OCTETS, min_size=len(Form), max_size=len(Form)))
    return WeighedItem(
        draw(st.sampled_from(TOPICS)), list(accumulate(steps, Octets.plus)), draw(st.booleans())
    )


WEIGHTS = st.builds(
    Weights,
    frame=OCTETS,
    items=st.lists(weighed_items(), max_size=12),
    topics=st.fixed_dictionaries(dict.fromkeys(TOPICS, OCTETS)),
    contents=OCTETS,
    waiting=OCTETS,
    lines=OCTETS,
    has_lines=st.booleans(),
)


def least(given_weights: Weights) -> Fit:
    form = Form.STUB if given_weights.has_lines else Form.HEADLINE
    return Fit((form,) * len(given_weights.items), contents=False, waiting=False)


@given(WEIGHTS)
def test_the_limit_is_kept_whenever_it_can_be(given_weights: Weights) -> None:
    fit = fitted(given_weights, LIMIT)
    assert len(fit.forms) == len(given_weights.items)
    if octets_of(least(given_weights), given_weights).within(LIMIT):
        assert octets_of(fit, given_weights).within(LIMIT)
    else:
        assert fit == least(given_weights)


@given(WEIGHTS)
def test_where_not_all_can_be_headlines_some_items_stay_in_lines(given_weights: Weights) -> None:
    bare = Fit((Form.HEADLINE,) * len(given_weights.items), contents=False, waiting=False)
    if given_weights.has_lines and not octets_of(bare, given_weights).within(LIMIT):
        assert min(fitted(given_weights, LIMIT).forms, default=Form.STUB) < Form.HEADLINE


@pytest.mark.parametrize(
    ("html", "message", "saves"),
    [(9, 19, True), (10, 19, True), (10, 20, False), (9, 20, False), (11, 19, False), (9, 21, False)],
)
def test_what_saves_nothing_of_the_mail_or_costs_html_is_not_less(
    html: int, message: int, saves: bool
) -> None:
    assert Octets(html, message).is_less_than(Octets(10, 20)) is saves


def test_what_is_taken_off_is_what_was_added() -> None:
    assert Octets(9, 20).minus(Octets(2, 5)) == Octets(7, 15)


@given(WEIGHTS)
def test_nothing_is_shortened_without_need(given_weights: Weights) -> None:
    everything = Fit((Form.FULL,) * len(given_weights.items))
    fit = fitted(given_weights, LIMIT)
    assert (fit == everything) == octets_of(everything, given_weights).within(LIMIT)


@given(WEIGHTS)
def test_no_item_could_be_printed_in_more(given_weights: Weights) -> None:
    fit = fitted(given_weights, LIMIT)
    if not octets_of(fit, given_weights).within(LIMIT):
        return
    for index, form in enumerate(fit.forms):
        # to leave the lines takes a heading, which another item may have paid for since
        richer = [more for more in Form if more > form and (form >= Form.HEADLINE or more < Form.HEADLINE)]
        for more in richer:
            forms = (*fit.forms[:index], more, *fit.forms[index + 1 :])
            assert not octets_of(Fit(forms, fit.contents, fit.waiting), given_weights).within(LIMIT)


@given(WEIGHTS, st.integers(1, 12))
def test_of_items_alike_the_first_keep_the_most(given_weights: Weights, count: int) -> None:
    if not given_weights.items:
        return
    alike = Weights(
        given_weights.frame,
        [given_weights.items[0]] * count,
        given_weights.topics,
        given_weights.contents,
        given_weights.waiting,
        given_weights.lines,
    )
    forms = fitted(alike, LIMIT).forms
    assert all(before >= after for before, after in pairwise(forms))


@given(WEIGHTS)
def test_lists_go_only_where_not_even_headlines_would_fit_beside_them(given_weights: Weights) -> None:
    fit = fitted(given_weights, LIMIT)
    headlines = (Form.HEADLINE,) * len(given_weights.items)
    if not fit.contents and given_weights.has_lines:
        assert not octets_of(Fit(headlines), given_weights).within(LIMIT)
    if not fit.waiting and given_weights.has_lines:
        assert not octets_of(Fit(headlines, contents=False), given_weights).within(LIMIT)
    if any(form < Form.HEADLINE for form in fit.forms):
        bare = Fit(headlines, contents=False, waiting=False)
        assert not octets_of(bare, given_weights).within(LIMIT)


@pytest.mark.parametrize(
    ("count", "lead", "forms"),
    [
        (0, None, ""),
        (3, None, "FFF"),
        (4, None, "FFSS"),
        (4, 2, "FSFS"),
        (6, None, "FSSSHH"),
        (12, None, "H" * 12),
        (13, None, "F" + "H" * 5 + "L" * 7),
        (13, 12, "H" * 5 + "L" * 7 + "F"),
        (40, None, "F" + "T" * 29 + "s" * 10),
        (200, None, "s" * 200),
    ],
)
def test_the_last_items_lose_first_and_the_lead_last(count: int, lead: int | None, forms: str) -> None:
    assert letters(fitted(weights(plain(count, lead)), LIMIT)) == forms


def test_pictures_go_before_any_text_does() -> None:
    pictured = [item(5, 10, 20, 40, 80, 120, 200) for _ in range(6)]
    assert letters(fitted(weights(pictured), LIMIT)) == "PSSSSH"
    assert letters(fitted(weights(pictured[:4]), LIMIT)) == "PPPP"
    assert letters(fitted(weights(pictured[:3]), LIMIT)) == "FPP"
    assert letters(fitted(weights(pictured[:2]), LIMIT)) == "FF"


def test_an_item_too_large_for_what_is_left_makes_room_for_the_next() -> None:
    items = [*plain(1), item(5, 10, 20, 40, 80, 5000), *plain(1)]
    assert letters(fitted(weights(items), LIMIT)) == "FSF"


def test_the_contents_go_before_the_titles_of_what_waits() -> None:
    assert fitted(weights(plain(6), contents=200, waiting=50), LIMIT).contents
    fit = fitted(weights(plain(10), contents=200, waiting=50), LIMIT)
    assert (fit.contents, fit.waiting) == (False, True)
    fit = fitted(weights(plain(12), contents=200, waiting=50), LIMIT)
    assert (fit.contents, fit.waiting) == (False, False)


def test_what_leaves_the_lines_pays_for_the_heading_of_its_topic_once() -> None:
    heading = {"economy": Octets(30, 60)}
    # 160 for the first, 30 for the heading, 40 for each headline, and 20 for each in a line
    fit = fitted(Weights(Octets(0, 0), plain(13), heading), LIMIT)
    assert letters(fit) == "FHHH" + "L" * 9
    other = [item(5, 10, 20, 40, 80, 160, topic="energy"), *plain(12)]
    assert letters(fitted(Weights(Octets(0, 0), other, heading), LIMIT)) == "FHHH" + "L" * 9


def test_a_theme_without_lines_prints_headlines_and_may_be_too_large() -> None:
    assert letters(fitted(weights(plain(20), has_lines=False), LIMIT)) == "H" * 20


def test_the_html_part_has_a_limit_of_its_own() -> None:
    heavy = WeighedItem("economy", [Octets(size, size) for size in (5, 10, 20, 40, 80, 950, 950)])
    assert letters(fitted(Weights(Octets(0, 0), [heavy]), LIMIT)) == "S"


def test_a_mail_brings_along_no_more_pictures_than_so_many() -> None:
    pictured = replace(item(1, 2, 3, 4, 5, 6, 7), brings_picture=True)
    items = [pictured] * (MOST_IN_A_MAIL + 2) + [item(1, 2, 3, 4, 5, 6, 7)]
    assert letters(fitted(weights(items), LIMIT)) == "F" * MOST_IN_A_MAIL + "PPF"


def test_a_mail_weighs_what_is_printed_in_it() -> None:
    copy = Weights(
        Octets(1, 2),
        [item(5, 10, 20, 40, 80, 160), item(5, 10, 20, 40, 80, 160, topic="energy")],
        {"economy": Octets(1_000, 2_000), "energy": Octets(3_000, 6_000)},
        contents=Octets(10_000, 20_000),
        waiting=Octets(100_000, 200_000),
        lines=Octets(1_000_000, 2_000_000),
    )
    assert octets_of(Fit((Form.HEADLINE, Form.LINE)), copy) == Octets(1_111_061, 2_222_122)
    bare = Fit((Form.FULL, Form.HEADLINE), contents=False, waiting=False)
    assert octets_of(bare, copy) == Octets(4_201, 8_402)
    with pytest.raises(ValueError, match="zip"):
        octets_of(Fit((Form.FULL,)), copy)


@pytest.mark.parametrize(("html", "message"), [(900, 0), (0, 1000), (900, 1000)])
def test_a_mail_may_be_as_large_as_the_limit(html: int, message: int) -> None:
    most = Octets(html, message)
    assert most.within(LIMIT)
    whole = WeighedItem("economy", [*[Octets(0, 0)] * 5, most, most.plus(Octets(1, 1))])
    assert letters(fitted(Weights(Octets(0, 0), [whole]), LIMIT)) == "P"
    assert not most.plus(Octets(int(html == 900), int(message == 1000))).within(LIMIT)
