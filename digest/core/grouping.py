"""How the briefings of a copy stand under their topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from digest.core.model import TopicGroup


def grouped(
    ranked: Sequence[int], places: Mapping[int, object], topic_order: Sequence[str]
) -> tuple[TopicGroup, ...]:
    """Numbers in order of rank, under the topic where each is read; topics in their own order.

    A topic that is not in `topic_order` (removed after the briefing got it) comes last, by name.
    """
    by_topic: dict[str, list[int]] = {}
    for number in ranked:
        by_topic.setdefault(str(places[number]), []).append(number)
    order = {slug: position for position, slug in enumerate(topic_order)}
    slugs = sorted(by_topic, key=lambda slug: (order.get(slug, len(order)), slug))
    return tuple(TopicGroup(slug, tuple(by_topic[slug])) for slug in slugs)
