"""Which of the new briefings a reader gets, which wait, and which are left out for what reason."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from digest.core.corrections import CORRECTIONS
from digest.core.grouping import grouped
from digest.core.model import GENERAL, Candidate, LeftOut, Selection, Skip
from digest.core.telling_once import Told, told_once
from subscribers.model import Bookmark, Profile, Section


class Rules(Struct, frozen=True):
    """What a newsletter lays down for every copy of an issue."""

    #: the kinds of item that the newsletter carries
    sections: frozenset[Section]
    #: at most so many items a mail; None means no cap
    max_items: int | None
    #: topic slugs in the order in which a mail shows them
    topic_order: tuple[str, ...]

    def cap_for(self, profile: Profile) -> int | None:
        """The tighter of the newsletter's cap and the reader's own."""
        caps = [cap for cap in (self.max_items, profile.max_items) if cap is not None]
        return min(caps, default=None)


class Selector:
    """Takes the decisions of one issue; equal questions are asked once, whatever the number of cohorts."""

    def __init__(self, candidates: Iterable[Candidate], rules: Rules) -> None:
        """`candidates` holds every published briefing that any bookmark of the issue may still be owed."""
        self._candidates: Final = {candidate.number: candidate for candidate in candidates}
        self._numbers = sorted(self._candidates)
        self._rules: Final = rules
        self._places: Final[dict[Profile, _Places]] = {}
        self._decided: Final[dict[tuple[Profile, Bookmark, int], Selection]] = {}

    def learn(self, candidates: Iterable[Candidate]) -> bool:
        """Take more candidates in; False, and nothing is taken, when one that is known has changed since.

        What was decided before stays right: its candidates were all there.
        """
        known = self._candidates
        new = [one for one in candidates if known.get(one.number) != one]
        if any(one.number in known for one in new):
            return False
        known.update((one.number, one) for one in new)
        if new:
            self._numbers = sorted(known)
        return True

    def regular(self, profile: Profile, bookmark: Bookmark, upto: int) -> Selection:
        """What readers with this profile and bookmark get from a regular issue that decides all up to `upto`.

        Rank is lead, weight, waiting, recency: what a cap deferred earlier comes before what is newer and
        equally weighty, or a steady stream of news would keep it waiting for ever. What nobody must miss is
        never deferred: it takes the room of others, and more than there is if need be.
        """
        question = profile, bookmark, upto
        if question not in self._decided:
            self._decided[question] = self._decide(profile, bookmark, upto)
        return self._decided[question]

    def _decide(self, profile: Profile, bookmark: Bookmark, upto: int) -> Selection:
        mine = {number for number in bookmark.deferred if number <= max(upto, bookmark.cut)}
        line = [n for n in self._numbers_after(bookmark.cut, upto) if n not in bookmark.ahead]
        owed = sorted(mine.union(line))
        not_had = self._corrections_of_what_was_not_had(owed, mine)
        wanted, left_out = self._sifted((n for n in owed if n not in not_had), profile)
        if not_had:
            left_out = {**left_out, LeftOut.TEXT_NOT_HAD: tuple(not_had)}
        told = told_once(self._ranked(wanted, bookmark), self._candidates)
        included, waiting = self._capped(told, self._rules.cap_for(profile))
        # what waits waits whole: nothing is left out for the sake of what is not sent
        deferred = told.with_others(waiting)
        left_out = _with_same_story(left_out, told.others_of(included))
        later = [number for number in bookmark.deferred if number not in mine]
        return Selection(
            groups=grouped(included, self._places_for(profile), self._rules.topic_order),
            deferred=tuple(deferred),
            left_out=left_out,
            next_bookmark=bookmark.moved_to(max(upto, bookmark.cut), [*deferred, *later]),
            skip=None
            if included
            else (Skip.NOTHING_WANTED if len(owed) > len(not_had) else Skip.NOTHING_NEW),
        )

    def _corrections_of_what_was_not_had(self, owed: Sequence[int], mine: Collection[int]) -> list[int]:
        """Corrections among what is owed whose readers have not had the text, or get it in this copy.

        A correction is owed in particular to those who had the text: to the others it only passes by.
        """
        corrections = [n for n in owed if self._candidates[n].corrects is not None]
        if not corrections:
            return []
        first = set(owed)
        return [n for n in corrections if n not in mine or self._candidates[n].corrects in first]

    def by_hand(
        self,
        profile: Profile,
        bookmark: Bookmark,
        *,
        chosen: Collection[int] | None,
        since: int,
        upto: int,
        ignore_bookmarks: bool,
    ) -> Selection:
        """What a one-off holds: the chosen numbers, or (None) what the profile would get, without a cap.

        Only numbers in (since, upto] are considered. A chosen briefing goes to everyone addressed, whatever
        their topics; only what a reader has already had, or had decided against, is kept back, unless
        `ignore_bookmarks`. The cut stays where it is, so the next regular issue goes on as if nothing had
        happened, without repeating what was sent ahead.
        """
        numbers = self._numbers_after(since, upto) if chosen is None else sorted(set(chosen))
        # corrections are for regular issues, whoever is addressed here
        known = [n for n in numbers if since < n <= upto and self._candidates[n].corrects is None]
        owed = known if ignore_bookmarks else [number for number in known if bookmark.is_new(number)]
        if chosen is None:
            wanted, left_out = self._sifted(owed, profile)
        else:
            wanted = [number for number in owed if not self._candidates[number].retracted]
            left_out = _by_reason((n, LeftOut.RETRACTED) for n in owed if self._candidates[n].retracted)
        ranked = self._ranked(wanted, bookmark)
        others: tuple[int, ...] = ()
        if chosen is None:
            # what an editor chose stands as it was chosen
            told = told_once(ranked, self._candidates)
            ranked, others = list(told.fronts), told.others_of(told.fronts)
            left_out = _with_same_story(left_out, others)
        places = {number: self._place_by_hand(number, profile) for number in ranked}
        return Selection(
            groups=grouped(ranked, places, self._rules.topic_order),
            deferred=(),
            left_out=left_out,
            next_bookmark=bookmark if ignore_bookmarks else bookmark.sent_ahead([*ranked, *others]),
            skip=None if ranked else (Skip.NOTHING_WANTED if owed else Skip.NOTHING_NEW),
        )

    def _capped(self, told: Told, cap: int | None) -> tuple[list[int], list[int]]:
        """Which stories are included and which have to wait, as they are ranked; each counts once.

        Corrections take nobody's room.
        """
        ranked = list(told.fronts)
        if cap is None or len(ranked) <= cap:
            return ranked, []
        news = [number for number in ranked if self._candidates[number].corrects is None]
        others = [number for number in news if number not in told.certain]
        waiting = set(others[max(cap - (len(news) - len(others)), 0) :])
        return [n for n in ranked if n not in waiting], [n for n in ranked if n in waiting]

    def _numbers_after(self, cut: int, upto: int) -> Sequence[int]:
        return self._numbers[bisect_right(self._numbers, cut) : bisect_right(self._numbers, upto)]

    def _sifted(
        self, owed: Iterable[int], profile: Profile
    ) -> tuple[list[int], Mapping[LeftOut, tuple[int, ...]]]:
        """Split what is owed into what the profile wants and what it leaves out, by reason."""
        places = self._places_for(profile)
        wanted, unwanted = [], []
        for number in owed:
            place = places[number]
            if isinstance(place, LeftOut):
                unwanted.append((number, place))
            else:
                wanted.append(number)
        return wanted, _by_reason(unwanted)

    def _places_for(self, profile: Profile) -> _Places:
        places = self._places.get(profile)
        if places is None:
            places = self._places[profile] = _Places(self._candidates, profile, self._rules)
        return places

    def _place_by_hand(self, number: int, profile: Profile) -> str:
        """The topic under which a profile reads what an editor sends, though it may follow none of them."""
        candidate = self._candidates[number]
        return topic_of(candidate, profile) or _first(candidate.topics)

    def _ranked(self, wanted: Iterable[int], bookmark: Bookmark) -> list[int]:
        waiting = frozenset(bookmark.deferred)
        return sorted(wanted, key=lambda number: self._rank(number, number in waiting))

    def _rank(self, number: int, waited: bool) -> tuple[bool, int, bool, int, int]:
        candidate = self._candidates[number]
        # who has waited longest comes first; among what is new, the newest batch, in the order of its page
        turn = number if waited else -candidate.batch
        return (not candidate.lead, -candidate.weight, not waited, turn, number)


class _Places(dict[int, str | LeftOut]):
    """Where one profile reads each briefing, or why it does not; decided when it is first asked for.

    One reader who is far behind makes many candidates, and most profiles are never asked about them.
    """

    def __init__(self, candidates: Mapping[int, Candidate], profile: Profile, rules: Rules) -> None:
        super().__init__()
        self._candidates: Final = candidates
        self._profile: Final = profile
        self._rules: Final = rules

    def __missing__(self, number: int) -> str | LeftOut:
        place = self[number] = place_of(self._candidates[number], self._profile, self._rules)
        return place


def place_of(candidate: Candidate, profile: Profile, rules: Rules) -> str | LeftOut:
    """The topic under which a regular issue shows this briefing to a reader, or why it leaves it out."""
    if candidate.retracted:
        return LeftOut.RETRACTED
    if candidate.corrects is not None:
        # whoever had the text is told, whatever they follow by now
        return LeftOut.CORRECTED_AGAIN if candidate.superseded else CORRECTIONS
    if candidate.section not in rules.sections:
        return LeftOut.SECTION_NOT_CARRIED
    if profile.sections is not None and candidate.section not in profile.sections:
        return LeftOut.SECTION_NOT_CHOSEN
    return topic_of(candidate, profile) or LeftOut.TOPIC_NOT_FOLLOWED


def topic_of(candidate: Candidate, profile: Profile) -> str | None:
    """The first of the briefing's topics that the reader follows; None when there is none.

    One whose topics were all removed is of the topic of last resort, also to those who follow that by name.
    """
    if profile.topics is None:
        return _first(candidate.topics)
    for slug in candidate.topics or (GENERAL,):
        if slug in profile.topics:
            return slug
    return None


def _first(topics: Sequence[str]) -> str:
    return topics[0] if topics else GENERAL


def _by_reason(pairs: Iterable[tuple[int, LeftOut]]) -> Mapping[LeftOut, tuple[int, ...]]:
    reasons: dict[LeftOut, list[int]] = {}
    for number, reason in pairs:
        reasons.setdefault(reason, []).append(number)
    return {reason: tuple(numbers) for reason, numbers in reasons.items()}


def _with_same_story(
    left_out: Mapping[LeftOut, tuple[int, ...]], others: tuple[int, ...]
) -> Mapping[LeftOut, tuple[int, ...]]:
    return {**left_out, LeftOut.SAME_STORY: others} if others else left_out
