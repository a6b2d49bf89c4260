"""What people type becomes preferences, or a refusal that says which value and how to mend it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import time
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from msgspec import Struct, field
from msgspec.structs import replace

from subscribers.model import MONTHLY, WEEKDAYS, Cadence, Format, Profile, Section

#: A cap above this would never be reached, and a typing error should not pass for a wish.
MAX_ITEMS_LIMIT: Final = 1000
#: As much of each as the store has room for.
MOST_OF_A_NAME: Final = 200
MOST_OF_A_LANGUAGE: Final = 20
_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_DAY_NAMES: Final = {
    **{day: day for day in WEEKDAYS},
    "monday": "mon",
    "tuesday": "tue",
    "wednesday": "wed",
    "thursday": "thu",
    "friday": "fri",
    "saturday": "sat",
    "sunday": "sun",
}
_SECTION_NAMES: Final = {
    **{section.value: section for section in Section},
    "hot": Section.HOT_TOPIC,
    "briefings": Section.BRIEFING,
    "hot-topics": Section.HOT_TOPIC,
    "analyses": Section.ANALYSIS,
    "reports": Section.REPORT,
    "perspectives": Section.PERSPECTIVE,
}


class WishError(ValueError):
    """A value that cannot be taken; the message names it and says how to mend it."""


def parse_address(text: str) -> str:
    """The address in the one form under which it is stored (RFC 5321, RFC 6531).

    The domain is lower-cased, and in A-labels unless the local part needs SMTPUTF8; the local part keeps
    its case.
    """
    # here, for its tables take long to load, and who only writes to known addresses types none
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(
            text.strip(),
            check_deliverability=False,
            allow_display_name=False,
            test_environment=True,
            # a mail server may refuse a local part of more than 64 octets
            strict=True,
        )
    except EmailNotValidError as error:
        raise WishError(f"address {text.strip()!r} is not valid: {str(error).rstrip('.')}") from None
    return found.normalized if found.ascii_email is None else found.ascii_email


def address_key(address: str) -> str:
    """What makes two addresses the same reader: the whole address, case folded."""
    return address.casefold()


def parse_days(text: str) -> tuple[str, ...]:
    """`daily`, `weekdays`, `monthly`, or a list such as `mon,thu`."""
    word = text.strip().lower()
    if word == "daily":
        return WEEKDAYS
    if word == "weekdays":
        return WEEKDAYS[:5]
    if word == MONTHLY:
        return (MONTHLY,)
    wanted = set()
    for part in re.split(r"[,\s]+", word):
        if part not in _DAY_NAMES:
            raise WishError(
                f"days {text!r} are not known: say daily, weekdays, monthly, or a list such as mon,thu"
            )
        wanted.add(_DAY_NAMES[part])
    return tuple(day for day in WEEKDAYS if day in wanted)


def parse_time(text: str) -> time:
    """A local time of day, `HH:MM` on the 24-hour clock."""
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", text.strip())
    if match and int(match[1]) < 24 and int(match[2]) < 60:
        return time(int(match[1]), int(match[2]))
    raise WishError(f"time {text!r} is not a time of day: say it as HH:MM, such as 07:30")


def parse_zone(text: str) -> str:
    """The IANA name of a time zone, in its own spelling whatever the case it was typed in."""
    found = _zones().get(text.strip().casefold())
    if found is None:
        such = _zone_like(text)
        raise WishError(f"time zone {text!r} is not known: say it by its IANA name, such as {such}")
    return found


def parse_topics(text: str, known: Collection[str]) -> frozenset[str] | None:
    """`all`, or topics separated by commas; each must be known.

    `known` holds slugs, or maps every name by which a topic may be called, folded, to its slug.
    """
    if text.strip().lower() == "all":
        return None
    slugs = known if isinstance(known, Mapping) else {slug: slug for slug in known}
    names = [part.strip().casefold() for part in text.split(",") if part.strip()]
    if "all" in names:
        raise WishError(f"topics {text!r} name all and more: say all, or slugs separated by commas")
    for name in names:
        if name not in slugs:
            choice = ", ".join(dict.fromkeys(slugs.values()))
            raise WishError(f"topic {name!r} is not known: choose among {choice}, or all")
    if not names:
        raise WishError("topics are empty: say all, or slugs separated by commas")
    return frozenset(slugs[name] for name in names)


def parse_sections(text: str) -> frozenset[Section] | None:
    """`all`, or sections separated by commas."""
    if text.strip().lower() == "all":
        return None
    names = [part.strip() for part in text.split(",") if part.strip()]
    if "all" in {name.lower() for name in names}:
        raise WishError(f"sections {text!r} name all and more: say all, or sections separated by commas")
    return frozenset(parse_section(name) for name in names) or None


def parse_section(text: str) -> Section:
    """One section, singular or plural, with a space, hyphen or underscore."""
    word = re.sub(r"[\s_]+", "-", text.strip().lower())
    if word not in _SECTION_NAMES:
        raise WishError(f"section {text!r} is not known: choose among {', '.join(Section)}")
    return _SECTION_NAMES[word]


def parse_format(text: str) -> Format:
    """`html` or `text`."""
    try:
        return Format(text.strip().lower())
    except ValueError:
        raise WishError(f"format {text!r} is not known: say html or text") from None


def parse_max_items(text: str) -> int | None:
    """A cap on the items of a mail; `none` lifts it."""
    word = text.strip().lower()
    if word in {"none", "all"}:
        return None
    # a few digits at most: Python refuses thousands with an error of its own
    if word.isascii() and word.isdigit() and len(word) < 10 and 1 <= int(word) <= MAX_ITEMS_LIMIT:
        return int(word)
    raise WishError(f"max-items {text!r} is not a cap: say a number from 1 to {MAX_ITEMS_LIMIT}, or none")


def parse_language(text: str) -> str:
    """A BCP 47 language tag, in its usual spelling (`zh-Hans`, `en`, `pt-BR`)."""
    with suppress(UnknownLocaleError, ValueError):
        tag = str(Locale.parse(text.strip(), sep="-" if "-" in text else "_")).replace("_", "-")
        # what stands behind an @ is nothing to Babel, and could be anything
        if _TAG.fullmatch(tag) and len(tag) <= MOST_OF_A_LANGUAGE:
            return tag
    raise WishError(f"language {text[:60]!r} is not known: say a tag such as en or zh-Hans")


def parse_yes_or_no(text: str) -> bool:
    """`yes` or `no`."""
    word = text.strip().lower()
    if word in {"yes", "true", "1"}:
        return True
    if word in {"no", "false", "0"}:
        return False
    raise WishError(f"{text!r} is neither yes nor no")


def parse_name(text: str) -> str:
    """A reader's name on one line."""
    name = " ".join(text.split())
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in name):
        raise WishError(f"name {name!r} holds control characters: take them out")
    if len(name) > MOST_OF_A_NAME:
        raise WishError(f"name {name[:30]!r}... has {len(name)} characters: use at most {MOST_OF_A_NAME}")
    return name


