"""Members of an export are kept as lines of text until they are taken, and nothing of them is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.export_lines import HEADINGS, address_by_address, cells_of, member_from
from digest.core.exports import Agreement, Label, Member, There
from subscribers.model import Format

WORDS = st.text(max_size=20)
INSTANTS = st.none() | st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
MEMBERS = st.builds(
    Member,
    address=st.sampled_from(["a@x.example", "A@x.example", "b@x.example", "c@x.example"]),
    there=st.sampled_from(There),
    line=st.integers(1, 9),
    file=WORDS,
    name=WORDS,
    list=WORDS,
    labels=st.lists(st.builds(Label, WORDS, WORDS), max_size=3).map(tuple),
    zone=st.none() | st.just("Europe/Lisbon"),
    language=st.none() | st.just("pt"),
    format=st.none() | st.sampled_from(Format),
    agreement=st.builds(Agreement, INSTANTS, st.just("203.0.113.7"), INSTANTS, st.just("")),
    gone_at=INSTANTS,
    because=WORDS,
)


@given(MEMBERS)
def test_what_was_written_down_is_the_member(member: Member) -> None:
    cells = cells_of(member)
    assert len(cells) == len(HEADINGS)
    assert all(isinstance(cell, str) for cell in cells)
    assert member_from(member.line, cells) == member


@given(st.lists(MEMBERS, max_size=12), st.integers(1, 4))
def test_pieces_hold_all_that_is_said_of_an_address(members: list[Member], most: int) -> None:
    pieces = list(address_by_address(members, most))
    assert sorted(map(repr, chain.from_iterable(pieces))) == sorted(map(repr, members))
    addresses = [{member.address.casefold() for member in piece} for piece in pieces]
    assert sum(map(len, addresses)) == len(set().union(*addresses))


def test_pieces_are_as_large_as_they_may_be() -> None:
    addresses = ["a@x.example", "b@x.example", "A@x.example", "c@x.example", "d@x.example"]
    members = [Member(address, There.READS, line) for line, address in enumerate(addresses, 1)]

    def lines(most: int) -> list[list[int]]:
        return [[member.line for member in piece] for piece in address_by_address(members, most)]

    assert lines(9) == [[1, 3, 2, 4, 5]]
    assert lines(3) == [[1, 3, 2], [4, 5]]
    assert lines(2) == [[1, 3], [2, 4], [5]]
    assert lines(1) == [[1, 3], [2], [4], [5]]
    assert list(address_by_address([], 1)) == []


def test_a_line_that_lacks_a_cell_is_none() -> None:
    (cells,) = [cells_of(Member("a@x.example", There.READS, 1))]
    with pytest.raises(ValueError, match="zip"):
        member_from(1, cells[:-1])


def test_an_agreement_is_kept_with_the_networks_it_came_from() -> None:
    noon = datetime(2026, 3, 4, 12, tzinfo=UTC)
    member = Member("a@x.example", There.READS, 1, agreement=Agreement(noon, "192.0.2.1", noon, "192.0.2.2"))
    assert member_from(1, cells_of(member)) == member
