"""How rules find the topics of a text, and how they say why."""

from __future__ import annotations

import time

import pytest

from digest.core.model import GENERAL, Topic, TopicMark
from digest.errors import InputError
from digest.ingest.topics import GIVEN, NO_RULE, TopicRules


def topic(slug: str, position: int, rules: dict[str, int], *aliases: str) -> Topic:
    return Topic(slug, slug.title(), position, rules, aliases)


RULES = TopicRules(
    [
        topic(
            "sea", 1, {"ship": 3, "harbor": 4, "port authority": 5, "sea war": 0, "海": 4, "海运": 5}, "ocean"
        ),
        topic("land", 2, {"railway": 4, "road": 3, "port": 3, "high-speed train": 5, "陆": 4}, "ground"),
        topic("war", 3, {"war": 4, "cannon": 4, "import": 4}),
        topic(GENERAL, 4, {}),
    ]
)


def assigned(title: str, *paragraphs: str) -> list[str]:
    return [mark.slug for mark in RULES.assign(title, paragraphs)]


# --- matching -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", ["ship", "Ships", "SHIP'S", "ship’s", "shipped", "ship-owner", "“ship”", "ｓｈｉｐ"]
)
def test_a_keyword_is_found_in_all_its_forms(word: str) -> None:
    assert assigned(f"The {word} of the day") == ["sea"]


@pytest.mark.parametrize("word", ["worship", "shipwrecked7", "friendships", "harbinger", "sharbor"])
def test_a_keyword_is_not_found_inside_another_word(word: str) -> None:
    assert assigned(f"The {word} of the day") == [GENERAL]


@pytest.mark.parametrize("text", ["high-speed trains", "High speed train", "HIGH–SPEED TRAIN"])
def test_a_phrase_is_found_with_or_without_its_hyphen(text: str) -> None:
    assert assigned(f"Two {text} a day") == ["land"]


def test_a_phrase_does_not_reach_from_one_paragraph_into_the_next() -> None:
    assert assigned("News", "Of the high-speed", "train of thought") == [GENERAL]


def test_words_that_share_a_stem_by_chance_are_kept_apart() -> None:
    assert assigned("An Important Day") == [GENERAL]
    assert assigned("Imports of the Day") == ["war"]


def test_a_longer_phrase_hides_the_shorter_in_its_own_topic_only() -> None:
    (mark, *_rest) = RULES.assign("Port Authority", [])
    assert mark == TopicMark("sea", "port authority")
    assert [mark.reason for mark in RULES.assign("Sea War", [])] == ["war"]


def test_a_phrase_of_no_weight_says_that_its_words_mean_nothing_here() -> None:
    rules = TopicRules([topic("war", 1, {"war": 4, "trade war": 0})])
    assert [rules.assign(title, [])[0].slug for title in ("War", "Trade War")] == ["war", GENERAL]


@pytest.mark.parametrize(
    ("text", "slug"), [("今天海上有风", "sea"), ("全球海运恢复", "sea"), ("陆路", "land"), ("空", GENERAL)]
)
def test_chinese_keywords_are_found_without_word_boundaries(text: str, slug: str) -> None:
    assert RULES.assign(text, [])[0].slug == slug


def test_of_chinese_keywords_too_the_longer_hides_the_shorter() -> None:
    assert RULES.assign("全球海运恢复", [])[0].reason == "海运"


# --- choosing -----------------------------------------------------------------------------------------------


def test_the_title_counts_more_than_the_text() -> None:
    assert assigned("The Railway", "A ship. Two ships. The cannon.")[0] == "land"


def test_repeating_one_word_adds_little() -> None:
    assert (
        assigned("News", "war " * 50, "A ship in the harbor, by the port authority, ship to ship.")[0]
        == "sea"
    )


def test_several_topics_are_given_when_each_has_a_case_of_its_own() -> None:
    text = "Ships crowd the harbor. The railway brings them in by road."
    assert assigned("Harbor and Railway", text) == ["sea", "land"]


def test_one_word_in_passing_gives_no_further_topic() -> None:
    assert assigned("The Harbor", "Ships crowd the harbor. The war is far.") == ["sea"]


