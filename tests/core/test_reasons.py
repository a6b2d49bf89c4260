"""Every reason that a copy or an item may have is told in words."""

from __future__ import annotations

import pytest

from digest.core.model import LeftOut, Skip
from digest.core.reasons import OF_COPIES, OF_ITEMS, OurReason, left_out_words, meaning_of
from digest.core.verdict import Reason

EVERY = (*Reason, *Skip, *OurReason)


def test_every_reason_of_a_copy_has_a_meaning_and_no_other_has_one() -> None:
    assert OF_COPIES.keys() == set(EVERY)
    assert len(EVERY) == len(set(map(str, EVERY))), "one word, one meaning"


def test_every_reason_of_an_item_has_one() -> None:
    assert OF_ITEMS.keys() == set(LeftOut)


@pytest.mark.parametrize("reason", EVERY)
def test_a_meaning_is_a_sentence_or_some(reason: str) -> None:
    said = meaning_of(reason)
    assert said[0].isupper()
    assert said.endswith(".")
    assert "  " not in said
    assert not said.endswith("..")


def test_a_meaning_says_what_follows_where_something_does() -> None:
    assert meaning_of("left") == "The reader left after it was planned. Nothing more is sent."
    assert meaning_of("nothing-new") == "Nothing came out since this reader's last issue."
    assert meaning_of(OurReason.BAD_ADDRESS).endswith("`digest subscribers edit`.")


@pytest.mark.parametrize("reason", ["", "moonlight"])
def test_what_is_no_reason_has_none(reason: str) -> None:
    assert meaning_of(reason) == ""


def test_why_an_item_is_left_out_is_said_so_that_an_editor_understands_it() -> None:
    assert left_out_words("topic-not-followed") == "topic not followed"
    assert left_out_words("text-not-had") == "corrected before they had it"
    assert all(left_out_words(one) for one in LeftOut)
