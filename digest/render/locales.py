"""Locales of Babel, each with data of its own.

Babel (2.18) keeps the data of a locale in dictionaries that it shares with those it inherits from, and
resolves aliases in them by writing what they stand for in the language that was asked first: after Navajo all
Arabic had "M02" for February, until the process ended. So each is loaded by itself here, and shares nothing.
"""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

from babel import Locale, localedata

#: What no mail and no page says: names of currencies and units, the larger part of it.
_UNSAID: Final = (
    *("currency_names", "currency_names_plural", "currency_symbols", "currency_unit_patterns"),
    *("unit_patterns", "unit_display_names", "compound_unit_patterns"),
)


@lru_cache(maxsize=100)
def locale_of(name: str) -> Locale:
    """The locale of a name such as `zh_Hans` or a tag such as `zh-Hans`.

    Raises UnknownLocaleError for one of which nothing is known, and ValueError for what is none.
    """
    # Babel keeps these to itself, and has no other way; one that is made otherwise is taken as it is
    library: Any = localedata
    locale: Any = Locale.parse(name.replace("-", "_"))
    with suppress(AttributeError), library._cache_lock:
        library._cache.clear()
        data = dict(library.load(locale._Locale__data_identifier))
        library._cache.clear()
        for section in _UNSAID:
            data.pop(section, None)
        locale._Locale__data = localedata.LocaleDataDict(data)
    found: Locale = locale
    return found
