"""Whole newsrooms from a number: what is published, who reads it and how, hostile in every field.

The words go in below the doors that refuse or clean them (pages, commands, rosters), so what the mail is made
of is worse here than it can be. Only half a surrogate pair cannot come so far: no store takes it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from digest.core.model import DraftBriefing
from subscribers.model import Section
from subscribers.wishes import parse_address
from tests.flows.newsroom import SLUGS
from tests.wire.languages import TONGUES
from tests.wire.strangeness import ADDRESSES, strange

#: Profile languages: what the mail itself speaks and how it writes dates; a few, since each is a sheet.
_SPOKEN: Final = ("en", "de", "ar", "he", "zh-Hans", "ja", "pt-BR", "hi", "ru", "fa", "th", "vi")
_SENDERS: Final = (
    "digest@newsroom.example",
    "news+tide@sub.newsroom.example",
    "nachrichten@bücher.example",
    "o'neil&sons#1?%@newsroom.example",
    "a" * 64 + "@newsroom.example",
    "desk@" + "a-long-label-of-a-domain-that-goes-on-and-on" + ".newsroom.example",
)
#: How many items a newsroom has; now and then hundreds, now and then none.
_SIZES: Final = ((0, 0), (1, 1), (2, 4), (5, 12), (5, 12), (5, 12), (13, 40))


@dataclass(frozen=True, slots=True)
class Person:
    """A reader-to-be: wishes by option name."""

    address: str
    name: str
    words: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Newsroom:
    """All that is said in one."""

    seed: int
    title: str
    sender_name: str
    sender_address: str
    description: str
    postal_address: str
    topic_titles: dict[str, str]
    drafts: tuple[DraftBriefing, ...]
    readers: tuple[Person, ...]
    #: an issue by hand has a subject and an introduction, a scheduled one has neither
    by_hand: bool
    subject: str | None
    intro: str | None


def newsroom(seed: int, *, readers: int = 20, items: int | None = None) -> Newsroom:
    """The newsroom of this number: the same on every run."""
    chance = random.Random(seed)
    count = chance.randint(*chance.choice(_SIZES)) if items is None else items
    by_hand = count == 0 or chance.random() < 0.2
    spoken = chance.sample(_SPOKEN, chance.randint(1, 2))
    people = {person.address: person for person in (_person(chance, n, spoken) for n in range(readers))}
    return Newsroom(
        seed=seed,
        title=_words(chance) if chance.random() < 0.7 else "The Tide Table",
        sender_name=_words(chance),
        sender_address=parse_address(chance.choice(_SENDERS)),
        description=_words(chance),
        postal_address="\n".join(_words(chance) for _ in range(chance.randint(0, 3))),
        topic_titles={slug: _words(chance) for slug in SLUGS},
        drafts=tuple(_draft(chance, number, lean=count > 100) for number in range(count)),
        readers=tuple(people.values()),
        by_hand=by_hand,
        subject=_words(chance) if by_hand and chance.random() < 0.7 else None,
        intro="\n\n".join(_words(chance) for _ in range(chance.randint(0, 3))) if by_hand else None,
    )


def _words(chance: random.Random) -> str:
    """A hostile text, a title in some language, or both in one."""
    kind = chance.random()
    if kind < 0.5:
        return strange(chance)
    title = chance.choice(list(TONGUES.values())).title
    return title if kind < 0.8 else f"{title} {strange(chance)}"


def _draft(chance: random.Random, number: int, *, lean: bool) -> DraftBriefing:
    language, tongue = chance.choice(list(TONGUES.items()))
    hostile = chance.random() < 0.6
    body = list(tongue.sentences)
    if hostile and not lean:
        body = [*body, *(strange(chance) for _ in range(chance.randint(1, 3)))]
        chance.shuffle(body)
    # two items are the same to a store when their titles and bodies are
    title = f"{_words(chance) if hostile else tongue.title} ({number})"
    return DraftBriefing(
        title=title,
        paragraphs=tuple(f"{paragraph} {number}" for paragraph in body),
        section=chance.choice(list(Section)),
        topics=tuple(chance.sample(SLUGS, chance.randint(1, 3))),
        source=_words(chance) if hostile else "The Harbour Post",
        source_date=date(2026, 11, 23) - timedelta(days=chance.randint(0, 4000)),
        url=chance.choice((None, f"https://harbour.example/{number}?a=1&b=%20#x", strange(chance))),
        language=chance.choice((language, strange(chance))) if hostile else language,
    )


def _person(chance: random.Random, number: int, spoken: list[str]) -> Person:
    address = parse_address(chance.choice(ADDRESSES).format(number))
    kind = chance.random()
    name = "" if kind < 0.1 else strange(chance) if kind < 0.6 else chance.choice(list(TONGUES.values())).name
    words = {"language": chance.choice(spoken), "format": chance.choice(("html", "html", "text"))}
    if chance.random() < 0.5:
        words["max_items"] = str(chance.randint(1, 9))
    if chance.random() < 0.4:
        words["topics"] = ",".join(chance.sample(SLUGS, chance.randint(1, 3)))
    return Person(address, name, words)
