"""What is known of somebody's yes elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.core.exports import Agreement


def test_an_agreement_of_which_nothing_is_known_is_none() -> None:
    assert not Agreement()
    assert Agreement(asked_at=datetime(2026, 3, 4, tzinfo=UTC))
    assert Agreement(confirmed_from="192.0.2.7")
