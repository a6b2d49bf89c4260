"""Days in the settings become spans, and 0 means for ever."""

from __future__ import annotations

from datetime import timedelta

from digest.core.retention import Keep, before
from tests.flows.newsroom import TUESDAY


def test_zero_days_keep_for_ever_and_others_are_spans() -> None:
    keep = Keep.of_days(copies=400, returns=0, notices=90, changes=0)
    assert keep == Keep(copies=timedelta(days=400), notices=timedelta(days=90))


def test_what_is_kept_for_ever_has_no_age_at_which_it_goes() -> None:
    assert before(TUESDAY, None) is None
    assert before(TUESDAY, timedelta(days=1)) == TUESDAY - timedelta(days=1)
