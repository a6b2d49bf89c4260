"""Lists and labels of another system: what is said of each, how many have it, and what cannot be meant."""

from __future__ import annotations

import pytest

from digest.core.exports import Label, Member, There
from digest.core.label_mapping import (
    LabelCount,
    Target,
    label_counts,
    parse_mapping,
    require_labels,
    require_lists,
)
from digest.errors import InputError

TOPICS = {"economy": "economy", "money": "economy", "energy": "energy"}
NEWSLETTERS = ("daily", "energy")
DAILY = Target("newsletter", "daily")


def member(*labels: str, there: There = There.READS, of: str = "") -> Member:
    known = tuple(Label(*name.rpartition(": ")[::2]) for name in labels)
    return Member("ann@a.example", there, list=of, labels=known)


@pytest.mark.parametrize(
    ("word", "target"),
    [
        ("economy", Target("topic", "economy")),
        ("Money", Target("topic", "economy")),
        ("topic: money ", Target("topic", "economy")),
        ("daily", DAILY),
        ("newsletter: daily", DAILY),
        ("topic:energy", Target("topic", "energy")),
        ("newsletter:energy", Target("newsletter", "energy")),
        ("-", Target("nothing")),
    ],
)
def test_a_label_becomes_what_is_said_of_it(word: str, target: Target) -> None:
    assert parse_mapping([f" Our  News = {word}"], TOPICS, NEWSLETTERS) == {"our news": (target,)}


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("energy", "'energy' is a topic and a newsletter: say topic:energy or newsletter:energy"),
        (
            "gardens",
            "'gardens' is neither a topic nor a newsletter: choose among daily, energy, economy,",
        ),
        ("topic:daily", "'topic:daily' is neither"),
        ("newsletter:economy", "'newsletter:economy' is neither"),
        ("list:daily", "'list:daily' is neither"),
        ("topic:energy:daily", "'topic:energy:daily' is neither"),
        ("topic", "'topic' is neither"),
    ],
)
def test_what_a_label_cannot_become_is_refused(word: str, words: str) -> None:
    with pytest.raises(InputError, match=f"^{words}"):
        parse_mapping([f"News={word}"], TOPICS, NEWSLETTERS)


def test_labels_are_counted_of_those_who_may_read_the_most_frequent_first() -> None:
    members = [
        member("Money", "VIP", of="News"),
        member("Money", of="News"),
        member("Money", there=There.LEFT, of="News"),
        member("Energy", there=There.UNCONFIRMED, of="Old"),
        member("Energy", there=There.PAUSED),
        member("Gone", there=There.LEFT),
    ]
    mapped = {"vip": (Target("topic", "energy"),), "old": (Target("nothing"),), "energy": (DAILY,)}
    assert label_counts(members, mapped, TOPICS, "daily") == (
        LabelCount("Energy", 2, (DAILY,)),
        LabelCount("Money", 2, (), "economy"),
        LabelCount("list News", 2, (DAILY,), "", is_list=True),
        LabelCount("VIP", 1, (Target("topic", "energy"),)),
        LabelCount("list Old", 1, (Target("nothing"),), "", is_list=True),
        LabelCount("Gone", 0, ()),
    )
    assert label_counts(members[1:2], {}, {}, None)[1] == LabelCount("list News", 1, (), is_list=True)


def test_a_mapping_of_what_nobody_has_is_refused_with_what_there_is() -> None:
    counts = label_counts([member("Money", "A: B: C", of="News")], {}, TOPICS, None)
    for label in ("money", "news", "list news", "b: c", "a: b: c"):
        require_labels(counts, {label: (DAILY,)})
    with pytest.raises(InputError, match=r"^nobody in it has 'c': there are A: B: C, Money, list News$"):
        require_labels(counts, {"c": (DAILY,)})
    with pytest.raises(InputError, match=r"^nobody in it has 'x': there are no labels at all$"):
        require_labels((), {"x": (DAILY,)})


def test_several_lists_are_said_one_by_one_and_one_need_not_be() -> None:
    require_lists([], {})
    require_lists(["News"], {})
    require_lists(["News", "Promo"], {"news": (DAILY,), "promo": (Target("nothing"),)})
    with pytest.raises(
        InputError,
        match=r"^it holds 2 lists: say by --map what 'Promo' shall be here, such as 'LIST=daily' or "
        r"'LIST=-', or by --newsletter that all of them are one$",
    ):
        require_lists(["News", "Promo"], {"news": (DAILY,)})
