"""Whoever reads there reads here, by the newsletters and topics that are named; who is gone is not mailed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from digest.core.arrivals import Arrival, Choices, MoveIn, Unconfirmed, move_in, stays
from digest.core.exports import Agreement, Export, Label, Member, System, There
from digest.core.label_mapping import parse_mapping
from digest.errors import InputError
from subscribers.model import Format, Standing
from subscribers.roster import RosterRow

TOPICS = {"economy": "economy", "money": "economy", "energy": "energy"}
NEWSLETTERS = ("daily", "weekly", "energy")
DAY = datetime(2026, 3, 4, tzinfo=UTC)


def member(address: str = "ann@a.example", there: There = There.READS, **more: Any) -> Member:
    labels = tuple(Label(*name.rpartition(": ")[::2]) for name in more.pop("labels", ()))
    return Member(address=address, there=there, labels=labels, **{"line": 2, **more})


def decided(*members: Member, mapping: tuple[str, ...] = (), **choices: Any) -> MoveIn:
    mapped = parse_mapping(mapping, TOPICS, NEWSLETTERS)
    export = Export(System.LISTMONK, (), members)
    return move_in(export, Choices(topics=TOPICS, mapped=mapped, **choices))


def short(arrival: Arrival) -> tuple[str | None, There, set[str] | None]:
    topics = arrival.row.topics
    return arrival.row.newsletter, arrival.there, None if topics is None else set(topics)


def came(*members: Member, **choices: Any) -> list[tuple[str | None, There, set[str] | None]]:
    return [short(arrival) for arrival in decided(*members, **choices).arrivals]


def reasons(found: MoveIn) -> list[str]:
    return [one.reason for one in found.left_out]


def test_without_a_word_all_read_the_first_newsletter_with_its_own_topics() -> None:
    assert came(member(labels=["Economy"])) == [("daily", There.READS, None)]


def test_labels_become_topics_and_newsletters() -> None:
    reader = member(labels=["Money talk", "Topics: Energy", "VIP"])
    mapping = ("Money talk=money", "Topics: Energy=topic:energy", "vip=weekly")
    assert came(reader, mapping=mapping) == [("weekly", There.READS, {"economy", "energy"})]
    assert came(reader, mapping=(*mapping, "VIP=newsletter:daily")) == [
        ("weekly", There.READS, {"economy", "energy"}),
        ("daily", There.READS, {"economy", "energy"}),
    ]


def test_what_is_said_of_a_label_in_its_group_goes_before_what_is_said_of_its_name() -> None:
    reader = member(labels=["Topics: Energy"])
    mapping = ("Energy=economy", "Topics: Energy=topic:energy")
    assert came(reader, mapping=mapping) == [("daily", There.READS, {"energy"})]


def test_who_has_no_label_of_a_mapped_newsletter_is_left_out_unless_one_is_named_for_them() -> None:
    some = (member(labels=["W"]), member("bob@b.example"))
    found = decided(*some, mapping=("W=weekly",))
    assert ([short(one)[0] for one in found.arrivals], reasons(found)) == (
        ["weekly"],
        ["is on no list and has no label that is mapped to a newsletter"],
    )
    assert [one[0] for one in came(*some, mapping=("W=weekly",), newsletter="daily")] == ["weekly", "daily"]


def test_several_lists_have_to_be_mapped_one_by_one() -> None:
    lists = (member(list="News"), member("bob@b.example", list="Promo"))
    with pytest.raises(InputError, match="it holds 2 lists: say by --map what 'News', 'Promo' shall be"):
        decided(*lists)
    found = decided(*lists, mapping=("news=daily", "promo=-"))
    assert ([short(one)[0] for one in found.arrivals], len(found.left_out)) == (["daily"], 1)
    assert [one[0] for one in came(*lists, newsletter="weekly")] == ["weekly", "weekly"]


def test_lists_that_become_topics_make_one_reader_of_what_they_did_not_leave() -> None:
    of_ann = (
        member(list="Money"),
        member(list="Energy", there=There.LEFT),
        member(list="General", labels=["Sea"]),
    )
    mapping = ("Money=money", "Energy=topic:energy", "General=daily")
    assert came(*of_ann, mapping=mapping, newsletter="daily") == [("daily", There.READS, {"economy"})]


def test_who_left_the_list_of_one_newsletter_still_reads_the_other() -> None:
    of_ann = (member(list="A"), member(list="B", there=There.LEFT, gone_at=DAY))
    assert came(*of_ann, mapping=("A=daily", "B=weekly")) == [
        ("daily", There.READS, None),
        ("weekly", There.LEFT, None),
    ]


@pytest.mark.parametrize("word", [There.BOUNCED, There.COMPLAINED])
def test_what_is_true_of_the_address_ends_all_of_its_lists(word: There) -> None:
    of_ann = (member(list="A"), member(list="B", there=word))
    found = decided(*of_ann, mapping=("A=daily", "B=weekly"))
    assert [short(one) for one in found.arrivals] == [("daily", word, None), ("weekly", word, None)]
    assert reasons(found) == [f"is {word} there, as line 2 says"]


def test_blocked_addresses_are_of_no_newsletter() -> None:
    found = decided(member(), member(there=There.BLOCKED, line=9))
    assert not found.arrivals
    assert [(one.row.newsletter, one.standing) for one in found.blocked] == [(None, Standing.SUPPRESSED)]


def test_of_two_lines_about_one_address_the_one_that_says_no_holds() -> None:
    found = decided(member(line=2), member("ANN@a.example", there=There.LEFT, line=7), member(line=8))
    assert [short(one) for one in found.arrivals] == [("daily", There.LEFT, None)]
    assert reasons(found) == ["stands in line 7 already"] * 2


@pytest.mark.parametrize(
    ("word", "words"),
    [
        (There.UNCONFIRMED, "has not confirmed there"),
        (There.STOPPED, "gets no mail there"),
        (There.NEVER_AGREED, "never agreed"),
        (There.DELETED, "was deleted there"),
    ],
)
def test_who_is_not_taken(word: There, words: str) -> None:
    found = decided(member(there=word))
    assert not found.arrivals
    assert words in reasons(found)[0]


@pytest.mark.parametrize("choice", [Unconfirmed.KEEP, Unconfirmed.ASK])
def test_who_never_confirmed_is_pending_when_that_is_wanted(choice: Unconfirmed) -> None:
    (arrival,) = decided(member(there=There.UNCONFIRMED), unconfirmed=choice).arrivals
    assert (arrival.standing, arrival.row.status) == (Standing.PENDING, Standing.PENDING)


def test_of_who_is_gone_nothing_is_kept_but_the_address_and_the_reason() -> None:
    gone = member(
        there=There.LEFT, name="Ann", zone="Europe/Paris", language="fr", gone_at=DAY, because="too much"
    )
    (arrival,) = decided(gone).arrivals
    assert (arrival.row.name, arrival.row.timezone, arrival.row.language) == (None, None, None)
    assert arrival.reason == "imported from listmonk, left there on 2026-03-04: too much"


@pytest.mark.parametrize(
    ("status", "there", "after"),
    [
        (Standing.LEFT, There.READS, There.LEFT),
        (Standing.PENDING, There.READS, There.UNCONFIRMED),
        # an export that says worse is believed
        (Standing.LEFT, There.COMPLAINED, There.COMPLAINED),
        (Standing.PENDING, There.LEFT, There.LEFT),
    ],
)
def test_what_is_said_of_all_never_makes_anybody_be_written_to(
    status: Standing, there: There, after: There
) -> None:
    ((_, found, _),) = came(member(there=there), status=status, unconfirmed=Unconfirmed.KEEP)
    assert found is after


def test_nobody_is_called_active_by_a_word_about_all() -> None:
    with pytest.raises(InputError, match="status active cannot be said of all"):
        decided(member(), status=Standing.ACTIVE)


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("Economy", "maps nothing"),
        ("=economy", "maps nothing"),
        ("A=", "maps nothing"),
        ("A=gardening", "neither a topic nor a newsletter"),
        ("A=energy", "is a topic and a newsletter: say topic:energy"),
        ("A=topic:weekly", "neither"),
        ("A=newsletter:economy", "neither"),
        ("Other=economy", "nobody in it has 'other': there are A"),
    ],
)
def test_a_mapping_of_what_is_not_there_is_refused(pair: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        decided(member(labels=["A"]), mapping=(pair,))


def test_a_label_is_not_nothing_and_something() -> None:
    with pytest.raises(InputError, match="leave one of them out"):
        parse_mapping(["A=-", "a=economy"], TOPICS, NEWSLETTERS)


def test_labels_are_counted_and_a_topic_of_the_same_name_is_named() -> None:
    found = decided(
        member(labels=["Money", "B=C"]),
        member("bob@b.example", labels=["Money"]),
        member("cat@c.example", there=There.LEFT, labels=["Old"]),
        mapping=("B=C=topic:energy",),
    )
    counted = [(one.label, one.members, [*map(str, one.targets)], one.suggestion) for one in found.labels]
    assert counted == [
        ("Money", 2, [], "economy"),
        ("B=C", 1, ["topic energy"], ""),
        ("Old", 0, [], ""),
    ]


def test_what_is_left_out_of_lines_is_counted_with_the_first_of_them() -> None:
    said = ("the time zone is not known",)
    found = decided(member(line=5, file="a.csv", remarks=said), member("bob@b.example", line=9, remarks=said))
    assert found.remarks == (("the time zone is not known", 2, "line 5 of a.csv"),)


@pytest.mark.parametrize(
    ("gone_at", "yes", "stay"),
    [
        (DAY, None, False),
        (None, None, False),
        (DAY, DAY + timedelta(days=1), True),
        (DAY, DAY - timedelta(days=1), False),
        # an export that does not say when is older than a yes that was given here
        (None, DAY, True),
    ],
    ids=["taken-over", "undated", "since", "before", "undated-yes"],
)
def test_who_left_there_reads_on_here_only_by_a_later_word_of_their_own(
    gone_at: datetime | None, yes: datetime | None, stay: bool
) -> None:
    assert stays(gone_at, yes) is stay


def test_who_left_there_and_said_yes_here_at_the_same_moment_stays() -> None:
    assert stays(DAY, DAY)


# --- What is kept of somebody -------------------------------------------------------------------------------


def known(there: There, **more: Any) -> Member:
    """Somebody of whom all is known there."""
    return member(
        there=there,
        name="Ann",
        zone="Europe/Paris",
        language="fr",
        format=Format.TEXT,
        agreement=Agreement(asked_at=DAY),
        line=7,
        file="all.csv",
        **more,
    )


def test_of_who_reads_all_that_is_known_comes_along() -> None:
    (arrival,) = decided(known(There.READS, labels=["Energy"]), mapping=("Energy=topic:energy",)).arrivals
    assert arrival == Arrival(
        RosterRow(
            email="ann@a.example",
            newsletter="daily",
            name="Ann",
            topics=frozenset({"energy"}),
            timezone="Europe/Paris",
            language="fr",
            format=Format.TEXT,
            status=None,
            line=7,
        ),
        There.READS,
        Agreement(asked_at=DAY),
        None,
        "imported from listmonk",
        "all.csv",
    )
    assert arrival.row.line == 7


def test_of_who_is_gone_nothing_is_kept_that_is_not_needed() -> None:
    gone = known(There.LEFT, gone_at=DAY, because="too often", labels=["Energy"])
    (arrival,) = decided(gone, mapping=("Energy=topic:energy",)).arrivals
    assert arrival == Arrival(
        RosterRow(email="ann@a.example", newsletter="daily", status=Standing.LEFT, line=7),
        There.LEFT,
        Agreement(asked_at=DAY),
        DAY,
        "imported from listmonk, left there on 2026-03-04: too often",
        "all.csv",
    )


def test_why_and_when_somebody_went_is_said_where_it_is_known() -> None:
    (arrival,) = decided(member(there=There.LEFT)).arrivals
    assert arrival.reason == "imported from listmonk, left there"


def test_what_is_left_out_is_told_with_its_line_and_file() -> None:
    found = decided(known(There.DELETED), member("bob@a.example", There.NEVER_AGREED, line=3, file="b.csv"))
    assert [(one.line, one.file) for one in found.left_out] == [(7, "all.csv"), (3, "b.csv")]


@pytest.mark.parametrize(
    ("lists", "newsletters"),
    [(["Weekly"], ["weekly"]), (["Weekly", "Daily"], ["daily", "weekly"]), ([""], ["daily", "weekly"])],
    ids=["one", "two", "none"],
)
def test_who_complained_gets_none_of_what_they_read_or_nothing_at_all(
    lists: list[str], newsletters: list[str]
) -> None:
    mapping = ("weekly=newsletter:weekly", "daily=newsletter:daily")
    there = [member(there=There.COMPLAINED, list=name, line=line) for line, name in enumerate(lists, 2)]
    others = [member("bob@a.example", list=name, line=0) for name in ("Weekly", "Daily")]
    found = decided(*there, *others, mapping=mapping)
    mine = [arrival.row.newsletter for arrival in found.arrivals if arrival.there is There.COMPLAINED]
    assert sorted(str(slug) for slug in mine) == newsletters
    assert [one.line for one in found.left_out] == list(range(3, 2 + len(lists)))


def test_who_complained_where_nothing_is_mapped_is_not_written_to_by_the_first_newsletter() -> None:
    assert came(member(there=There.COMPLAINED)) == [("daily", There.COMPLAINED, None)]


def test_a_list_that_becomes_nothing_brings_nobody() -> None:
    found = decided(member(list="Old"), mapping=("old=-",), newsletter="daily")
    assert found.arrivals == ()
    assert [one.line for one in found.left_out] == [2]
