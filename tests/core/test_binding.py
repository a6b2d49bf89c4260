"""Copies come out of a leaf as they went in, and take few octets where readers are alike."""

from __future__ import annotations

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.binding import Bound, Fate, bind, copies_of, unbind
from digest.core.model import SETTLED, DeliveryStatus

SENT = Fate(DeliveryStatus.SENT, "")

fates = st.builds(Fate, st.sampled_from(sorted(SETTLED)), st.text(max_size=12), st.booleans())
numbers = st.integers(1, 2**40)
copies = st.dictionaries(st.tuples(numbers, numbers), fates, max_size=60).map(
    lambda found: [Bound(reader, cohort, fate) for (reader, cohort), fate in found.items()]
)
#: readers and cohorts that meet often
close_copies = st.dictionaries(st.tuples(st.integers(1, 9), st.integers(50, 59)), fates, max_size=60).map(
    lambda found: [Bound(reader, cohort, fate) for (reader, cohort), fate in found.items()]
)


@given(st.one_of(copies, close_copies))
def test_all_copies_come_out_again_by_reader_and_cohort(some: list[Bound]) -> None:
    assert list(unbind(bind(some))) == sorted(some, key=lambda one: one[:2])


@given(close_copies, st.frozensets(st.integers(1, 9)))
def test_the_copies_of_some_readers_are_those_and_no_others(
    some: list[Bound], wanted: frozenset[int]
) -> None:
    leaf = bind(some)
    assert copies_of(leaf, wanted) == [one for one in unbind(leaf) if one.subscription_id in wanted]


@given(st.one_of(copies, close_copies), st.randoms(use_true_random=False))
def test_the_order_in_which_they_come_is_of_no_matter(some: list[Bound], chance: random.Random) -> None:
    mixed = list(some)
    chance.shuffle(mixed)
    assert list(unbind(bind(mixed))) == list(unbind(bind(some)))


@pytest.mark.parametrize("status", sorted(set(DeliveryStatus) - SETTLED))
def test_no_copy_is_bound_with_which_something_may_still_happen(status: DeliveryStatus) -> None:
    with pytest.raises(ValueError, match="may still happen"):
        bind([Bound(1, 1, SENT), Bound(2, 1, Fate(status, ""))])


LEAF = bind([Bound(reader, 7, SENT) for reader in range(1, 40)])


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not compressed", id="plain"),
        pytest.param(LEAF[:-6], id="cut"),
        pytest.param(zlib.compress(b"\x02" + zlib.decompress(LEAF)[1:]), id="other-version"),
        pytest.param(zlib.compress(zlib.decompress(LEAF)[:40]), id="short"),
        pytest.param(zlib.compress(bytes(70 * 1024 * 1024)), id="bomb"),
    ],
)
def test_octets_that_are_no_leaf_are_refused(octets: bytes) -> None:
    with pytest.raises(ValueError, match="leaf of a volume cannot be read"):
        list(unbind(octets))


def test_who_might_have_it_is_told_from_who_has_not() -> None:
    doubtful = Fate(DeliveryStatus.REFUSED, "mailbox-full", in_doubt=True)
    refused = Fate(DeliveryStatus.REFUSED, "no-such-mailbox")
    assert [fate.may_have_arrived for fate in (SENT, doubtful, refused)] == [True, True, False]


def test_a_copy_takes_less_than_an_octet_where_readers_share_their_wishes() -> None:
    chance = random.Random(7)
    # two hundred profiles, a few of them of most readers; a month of days with a copy each
    profile = [min(int(chance.expovariate(0.05)), 199) for _ in range(128)]
    some = [
        Bound(1000 + reader, 50_000 + 200 * day + profile[reader], SENT)
        for reader in range(128)
        for day in range(31)
    ]
    assert len(bind(some)) < len(some)
