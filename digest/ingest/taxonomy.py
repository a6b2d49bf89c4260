"""The topics that a new store begins with; admins change them there, not here."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from digest.core.model import Topic, TopicWords
from digest.ingest.rules import parse_rules


@cache
def default_topics() -> tuple[Topic, ...]:
    """The topics of `taxonomy.toml` in their order, positions counted from 1, with all their words."""
    document, words = _read("taxonomy.toml"), _read("taxonomy_words.toml")
    return tuple(
        Topic(
            slug=topic["slug"],
            title=topic["title"],
            position=position,
            rules=parse_rules(topic.get("rules", "")),
            aliases=tuple(topic.get("aliases", ())),
            description=topic.get("description", ""),
            translations={tag: TopicWords(**topics[topic["slug"]]) for tag, topics in words.items()},
        )
        for position, topic in enumerate(document["topics"], start=1)
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("digest.ingest").joinpath(name).read_text(encoding="utf-8"))