def test_one_word_alone_however_often_gives_no_further_topic() -> None:
    assert assigned("Harbor, Ship and War", "A ship. War, war, war.") == ["sea"]


def test_topics_with_equal_points_stand_in_the_order_of_topics() -> None:
    rules = TopicRules([topic("late", 2, {"harbor": 4}), topic("early", 1, {"harbor": 4})])
    assert rules.assign("Harbor", [])[0].slug == "early"


def test_without_a_match_it_is_general_and_says_so() -> None:
    assert RULES.assign("Nothing", ["At all."]) == (TopicMark(GENERAL, NO_RULE),)


def test_without_topics_it_is_general() -> None:
    assert TopicRules([]).assign("Harbor", []) == (TopicMark(GENERAL, NO_RULE),)


def test_the_reason_names_the_matched_keywords_strongest_first() -> None:
    (mark,) = RULES.assign("Harbor News", ["A ship."])
    assert mark.reason == "harbor, ship"


def test_every_topic_keeps_a_reason() -> None:
    marks = RULES.assign("Harbor and Railway", ["Ships crowd the harbor. The railway brings them by road."])
    assert all(mark.reason for mark in marks)


# --- explicit topics ----------------------------------------------------------------------------------------


def test_explicit_topics_win_in_the_order_given() -> None:
    assert RULES.assign("The Harbor", ["Ships."], ["war", "land"]) == (
        TopicMark("war", GIVEN),
        TopicMark("land", GIVEN),
    )


def test_explicit_topics_may_be_aliases_and_are_given_once() -> None:
    assert [mark.slug for mark in RULES.assign("", [], [" Ocean", "sea", "GROUND"])] == ["sea", "land"]


def test_an_unknown_explicit_topic_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"'sky' is not known: choose among sea, land, war, general"):
        RULES.assign("The Harbor", [], ["sky"])


def test_a_name_for_two_topics_is_refused() -> None:
    with pytest.raises(InputError, match=r"'ocean' names both topic 'sea' and topic 'water'"):
        TopicRules([topic("sea", 1, {}, "ocean"), topic("water", 2, {}, "ocean")])


@pytest.mark.parametrize("names", [["all"], ["sea", "All"]])
def test_the_word_for_every_topic_names_none(names: list[str]) -> None:
    slug, *aliases = names
    with pytest.raises(InputError, match="cannot name a topic"):
        TopicRules([topic(slug, 1, {}, *aliases)])


# --- how much -----------------------------------------------------------------------------------------------


def test_a_thousand_briefings_of_four_hundred_words_take_a_few_seconds_at_most() -> None:
    paragraphs = [f"Ships crowd harbor {n} and the railway brings them in by road. " * 8 for n in range(4)]
    began = time.process_time()
    for _briefing in range(100):
        RULES.assign("Harbor and Railway", paragraphs)
    assert time.process_time() - began < 3


def test_scores_say_of_each_topic_what_counted_and_what_was_missing() -> None:
    topics = (
        Topic("sea", "Sea", 1, {"harbour": 4, "ships": 3}),
        Topic("rail", "Rail", 2, {"trains": 4}),
        Topic("air", "Air", 3, {"planes": 4}),
        Topic("chance", "Chance", 4, {"luck": 1}),
        Topic(GENERAL, "General", 5, {}),
    )
    rules = TopicRules(topics)
    title, text = "Ships fill the harbour", ["Trains, trains and trains wait for luck."]
    found = {score.slug: score for score in rules.scores(title, text)}
    assert list(found) == ["sea", "rail", "chance", "air"], "who has no rules is not asked"
    assert found["sea"].is_chosen
    assert dict(found["sea"].points) == {"harbour": 16, "ships": 12}
    assert found["rail"].why_not == "one keyword alone makes no further topic"
    assert found["chance"].why_not == "1 of the 5 points that it takes"
    assert found["air"].why_not == "none of its keywords stands in the text"
    assert [mark.slug for mark in rules.assign(title, text)] == [
        slug for slug, score in found.items() if score.is_chosen
    ]
