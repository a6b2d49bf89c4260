"""Every briefing that is owed is included, deferred or left out for a reason, and never two of these."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.core.grouping import grouped
from digest.core.model import GENERAL, Candidate, LeftOut, Selection, Skip, TopicGroup
from digest.core.selection import Rules, Selector
from subscribers.model import Bookmark, Profile, Section

TOPICS = ("economy", "finance", "energy", "society")
ALL = frozenset(Section)


def briefing(
    number: int,
    *topics: str,
    section: Section = Section.BRIEFING,
    lead: bool = False,
    weight: int = 0,
    retracted: bool = False,
    batch: int = 1,
) -> Candidate:
    return Candidate(number, number, section, topics, lead, weight, retracted, batch)


def selector(*candidates: Candidate, cap: int | None = None, sections: frozenset[Section] = ALL) -> Selector:
    return Selector(candidates, Rules(sections, cap, TOPICS))


def follows(*topics: str, max_items: int | None = None) -> Profile:
    return Profile(topics=frozenset(topics), max_items=max_items)


def by_topic(selection: Selection) -> dict[str, tuple[int, ...]]:
    return {group.topic: group.numbers for group in selection.groups}


# --- What a reader gets -------------------------------------------------------------------------------------


def test_a_briefing_stands_once_under_the_first_of_its_topics_that_the_reader_follows() -> None:
    selection = selector(briefing(1, "energy", "economy", "finance")).regular(
        follows("finance", "economy"), Bookmark(), 1
    )
    assert by_topic(selection) == {"economy": (1,)}


def test_topics_come_in_their_own_order_whatever_the_order_of_publication() -> None:
    found = selector(briefing(1, "society"), briefing(2, "economy"), briefing(3, "energy")).regular(
        Profile(), Bookmark(), 3
    )
    assert [group.topic for group in found.groups] == ["economy", "energy", "society"]


def test_a_topic_that_was_removed_since_comes_last() -> None:
    found = selector(briefing(1, "gardening"), briefing(2, "society")).regular(Profile(), Bookmark(), 2)
    assert [group.topic for group in found.groups] == ["society", "gardening"]


def test_a_briefing_without_a_topic_is_general() -> None:
    assert by_topic(selector(briefing(1)).regular(Profile(), Bookmark(), 1)) == {GENERAL: (1,)}


def test_a_briefing_without_a_topic_is_general_to_who_follows_that_by_name() -> None:
    found = selector(briefing(1))
    assert by_topic(found.regular(follows("energy", GENERAL), Bookmark(), 1)) == {GENERAL: (1,)}
    assert found.regular(follows("energy"), Bookmark(), 1).left_out == {LeftOut.TOPIC_NOT_FOLLOWED: (1,)}


def test_lead_comes_before_weight_weight_before_waiting_and_waiting_before_recency() -> None:
    candidates = (
        briefing(1, "economy", batch=1),
        briefing(2, "economy", batch=2),
        briefing(3, "economy", batch=3, weight=1),
        briefing(4, "economy", batch=4, lead=True),
        briefing(5, "economy", batch=5),
    )
    selection = selector(*candidates).regular(Profile(), Bookmark(2, deferred=(1,)), 5)
    assert selection.numbers == (4, 3, 1, 5)


def test_items_published_together_keep_the_order_of_their_page() -> None:
    candidates = [briefing(number, "economy", batch=number // 4) for number in range(1, 8)]
    assert selector(*candidates).regular(Profile(), Bookmark(), 7).numbers == (4, 5, 6, 7, 1, 2, 3)


def test_the_tighter_of_two_caps_holds_and_the_rest_is_deferred() -> None:
    candidates = [briefing(number, "economy") for number in range(1, 6)]
    for newsletter_cap, own_cap in ((2, 4), (4, 2), (None, 2), (2, None)):
        selection = selector(*candidates, cap=newsletter_cap).regular(
            Profile(max_items=own_cap), Bookmark(), 5
        )
        assert selection.numbers == (1, 2)
        assert selection.deferred == (3, 4, 5)
        assert selection.next_bookmark == Bookmark(5, deferred=(3, 4, 5))


def test_a_steady_stream_of_news_keeps_nothing_waiting_for_ever() -> None:
    bookmark, delivered = Bookmark(), list[int]()
    candidates = [briefing(number, "economy", batch=number) for number in range(1, 41)]
    for newest in range(4, 41, 4):
        selection = selector(*candidates[:newest]).regular(Profile(max_items=3), bookmark, newest)
        delivered += selection.numbers
        bookmark = selection.next_bookmark
    waiting = [number for number in bookmark.deferred if number <= 20]
    assert not waiting, f"{waiting} wait while newer ones were sent: {delivered}"


@pytest.mark.parametrize(
    ("candidate", "profile", "reason"),
    [
        (briefing(1, "energy"), follows("finance"), LeftOut.TOPIC_NOT_FOLLOWED),
        (
            briefing(1, "energy", section=Section.REPORT),
            Profile(sections=frozenset({Section.BRIEFING})),
            LeftOut.SECTION_NOT_CHOSEN,
        ),
        (briefing(1, "energy", section=Section.ANALYSIS), Profile(), LeftOut.SECTION_NOT_CARRIED),
        (briefing(1, "energy", retracted=True), follows("finance"), LeftOut.RETRACTED),
    ],
)
def test_what_is_left_out_has_its_reason(candidate: Candidate, profile: Profile, reason: LeftOut) -> None:
    carried = frozenset({Section.BRIEFING, Section.REPORT})
    selection = selector(candidate, sections=carried).regular(profile, Bookmark(), 1)
    assert selection.left_out == {reason: (1,)}
    assert selection.skip is Skip.NOTHING_WANTED
    assert selection.next_bookmark == Bookmark(1)


def test_nothing_new_is_another_reason_than_nothing_wanted() -> None:
    selection = selector(briefing(1, "energy")).regular(Profile(), Bookmark(1), 1)
    assert selection.skip is Skip.NOTHING_NEW


# --- What is remembered -------------------------------------------------------------------------------------


def test_more_news_changes_nothing_of_what_was_decided_without_it() -> None:
    desk = selector(briefing(3, "economy"))
    first = desk.regular(Profile(), Bookmark(2), 3)
    assert desk.learn([briefing(1, "energy"), briefing(2, "society"), briefing(3, "economy")])
    assert desk.regular(Profile(), Bookmark(2), 3) is first
    assert by_topic(desk.regular(Profile(), Bookmark(), 3)) == {
        "economy": (3,),
        "energy": (1,),
        "society": (2,),
    }


def test_news_that_has_changed_since_asks_for_a_new_decision() -> None:
    desk = selector(briefing(1, "economy"))
    assert not desk.learn([briefing(1, "economy", retracted=True)])


# --- By hand ------------------------------------------------------------------------------------------------


def test_a_chosen_briefing_goes_to_everyone_addressed_and_does_not_come_again() -> None:
    chooser = selector(briefing(1, "energy"), briefing(2, "energy"))
    profile = follows("finance")
    sent = chooser.by_hand(profile, Bookmark(), chosen=[2], since=0, upto=2, ignore_bookmarks=False)
    assert sent.numbers == (2,)
    assert sent.next_bookmark == Bookmark(0, ahead=(2,))
    later = chooser.regular(Profile(), sent.next_bookmark, 2)
    assert later.numbers == (1,)
    assert later.next_bookmark == Bookmark(2)


def test_what_a_reader_has_had_is_kept_back_unless_bookmarks_are_ignored() -> None:
    chooser = selector(briefing(1, "energy"))
    had = Bookmark(1)
    kept_back = chooser.by_hand(Profile(), had, chosen=[1], since=0, upto=1, ignore_bookmarks=False)
    assert kept_back.skip is Skip.NOTHING_NEW
    again = chooser.by_hand(Profile(), had, chosen=[1], since=0, upto=1, ignore_bookmarks=True)
    assert again.numbers == (1,)
    assert again.next_bookmark == had


def test_without_a_choice_the_readers_own_wishes_choose_and_no_cap_holds() -> None:
    candidates = [briefing(number, "energy" if number % 2 else "finance") for number in range(1, 9)]
    selection = selector(*candidates, cap=1).by_hand(
        follows("energy", max_items=1), Bookmark(), chosen=None, since=2, upto=8, ignore_bookmarks=False
    )
    assert selection.numbers == (3, 5, 7)
    assert selection.next_bookmark == Bookmark(0, ahead=(3, 5, 7))


@pytest.mark.parametrize(("topics", "place"), [(("energy", "economy"), "energy"), ((), GENERAL)])
def test_what_an_editor_chose_stands_under_its_first_topic_for_who_follows_none(
    topics: tuple[str, ...], place: str
) -> None:
    sent = selector(briefing(1, *topics)).by_hand(
        follows("finance"), Bookmark(), chosen=[1], since=0, upto=1, ignore_bookmarks=False
    )
    assert by_topic(sent) == {place: (1,)}


def test_what_is_sent_without_asking_bookmarks_is_owed_as_before() -> None:
    again = selector(briefing(1, "energy")).by_hand(
        Profile(), Bookmark(), chosen=[1], since=0, upto=1, ignore_bookmarks=True
    )
    assert again.numbers == (1,)
    assert again.next_bookmark == Bookmark()


def test_what_was_published_up_to_the_beginning_is_not_sent_by_hand_though_it_was_chosen() -> None:
    chooser = selector(briefing(1, "energy"), briefing(2, "energy"), briefing(3, "energy"))
    sent = chooser.by_hand(Profile(), Bookmark(), chosen=[1, 2, 3], since=1, upto=2, ignore_bookmarks=False)
    assert sent.numbers == (2,)


def test_a_one_off_defers_nothing_and_says_why_somebody_gets_none() -> None:
    chooser = selector(briefing(1, "energy"))

    def sent_to(profile: Profile, bookmark: Bookmark) -> Selection:
        return chooser.by_hand(profile, bookmark, chosen=None, since=0, upto=1, ignore_bookmarks=False)

    skips = {
        "follows it": sent_to(follows("energy"), Bookmark()).skip,
        "follows others": sent_to(follows("finance"), Bookmark()).skip,
        "has had it": sent_to(follows("energy"), Bookmark(1)).skip,
    }
    assert skips == {
        "follows it": None,
        "follows others": Skip.NOTHING_WANTED,
        "has had it": Skip.NOTHING_NEW,
    }
    assert sent_to(follows("energy"), Bookmark()).deferred == ()


# --- What always holds --------------------------------------------------------------------------------------

numbers = st.integers(1, 30)
candidate_lists = st.lists(
    st.builds(
        Candidate,
        number=numbers,
        briefing_id=st.just(0),
        section=st.sampled_from(Section),
        topics=st.lists(st.sampled_from(TOPICS), max_size=3, unique=True).map(tuple),
        lead=st.booleans(),
        weight=st.integers(-1, 2),
        retracted=st.booleans(),
        batch=st.integers(1, 4),
        must_not_miss=st.just(False),
        story=st.none() | st.integers(1, 3),
        is_in_front=st.booleans(),
    ),
    unique_by=lambda candidate: candidate.number,
)
profiles = st.builds(
    Profile,
    topics=st.none() | st.frozensets(st.sampled_from(TOPICS)),
    sections=st.none() | st.frozensets(st.sampled_from(Section)),
    max_items=st.none() | st.integers(1, 5),
)


@st.composite
def bookmarks(draw: st.DrawFn, known: list[int]) -> Bookmark:
    cut = draw(st.integers(0, 30))
    deferred = draw(st.sets(st.sampled_from(known))) if known else set()
    ahead = draw(st.sets(st.sampled_from(known))) if known else set()
    return Bookmark(
        cut, tuple(sorted(n for n in deferred if n <= cut)), tuple(sorted(n for n in ahead if n > cut))
    )


@given(st.data(), candidate_lists, profiles, st.none() | st.integers(1, 5))
def test_each_owed_briefing_has_exactly_one_fate(
    data: st.DataObject, candidates: list[Candidate], profile: Profile, cap: int | None
) -> None:
    known = [candidate.number for candidate in candidates]
    bookmark = data.draw(bookmarks(known))
    upto = max([bookmark.cut, *known])
    selection = selector(*candidates, cap=cap).regular(profile, bookmark, upto)
    fates = [*selection.numbers, *selection.deferred]
    fates += [number for some in selection.left_out.values() for number in some]
    assert sorted(fates) == sorted(number for number in known if bookmark.is_new(number))
    assert selection.next_bookmark == Bookmark(upto, tuple(sorted(selection.deferred)))
    assert (selection.skip is None) == bool(selection.numbers)
    assert not selection.deferred or len(selection.numbers) == min(c for c in (cap, profile.max_items) if c)


@given(st.data(), candidate_lists, profiles, st.booleans())
def test_by_hand_moves_no_cut_and_regular_issues_go_on_without_repeating(
    data: st.DataObject, candidates: list[Candidate], profile: Profile, choose: bool
) -> None:
    known = [candidate.number for candidate in candidates]
    bookmark = data.draw(bookmarks(known))
    chosen = data.draw(st.sets(st.sampled_from(known))) if choose and known else None
    chooser = selector(*candidates)
    by_hand = chooser.by_hand(profile, bookmark, chosen=chosen, since=0, upto=30, ignore_bookmarks=False)
    after = by_hand.next_bookmark
    assert after.cut == bookmark.cut
    assert {n for n in known if after.is_new(n)} == {n for n in known if bookmark.is_new(n)} - {
        *by_hand.numbers,
        *by_hand.left_out.get(LeftOut.SAME_STORY, ()),
    }
    assert not {*chooser.regular(profile, after, 30).numbers} & {*by_hand.numbers}


@given(st.lists(numbers, unique=True), st.data())
def test_grouping_keeps_every_number_and_the_order_of_rank(ranked: list[int], data: st.DataObject) -> None:
    places = {number: data.draw(st.sampled_from((*TOPICS, "unknown"))) for number in ranked}
    groups = grouped(ranked, places, TOPICS)
    assert sorted(n for group in groups for n in group.numbers) == sorted(ranked)
    for group in groups:
        assert list(group.numbers) == [n for n in ranked if places[n] == group.topic]


# --- What nobody must miss ----------------------------------------------------------------------------------


def certain(number: int, weight: int = 0) -> Candidate:
    return replace(briefing(number, "economy", weight=weight), must_not_miss=True)


def test_a_cap_never_defers_what_nobody_must_miss() -> None:
    candidates = (briefing(1, "economy", lead=True), briefing(2, "economy"), certain(3, weight=-9))
    selection = selector(*candidates, cap=2).regular(Profile(), Bookmark(), 3)
    assert selection.numbers == (1, 3), "it takes the room of another, and its own place in the order"
    assert selection.deferred == (2,)
    assert selection.next_bookmark == Bookmark(3, deferred=(2,))


def test_more_than_a_cap_allows_is_included_when_nobody_must_miss_it() -> None:
    selection = selector(certain(1), briefing(2, "economy"), certain(3), cap=1).regular(
        Profile(), Bookmark(), 3
    )
    assert selection.numbers == (1, 3)
    assert selection.deferred == (2,)


def test_what_nobody_must_miss_is_still_left_out_for_who_does_not_follow_its_topic() -> None:
    selection = selector(certain(1), cap=1).regular(follows("energy"), Bookmark(), 1)
    assert selection.left_out == {LeftOut.TOPIC_NOT_FOLLOWED: (1,)}
    assert selection.skip is Skip.NOTHING_WANTED


@given(st.lists(st.tuples(st.booleans(), st.integers(-2, 2)), min_size=1, max_size=12), st.integers(1, 12))
def test_under_any_cap_all_is_included_or_deferred_and_nothing_certain_waits(
    items: list[tuple[bool, int]], cap: int
) -> None:
    candidates = [
        replace(briefing(number, "economy", weight=weight), must_not_miss=must)
        for number, (must, weight) in enumerate(items, 1)
    ]
    found = selector(*candidates, cap=cap).regular(Profile(), Bookmark(), len(items))
    must = {one.number for one in candidates if one.must_not_miss}
    assert sorted((*found.numbers, *found.deferred)) == list(range(1, len(items) + 1))
    assert must <= set(found.numbers)
    assert len(found.numbers) == max(min(cap, len(items)), len(must))


# --- When no copy is made of it after all -------------------------------------------------------------------


def test_what_was_selected_is_owed_again_when_no_copy_is_made_of_it() -> None:
    groups = (TopicGroup("economy", (4, 2)), TopicGroup("energy", (5,)))
    left_out = {LeftOut.RETRACTED: (3,)}
    selected = Selection(groups, (1,), left_out, Bookmark(5, (1,), (7,)))
    given_back = selected.withdrawn(Skip.NOT_APPROVED)
    owed = Bookmark(5, (1, 2, 4, 5), (7,))
    assert given_back == Selection((), owed.deferred, left_out, owed, Skip.NOT_APPROVED)


def test_what_was_skipped_stays_skipped_for_its_own_reason() -> None:
    skipped = Selection((), (), {}, Bookmark(5), Skip.NOTHING_NEW)
    assert skipped.withdrawn(Skip.NOT_APPROVED) is skipped
