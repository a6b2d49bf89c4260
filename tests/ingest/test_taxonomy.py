"""The default topics: their form, and whether they put a newsroom's items where an editor would."""

from __future__ import annotations

from collections import Counter

import pytest

from digest.core.model import GENERAL, Topic
from digest.ingest.taxonomy import default_topics
from digest.ingest.topics import NO_RULE, TopicRules
from digest.ingest.wording import Keyword, Wording
from tests.ingest.newsroom import JUDGED, Judged

SLUGS = (
    *("economy", "finance", "technology", "energy", "politics"),
    *("society", "international", "military", "general"),
)
RULES = TopicRules(default_topics())


def test_the_topics_stand_in_their_order_general_last() -> None:
    assert tuple(topic.slug for topic in default_topics()) == SLUGS
    assert [topic.position for topic in default_topics()] == list(range(1, 10))


def test_every_topic_but_general_has_rules_and_all_have_aliases() -> None:
    for topic in default_topics():
        assert bool(topic.rules) == (topic.slug != GENERAL)
        assert topic.aliases


@pytest.mark.parametrize(
    ("alias", "slug"),
    [
        ("economy-and-trade", "economy"),
        ("trade", "economy"),
        ("tech", "technology"),
        ("security", "military"),
        ("diplomacy", "international"),
        ("media", "society"),
    ],
)
def test_topics_are_known_by_other_names_too(alias: str, slug: str) -> None:
    assert RULES.slug_of(alias) == slug


@pytest.mark.parametrize("topic", default_topics(), ids=lambda topic: topic.slug)
def test_no_two_rules_of_a_topic_are_forms_of_one_word(topic: Topic) -> None:
    wording = Wording(Keyword(topic.slug, text, weight) for text, weight in topic.rules.items())
    found = {text: wording.found_in(text) for text in topic.rules}
    assert {text: [keyword.text for keyword in keywords] for text, keywords in found.items()} == {
        text: [text] for text in topic.rules
    }


def test_there_are_three_items_of_every_topic_to_judge_by() -> None:
    counts = Counter(item.topic for item in JUDGED)
    assert all(counts[slug] >= 3 for slug in SLUGS if slug != GENERAL)


@pytest.mark.parametrize("item", JUDGED, ids=lambda item: item.title)
def test_an_item_lands_where_an_editor_would_put_it(item: Judged) -> None:
    first, *further = RULES.assign(item.title, [item.text])
    assert first.slug == item.topic
    assert {mark.slug for mark in further} <= item.also
    assert (first.reason == NO_RULE) == (item.topic == GENERAL)