#: Files beside the zones that say what the clock of this machine is set to, or that it was not set.
_OF_THE_MACHINE: Final = frozenset({"localtime", "Factory", "posixrules"})


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """Zone names by their case-folded form; only those that really load here, and are the same everywhere."""
    return {name.casefold(): name for name in available_timezones() - _OF_THE_MACHINE if ZoneInfo(name)}


@lru_cache(maxsize=500)
def _zone_like(text: str) -> str:
    """The zone that was most likely meant: by its city alone, or with a letter wrong; else any."""
    word = "_".join(text.casefold().split())[:60]
    cities = [name for name in _zones().values() if name.casefold().endswith(f"/{word}")]
    if word and cities:
        return min(cities, key=lambda name: (len(name), name))
    alike = get_close_matches(word, _zones(), n=1, cutoff=0.8)
    return _zones()[alike[0]] if alike else "Europe/Paris"


class Wishes(Struct, frozen=True):
    """What somebody asks for, field by field; what is not named stays as it is.

    The keys are field names of `Cadence` and `Profile`, so that "all topics" (None) differs from "not said".
    """

    cadence: Mapping[str, Any] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None

    def applied_to(self, cadence: Cadence, profile: Profile) -> tuple[Cadence, Profile]:
        """The preferences with the wishes written over them."""
        return replace(cadence, **self.cadence), replace(profile, **self.profile)


def parse_wishes(words: Mapping[str, str], known_topics: Collection[str]) -> Wishes:
    """Wishes from words by option name: `topics`, `days`, `at`, `timezone`, `at_once` and so on.

    The names are those of the command line and of the columns of a roster; one without a word is not said.
    """
    parsers: Mapping[str, Callable[[str], Any]] = {
        "topics": lambda word: parse_topics(word, known_topics),
        "sections": parse_sections,
        "format": parse_format,
        "max_items": parse_max_items,
        "language": parse_language,
        "days": parse_days,
        "at": parse_time,
        "timezone": parse_zone,
        "at_once": parse_yes_or_no,
    }
    values = {name: parse(words[name]) for name, parse in parsers.items() if words.get(name)}
    cadence = {_CADENCE_FIELDS[name]: value for name, value in values.items() if name in _CADENCE_FIELDS}
    profile = {name: value for name, value in values.items() if name not in _CADENCE_FIELDS}
    return Wishes(cadence, profile, parse_name(words["name"]) if words.get("name") else None)


_CADENCE_FIELDS: Final = {"days": "days", "at": "at", "timezone": "zone", "at_once": "at_once"}
