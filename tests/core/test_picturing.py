"""A picture that could not be had is asked for again, later and later, if that can be of use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.core.picturing import (
    Embedded,
    PictureFault,
    PictureRecord,
    PictureState,
    UnfitError,
    failed,
    kept,
)

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
URL = "https://news.example/a.png"


@pytest.mark.parametrize(
    ("tries", "minutes"), [(1, 2), (2, 10), (3, 60), (4, 6 * 60), (5, 24 * 60), (6, None), (7, None)]
)
def test_what_may_be_over_in_a_while_is_tried_again(tries: int, minutes: int | None) -> None:
    record = failed(URL, UnfitError(PictureFault.TOO_SLOW, "it takes too long"), tries, NOW)
    assert record == PictureRecord(
        URL,
        PictureState.REFUSED if minutes is None else PictureState.WAITING,
        tries,
        NOW,
        next_at=None if minutes is None else NOW + timedelta(minutes=minutes),
        fault=PictureFault.TOO_SLOW,
        words="it takes too long",
    )


@pytest.mark.parametrize("fault", PictureFault)
def test_what_stays_what_it_is_is_not_tried_again(fault: PictureFault) -> None:
    passing = {
        *(PictureFault.NO_ANSWER, PictureFault.NOT_OPEN, PictureFault.TOO_SLOW, PictureFault.CUT_OFF),
    }
    record = failed(URL, UnfitError(fault, "no"), 1, NOW)
    assert (record.state is PictureState.WAITING) == (record.next_at is not None) == (fault in passing)


def test_of_a_picture_that_mails_bring_along_all_is_known() -> None:
    record = kept(URL, Embedded("ab" * 32, "image/png", 640, 480, b"12345"), 2, NOW)
    assert record == PictureRecord(
        *(URL, PictureState.KEPT, 2, NOW),
        digest="ab" * 32,
        content_type="image/png",
        width=640,
        height=480,
        octets=5,
    )
