"""The default rules, judged by labelled items that nobody looked at while they were written."""

from __future__ import annotations

from collections import Counter

from digest.ingest.taxonomy import default_topics
from digest.ingest.topics import TopicRules
from tests.ingest.labelled import HALVES, HELD_OUT, labelled, macro_f1, scores

_SLUGS = {topic.slug for topic in default_topics()}


def test_the_default_rules_give_topics_nearly_as_an_editor_does() -> None:
    assert macro_f1(scores(TopicRules(default_topics()), labelled(HELD_OUT))) >= 0.85


def test_the_items_are_many_different_and_of_every_topic_in_each_half() -> None:
    items = labelled()
    assert len(items) >= 200
    assert len({item.title for item in items}) == len(items)
    for half in HALVES:
        counts = Counter(slug for item in labelled(half) for slug in item.topics)
        assert counts.keys() == _SLUGS
        assert min(counts.values()) >= 10
