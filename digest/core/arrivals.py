"""Whom of an export of another system we write to, about what, and whom never again; and what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from digest.core.exports import OF_THE_ADDRESS, Agreement, Export, Member, System, There, heaviest
from digest.core.label_mapping import (
    LabelCount,
    LabelMap,
    Target,
    label_counts,
    require_labels,
    require_lists,
    targets_of,
)
from digest.errors import InputError
from subscribers.model import Standing
from subscribers.roster import RosterRow
from subscribers.wishes import address_key


class Unconfirmed(StrEnum):
    """What becomes of those who were asked there and have not said yes."""

    LEAVE = "leave"
    #: they are pending here, and nobody asks them
    KEEP = "keep"
    #: they are pending here, and asked once more
    ASK = "ask"


class Choices(Struct, frozen=True):
    """What somebody said of how an export is to be taken."""

    #: every folded name of a topic, with its slug
    topics: Mapping[str, str]
    #: of whom nothing else says it; None leaves out who is of no mapped list or label, if there are any
    newsletter: str | None = None
    #: where nothing at all says which newsletter
    first_newsletter: str = "daily"
    mapped: LabelMap = field(default_factory=dict)
    unconfirmed: Unconfirmed = Unconfirmed.LEAVE
    #: what everybody in the export is, whatever it says: nobody is written to who would not be otherwise
    status: Standing | None = None


class Arrival(Struct, frozen=True):
    """One reader of one newsletter as they are to be here."""

    row: RosterRow
    there: There
    agreement: Agreement
    gone_at: datetime | None
    #: for the history
    reason: str
    file: str = ""

    @property
    def standing(self) -> Standing:
        """What they are to be."""
        return STANDINGS[self.there]


class LeftOut(Struct, frozen=True):
    """A line that is not taken by a rule, and which."""

    line: int
    reason: str
    file: str = ""


class MoveIn(Struct, frozen=True):
    """What is to be done with an export."""

    arrivals: tuple[Arrival, ...]
    #: addresses that are never to be written to
    blocked: tuple[Arrival, ...]
    left_out: tuple[LeftOut, ...]
    labels: tuple[LabelCount, ...]
    #: what of single lines is left out, with how many lines, and the first of them
    remarks: tuple[tuple[str, int, str], ...]


#: The standing here of somebody there.
STANDINGS: Final = {
    There.READS: Standing.ACTIVE,
    There.PAUSED: Standing.PAUSED,
    There.UNCONFIRMED: Standing.PENDING,
    There.LEFT: Standing.LEFT,
    There.BOUNCED: Standing.BOUNCING,
    There.COMPLAINED: Standing.COMPLAINED,
    There.BLOCKED: Standing.SUPPRESSED,
}
_LEFT_OUT: Final = {
    There.UNCONFIRMED: "has not confirmed there: --unconfirmed keep or ask takes such readers",
    There.STOPPED: "gets no mail there, by somebody else's doing: ask them whether they want yours",
    There.NEVER_AGREED: "never agreed there to get mail",
    There.DELETED: "was deleted there",
}
_ELSEWHERE: Final = "is on no list and has no label that is mapped to a newsletter"


def move_in(export: Export, choices: Choices, *, is_part: bool = False) -> MoveIn:
    """Decide for each member; raises InputError where too little was said to decide.

    Of a part of an export nothing is refused that may stand in another.
    """
    members = [_with_status(member, choices.status) for member in export.members]
    deciding = _Deciding(export.system, choices)
    counts = label_counts(members, choices.mapped, choices.topics, deciding.otherwise)
    if not is_part:
        require_labels(counts, choices.mapped)
        if choices.newsletter is None:
            require_lists(export.lists, choices.mapped)
    by_address: dict[str, list[Member]] = {}
    for member in members:
        by_address.setdefault(address_key(member.address), []).append(member)
    for of_one in by_address.values():
        deciding.decide(of_one)
    return MoveIn(
        tuple(deciding.arrivals),
        tuple(deciding.blocked),
        tuple(sorted(deciding.left_out, key=lambda one: (one.file, one.line))),
        counts,
        _remarks(members),
    )


class _Deciding:
    """What becomes of the members, address by address."""

    def __init__(self, system: System, choices: Choices) -> None:
        self._system: Final = system
        self._choices: Final = choices
        self.arrivals: Final[list[Arrival]] = []
        self.blocked: Final[list[Arrival]] = []
        self.left_out: Final[list[LeftOut]] = []

    def decide(self, members: Sequence[Member]) -> None:
        """All that an export says of one address."""
        of_address = [member for member in members if member.there in OF_THE_ADDRESS]
        if of_address:
            word = heaviest(member.there for member in of_address)
            first = next(member for member in of_address if member.there is word)
            self._gone(first, members)
            return
        by_newsletter: dict[str, list[Member]] = {}
        for member in self._one_a_list(members):
            slugs = self._newsletters_of(member)
            if not slugs:
                self._leave_out(member, _ELSEWHERE)
            for slug in slugs:
                by_newsletter.setdefault(slug, []).append(member)
        for slug, mine in by_newsletter.items():
            self._arrive(slug, mine)

    def _gone(self, member: Member, members: Sequence[Member]) -> None:
        """An address that is not to be written to, wherever it stands."""
        if member.there is There.DELETED:
            self._leave_out(member, _LEFT_OUT[There.DELETED])
        elif member.there is There.BLOCKED:
            self.blocked.append(self._arrival(member, "", frozenset()))
        else:
            slugs = {slug for one in members for slug in self._newsletters_of(one)} or set(self._everywhere)
            for slug in sorted(slugs):
                self.arrivals.append(self._arrival(member, slug, frozenset()))
        for other in members:
            if other is not member:
                self._leave_out(other, f"is {member.there} there, as {_place(member)} says")

    def _one_a_list(self, members: Sequence[Member]) -> Iterator[Member]:
        """Of several lines about one list, the one that weighs most."""
        by_list: dict[str, list[Member]] = {}
        for member in members:
            by_list.setdefault(member.list, []).append(member)
        for mine in by_list.values():
            word = heaviest(member.there for member in mine)
            first = next(member for member in mine if member.there is word)
            yield first
            for other in mine:
                if other is not first:
                    self._leave_out(other, f"stands in {_place(first)} already")

    def _arrive(self, slug: str, members: Sequence[Member]) -> None:
        """What somebody is to one newsletter: who reads one of the lists that became it reads it."""
        word = min((member.there for member in members), key=_LIGHTEST.index)
        mine = [member for member in members if member.there is word]
        if word in _LEFT_OUT and (
            word is not There.UNCONFIRMED or self._choices.unconfirmed is Unconfirmed.LEAVE
        ):
            self._leave_out(mine[0], _LEFT_OUT[word])
            return
        topics = {target.slug for one in mine for target in self._targets_of(one) if target.kind == "topic"}
        self.arrivals.append(self._arrival(mine[0], slug, frozenset(topics)))

    def _arrival(self, member: Member, slug: str, topics: frozenset[str]) -> Arrival:
        comes = member.there in {There.READS, There.PAUSED, There.UNCONFIRMED}
        row = RosterRow(
            email=member.address,
            newsletter=slug or None,
            # of who is gone nothing is kept that is not needed
            name=member.name or None if comes else None,
            topics=topics or None if comes else None,
            timezone=member.zone if comes else None,
            language=member.language if comes else None,
            format=member.format if comes else None,
            status=None if member.there is There.READS else STANDINGS[member.there],
            line=member.line,
        )
        return Arrival(
            row, member.there, member.agreement, member.gone_at, _reason(self._system, member), member.file
        )

    def _targets_of(self, member: Member) -> tuple[Target, ...]:
        names: list[tuple[str, ...]] = [(member.list.casefold(),)] if member.list else []
        names += [label.called for label in member.labels]
        return tuple(target for called in names for target in targets_of(called, self._choices.mapped))

    def _newsletters_of(self, member: Member) -> tuple[str, ...]:
        targets = self._targets_of(member)
        slugs = dict.fromkeys(target.slug for target in targets if target.kind == "newsletter")
        if slugs:
            return tuple(slugs)
        if member.list and Target("nothing") in targets_of((member.list.casefold(),), self._choices.mapped):
            return ()
        return () if self.otherwise is None else (self.otherwise,)

    @property
    def otherwise(self) -> str | None:
        """The newsletter of those of whom nothing says it."""
        if self._choices.newsletter is not None or self._mapped_newsletters:
            return self._choices.newsletter
        return self._choices.first_newsletter

    @property
    def _everywhere(self) -> tuple[str, ...]:
        return self._mapped_newsletters or (self._choices.newsletter or self._choices.first_newsletter,)

    @property
    def _mapped_newsletters(self) -> tuple[str, ...]:
        mapped = (target for targets in self._choices.mapped.values() for target in targets)
        return tuple(dict.fromkeys(target.slug for target in mapped if target.kind == "newsletter"))

    def _leave_out(self, member: Member, reason: str) -> None:
        self.left_out.append(LeftOut(member.line, reason, member.file))


#: Across lists that become one newsletter, the first of these holds.
_LIGHTEST: Final = (
    There.READS,
    There.PAUSED,
    There.UNCONFIRMED,
    There.LEFT,
    There.STOPPED,
    There.NEVER_AGREED,
)
#: What `--status` may say of everybody.
HARSHER: Final = {
    Standing.PENDING: There.UNCONFIRMED,
    Standing.PAUSED: There.PAUSED,
    Standing.LEFT: There.LEFT,
    Standing.BOUNCING: There.BOUNCED,
    Standing.COMPLAINED: There.COMPLAINED,
    Standing.SUPPRESSED: There.BLOCKED,
}


def _with_status(member: Member, status: Standing | None) -> Member:
    """The member as somebody says that all are, unless the export says worse."""
    if status is None:
        return member
    if status not in HARSHER:
        raise InputError(f"status {status} cannot be said of all: choose among {', '.join(HARSHER)}")
    return replace(member, there=heaviest((member.there, HARSHER[status])))


def stays(gone_at: datetime | None, said_yes_here: datetime | None) -> bool:
    """Whether somebody who left there goes on reading here: when they said yes here, and not before it."""
    return said_yes_here is not None and (gone_at is None or gone_at <= said_yes_here)


def _remarks(members: Sequence[Member]) -> tuple[tuple[str, int, str], ...]:
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for member in members:
        for words in member.remarks:
            counts[words] += 1
            first.setdefault(words, _place(member))
    return tuple((words, count, first[words]) for words, count in counts.most_common())


def _place(member: Member) -> str:
    return f"line {member.line}" + (f" of {member.file}" if member.file else "")


def _reason(system: System, member: Member) -> str:
    """For the history: what was said there, and when."""
    if member.there in {There.READS, There.UNCONFIRMED}:
        return f"imported from {system}"
    on = "" if member.gone_at is None else f" on {member.gone_at:%Y-%m-%d}"
    because = f": {member.because}" if member.because else ""
    return f"imported from {system}, {member.there} there{on}{because}"
