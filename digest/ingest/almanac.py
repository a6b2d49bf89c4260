"""Public holidays of the countries of the world, reckoned here: nothing is asked of the network."""

from __future__ import annotations

import re

from digest.core.quiet import QuietDay
from digest.errors import InputError, SettingsError


def public_holidays(place: str, year: int) -> tuple[QuietDay, ...]:
    """The public holidays of a country, or of a part of one, in a year; in English where that is known.

    `place` is a code of ISO 3166: `FR`, or `DE-BY` for Bavaria. Raises InputError for a place of which no
    holidays are known, SettingsError when the package is not installed.
    """
    try:
        # as large as the rest of the program, and asked for once a year
        import holidays
    except ImportError:
        raise SettingsError(
            "public holidays need the package holidays: install it, or type the days"
        ) from None
    word = place.strip().upper()
    country, _, part = word.partition("-")
    if not re.fullmatch("[A-Z]{2}(-[A-Z0-9]{1,3})?", word):
        raise InputError(f"place {place!r} is not known: say the code of a country, such as FR or DE-BY")
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=year, language="en_US")
    except NotImplementedError:
        # the word of the package for a country, or a part of one, that it does not have
        raise InputError(f"the holidays of {word} are not known: type the days") from None
    return tuple(QuietDay(day, " ".join(name.split())[:80]) for day, name in sorted(found.items()))
