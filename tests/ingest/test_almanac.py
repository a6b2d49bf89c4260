"""Public holidays are reckoned without asking anybody."""

from __future__ import annotations

from datetime import date

import pytest

from digest.errors import InputError
from digest.ingest.almanac import public_holidays


def test_holidays_of_a_country_and_of_a_part_of_it_have_english_names() -> None:
    named = {one.day: one.name for one in public_holidays("fr", 2026)}
    assert named[date(2026, 4, 6)] == "Easter Monday"
    germany, bavaria = ({one.day for one in public_holidays(place, 2026)} for place in ("DE", "DE-BY"))
    assert date(2026, 1, 6) in bavaria - germany


@pytest.mark.parametrize("place", ["", "France", "F", "../etc", "XX", "DE-ZZZ", "__"])
def test_a_place_that_is_not_known_is_refused(place: str) -> None:
    with pytest.raises(InputError, match="not known"):
        public_holidays(place, 2026)
