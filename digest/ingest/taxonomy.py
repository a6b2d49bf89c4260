"""The topics that a new store begins with; admins change them there, not here."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from digest.core.model import Topic, TopicWords
from digest.ingest.rules import parse_rules


@cache
def default_topics() -> tuple[Topic, ...]:
    """The topics of `taxonomy.toml` in their order, positions counted from 1."""
    document = tomllib.loads(files("digest.ingest").joinpath("taxonomy.toml").read_text(encoding="utf-8"))
    return tuple(
        Topic(
            slug=topic["slug"],
            title=topic["title"],
            position=position,
            rules=parse_rules(topic.get("rules", "")),
            aliases=tuple(topic.get("aliases", ())),
            description=topic.get("description", ""),
            translations={tag: TopicWords(**words) for tag, words in topic.get("translations", {}).items()},
        )
        for position, topic in enumerate(document["topics"], start=1)
    )
