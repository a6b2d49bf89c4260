"""What the API answers about topics: models with an example each."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class TopicInShown(BaseModel):
    """What readers of a language see of a topic."""

    title: str
    description: str


class TopicShown(BaseModel):
    """A topic with the rules that find it."""

    model_config = _example(
        slug="economy",
        title="Economy and trade",
        position=1,
        rules={"tariff": 4, "exports": 4},
        aliases=["trade"],
        description="",
        translations={"fr": {"title": "Économie", "description": ""}},
    )

    slug: str
    title: str
    position: int
    rules: dict[str, int]
    aliases: list[str]
    description: str
    translations: dict[str, TopicInShown]


class TopicMerged(BaseModel):
    """What became of a topic that is a part of another one now."""

    model_config = _example(
        gone="trade",
        into={
            "slug": "economy",
            "title": "Economy and trade",
            "position": 1,
            "rules": {"tariff": 4, "exports": 4},
            "aliases": ["trade"],
            "description": "",
            "translations": {},
        },
        readers=1204,
        briefings=310,
    )

    gone: str = Field(description="The topic that is no more.")
    into: TopicShown
    readers: int = Field(description="Subscriptions that chose it, and choose the other one now.")
    briefings: int = Field(description="Briefings that were under it.")
