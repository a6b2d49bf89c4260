"""The lists, tags and groups of another system become newsletters and topics: what somebody says of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from digest.core.exports import Member, There
from digest.errors import InputError

#: What a label is mapped to that means nothing here.
NOTHING: Final = "-"


#: Targets by folded label.
LabelMap = Mapping[str, tuple["Target", ...]]
#: Before the name of a list.
_LIST: Final = "list "
#: Who is counted among those who have a label.
_COUNTED: Final = frozenset({There.READS, There.PAUSED, There.UNCONFIRMED})


class Target(Struct, frozen=True, order=True):
    """What a label of theirs means here."""

    #: `topic`, `newsletter`, or `nothing`
    kind: str
    slug: str = ""

    def __str__(self) -> str:
        """As a listing has it."""
        return f"{self.kind} {self.slug}".strip()


class LabelCount(Struct, frozen=True):
    """A list or label there, how many of those who are taken have it, and what it means here."""

    label: str
    members: int
    targets: tuple[Target, ...]
    #: a topic of ours of the same name, when it is not mapped
    suggestion: str = ""
    is_list: bool = False

    @property
    def key(self) -> str:
        """By what it is mapped."""
        return self.label.removeprefix(_LIST) if self.is_list else self.label


def parse_mapping(
    pairs: Sequence[str], topics: Mapping[str, str], newsletters: Collection[str]
) -> dict[str, tuple[Target, ...]]:
    """Targets by folded label, from `LABEL=TARGET` each; raises InputError.

    TARGET is a topic, a newsletter, or `-` for nothing; `topic:` or `newsletter:` before it says which.
    """
    found: dict[str, tuple[Target, ...]] = {}
    for pair in pairs:
        label, sign, word = pair.rpartition("=")
        if not sign or not label.strip() or not word.strip():
            raise InputError(f"{pair!r} maps nothing: say LABEL=TARGET, such as 'Politics=economy'")
        folded = " ".join(label.split()).casefold()
        target = _target(word.strip(), topics, newsletters)
        found[folded] = tuple(dict.fromkeys((*found.get(folded, ()), target)))
    for label, targets in found.items():
        if len(targets) > 1 and Target("nothing") in targets:
            raise InputError(f"{label!r} is mapped to nothing and to something: leave one of them out")
    return found


def _target(word: str, topics: Mapping[str, str], newsletters: Collection[str]) -> Target:
    if word == NOTHING:
        return Target("nothing")
    kind, sign, name = word.partition(":")
    if not sign or kind not in {"topic", "newsletter"}:
        kind, name = "", word
    slug = topics.get(name.strip().casefold(), "")
    fits = [
        *([Target("topic", slug)] if slug and kind != "newsletter" else []),
        *([Target("newsletter", name.strip())] if name.strip() in newsletters and kind != "topic" else []),
    ]
    if len(fits) > 1:
        raise InputError(f"{word!r} is a topic and a newsletter: say topic:{word} or newsletter:{word}")
    if not fits:
        known = ", ".join((*newsletters, *dict.fromkeys(topics.values())))
        raise InputError(f"{word!r} is neither a topic nor a newsletter: choose among {known}, or - for none")
    return fits[0]


def targets_of(called: Iterable[str], mapped: LabelMap) -> tuple[Target, ...]:
    """What a label means; what is said of its whole name goes before what is said of a part."""
    return next((mapped[name] for name in called if name in mapped), ())


def label_counts(
    members: Sequence[Member], mapped: LabelMap, topics: Mapping[str, str], otherwise: str | None
) -> tuple[LabelCount, ...]:
    """How many of those who may read have each list and label, and what it means; the most frequent first.

    A list that is not mapped is the newsletter `otherwise`, if there is one.
    """
    counts: Counter[tuple[str, tuple[str, ...], bool]] = Counter()
    for member in members:
        named: set[tuple[str, tuple[str, ...], bool]]
        named = {(str(label), label.called, False) for label in member.labels}
        if member.list:
            named.add((f"{_LIST}{member.list}", (member.list.casefold(),), True))
        counts.update(dict.fromkeys(named, int(member.there in _COUNTED)))
    return tuple(
        LabelCount(label, count, targets, "" if targets else _suggestion(called, topics), is_list)
        for (label, called, is_list), count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        for targets in [
            targets_of(called, mapped)
            or ((Target("newsletter", otherwise),) if otherwise and is_list else ())
        ]
    )


def _suggestion(called: Sequence[str], topics: Mapping[str, str]) -> str:
    return next((topics[name] for name in called if name in topics), "")


def require_labels(counts: Sequence[LabelCount], mapped: LabelMap) -> None:
    """Refuse a mapping of what nobody has: it is mostly a word that was typed wrongly."""
    have = {name.casefold() for one in counts for name in _names(one.label)}
    for label in mapped:
        if label not in have:
            some = ", ".join(one.label for one in counts[:20]) or "no labels at all"
            raise InputError(f"nobody in it has {label!r}: there are {some}")


def _names(label: str) -> tuple[str, ...]:
    return (label, label.removeprefix(_LIST), label.partition(": ")[2])


def require_lists(lists: Sequence[str], mapped: LabelMap) -> None:
    """Refuse to guess which of several lists becomes which newsletter."""
    unsaid = [one for one in lists if one.casefold() not in mapped]
    if len(lists) > 1 and unsaid:
        named = ", ".join(map(repr, unsaid[:10]))
        raise InputError(
            f"it holds {len(lists)} lists: say by --map what {named} shall be here, such as 'LIST=daily' or "
            "'LIST=-', or by --newsletter that all of them are one"
        )
