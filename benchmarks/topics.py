"""Shows how well the default rules give topics to labelled items, by topic, in both halves of the items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.options import Options
from benchmarks.tables import show
from digest.ingest.taxonomy import default_topics
from digest.ingest.topics import TopicRules
from tests.ingest.labelled import HALVES, Score, labelled, macro_f1, scores


def run(options: Options) -> dict[str, Any]:
    """Judge each half."""
    del options
    rules = TopicRules(default_topics())
    return {half: _judged(half, rules) for half in HALVES}


def _judged(half: str, rules: TopicRules) -> dict[str, float]:
    items = labelled(half)
    found = scores(rules, items)
    _show(f"Topics of {len(items)} items, the half {half}", found)
    return {slug: one.f1 for slug, one in found.items()} | {"macro": macro_f1(found)}


def _show(title: str, found: Mapping[str, Score]) -> None:
    rows = [
        [
            *(slug, str(one.right), str(one.wrong), str(one.missed)),
            *(f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f1:.3f}"),
        ]
        for slug, one in found.items()
    ]
    rows.append(["mean of the topics", "", "", "", "", "", f"{macro_f1(found):.3f}"])
    show(title, ("topic", "right", "wrong", "missed", "precision", "recall", "F1"), rows)
