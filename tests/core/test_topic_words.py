"""A topic is called in each reader's language as editors said it, and by its first title elsewhere."""

from __future__ import annotations

import pytest

from digest.core.model import Topic, TopicWords
from digest.core.topic_words import MOST_LANGUAGES, parse_said_in, retold
from digest.errors import InputError

ECONOMY = Topic(
    "economy",
    "Economy",
    1,
    {},
    description="Trade and prices.",
    translations={"fr": TopicWords("Économie", "Commerce et prix."), "zh-Hans": TopicWords("经济")},
)


@pytest.mark.parametrize(
    ("language", "title", "description"),
    [
        ("fr", "Économie", "Commerce et prix."),
        ("fr-CA", "Économie", "Commerce et prix."),
        ("zh-Hans", "经济", ""),
        ("zh-Hant", "经济", ""),
        ("zh", "经济", ""),
        ("en", "Economy", "Trade and prices."),
        ("frr", "Economy", "Trade and prices."),
        ("", "Economy", "Trade and prices."),
    ],
)
def test_readers_see_the_words_of_their_language(language: str, title: str, description: str) -> None:
    assert ECONOMY.said_in(language) == TopicWords(title, description)


def test_the_very_spelling_of_a_reader_comes_before_another_one() -> None:
    both = Topic("sea", "Sea", 1, {}, translations={"pt": TopicWords("Mar"), "pt-BR": TopicWords("Oceano")})
    assert both.said_in("pt-BR").title == "Oceano"
    assert both.said_in("pt").title == "Mar"


def test_words_are_said_as_pairs_with_a_language() -> None:
    assert parse_said_in(["fr=Économie", "zh_Hans=经济", "ar= ", "de=Geld = alles"], "title") == {
        "fr": "Économie",
        "zh-Hans": "经济",
        "ar": " ",
        "de": "Geld = alles",
    }


def test_what_is_said_again_replaces_and_the_rest_stays() -> None:
    known = ECONOMY.translations
    assert retold(known, {"fr": "  Éco \n nomie "}, {}) == {
        "fr": TopicWords("Éco nomie", "Commerce et prix."),
        "zh-Hans": TopicWords("经济"),
    }
    assert retold(known, {}, {"zh-Hans": "贸易与物价。", "fr": ""}) == {
        "fr": TopicWords("Économie"),
        "zh-Hans": TopicWords("经济", "贸易与物价。"),
    }
    assert list(retold({}, {"zh-hans": "经济", "ar": "اقتصاد"}, {"ar": "المال"})) == ["ar", "zh-Hans"]


def test_an_empty_title_takes_a_language_away() -> None:
    assert retold(ECONOMY.translations, {"fr": ""}, {"fr": ""}) == {"zh-Hans": TopicWords("经济")}
    assert retold({}, {"fr": " "}, {}) == {}


@pytest.mark.parametrize(
    ("titles", "descriptions", "words"),
    [
        ({"klingon": "x"}, {}, "language 'klingon' is not known"),
        ({"": "x"}, {}, "language '' is not known"),
        ({"fr": "a\x07b"}, {}, "title in fr 'a\\x07b' holds control characters"),
        ({"fr": "x" * 201}, {}, "title in fr has 201 characters"),
        ({}, {"fr": "Commerce"}, "description in fr has no title in fr"),
        ({"fr": "É"}, {"fr": "x" * 501}, "description in fr has 501 characters"),
        ({"fr": ""}, {"fr": "left alone"}, "description in fr has no title in fr"),
    ],
    ids=["klingon", "empty", "bell", "long", "alone", "long text", "taken away"],
)
def test_what_cannot_stand_is_refused(
    titles: dict[str, str], descriptions: dict[str, str], words: str
) -> None:
    with pytest.raises(InputError) as refused:
        retold({}, titles, descriptions)
    assert words in str(refused.value)


def test_a_pair_without_a_language_is_refused_with_how_to_write_it() -> None:
    with pytest.raises(InputError, match=r"title 'Économie' names no language: write it as fr=Économie"):
        parse_said_in(["Économie"], "title")


def test_no_topic_speaks_more_languages_than_there_is_room_for() -> None:
    known = {f"x-{number}": TopicWords("x") for number in range(MOST_LANGUAGES)}
    with pytest.raises(InputError, match="101 languages"):
        retold(known, {"fr": "Économie"}, {})
    assert len(retold(dict(list(known.items())[1:]), {"fr": "Économie"}, {})) == MOST_LANGUAGES


def test_what_is_said_of_one_language_does_not_keep_the_next_from_being_heard() -> None:
    titles = {"ar": "", "fr": "Économie", "zh-hans": "经济"}
    descriptions = {"ar": "", "fr": "Commerce.", "zh-hans": ""}
    words = {"fr": TopicWords("Économie", "Commerce."), "zh-Hans": TopicWords("经济")}
    assert retold({}, titles, descriptions) == words


def test_a_description_may_be_as_long_as_it_says() -> None:
    assert retold({}, {"fr": "É"}, {"fr": "x" * 500})["fr"].description == "x" * 500
