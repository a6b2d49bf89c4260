"""What a program says: settings and wishes as Python has them, checked as what is typed is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Literal, TypedDict, TypeVar

from digest.errors import InputError
from subscribers.wishes import WishError


class GivenSettings(TypedDict, total=False):
    """The settings by name (docs/settings.md); what is given goes before file and environment."""

    var_dir: Path | str
    database_url: str
    base_url: str
    timezone: str
    secret_key: str
    sent_by: Literal["auto", "here", "workers"]
    tick_seconds: int
    smtp_url: str
    smtp_connections: int
    smtp_rate: float | None
    family_connections: int | None
    family_rate: float | None
    family_limits: str
    warm_up_since: date | None
    warm_up_first: int
    warm_up_growth: float
    warm_up_goal: int
    dkim_keys: str
    uncertain: Literal["again", "hold"]
    pause_families: bool
    returns_mailbox: str
    returns_done: str
    returns_aside: str
    returns_poll_seconds: int
    returns_listen: str
    replies_to: str
    hook_secrets: str
    ingest_dir: Path | str | None
    mail_in: str
    reach_private: str
    alerts_to: str
    trusted_proxies: str
    themes_dir: Path | str | None
    unconfirmed_days: int
    keep_copies_days: int
    keep_returns_days: int
    keep_notices_days: int
    keep_changes_days: int
    leavings_dir: Path | str | None
    alarm_after_minutes: int
    stalled_after_minutes: int
    heartbeat_url: str
    metrics_token: str
    log_level: Literal["debug", "info", "warning", "error"]
    log_format: Literal["auto", "console", "json"]
    log_requests: bool
    traces_to: str


class Wishes(TypedDict, total=False):
    """What a reader wants and when; what is not said is as the newsletter has it, or stays as it is."""

    name: str
    #: slugs, or "all"
    topics: Iterable[str] | Literal["all"]
    #: briefing, hot-topic, analysis, report, perspective, or "all"
    sections: Iterable[str] | Literal["all"]
    #: daily, weekdays, monthly, or days such as ["mon", "thu"]
    days: Iterable[str] | str
    #: local time of day
    at: time | str
    #: by its IANA name
    timezone: str
    #: as soon as there is news
    at_once: bool
    format: Literal["html", "text"]
    #: None for no cap
    max_items: int | None
    language: str


class OneOff(TypedDict, total=False):
    """A one-off issue: for whom, in one of three ways, and what is in it."""

    #: addresses
    to: Iterable[str] | str
    everybody: bool
    #: who follows one of these topics
    topics: Iterable[str] | str
    #: ids of briefings, for all addressed; without them each reader's own wishes choose
    briefings: Iterable[int]
    #: only what was published since
    since: datetime
    subject: str
    intro: str
    #: no briefings at all: the intro is the mail
    intro_only: bool
    #: also what readers have had
    ignore_bookmarks: bool


def words_of(wishes: Wishes) -> dict[str, str]:
    """Wishes as they are typed, by the names of options."""
    words = {name: _word(name, value) for name, value in wishes.items()}
    for name, word in words.items():
        # the parser takes an empty word for one that was not said
        if not word.strip() and name != "name":
            raise InputError(f"{name} is empty: leave it out, or say what is wanted")
    return words


def at(now: datetime | None) -> datetime:
    """The instant that decides what is due: that of our clock when none is given."""
    if now is None:
        return datetime.now(UTC)
    if now.tzinfo is None:
        raise InputError(
            f"now is {now.isoformat()}, without a time zone: say datetime.now(UTC), or give it one"
        )
    return now.astimezone(UTC)


def listed(names: Iterable[str] | str) -> tuple[str, ...]:
    """One name or several."""
    return (names,) if isinstance(names, str) else tuple(names)


@contextmanager
def in_one_family() -> Iterator[None]:
    """Let every refusal be a DigestError."""
    try:
        yield
    except WishError as error:
        raise InputError(str(error)) from None


def require_known(given: Mapping[str, object], known: type, what: str) -> None:
    """Refuse a name that is none of a TypedDict's: type checkers see it, and who uses none is told."""
    for name in given:
        if name not in known.__annotations__:
            raise InputError(f"{name!r} is no {what}: there are {', '.join(known.__annotations__)}")


E = TypeVar("E", bound=StrEnum)


def one_of(kind: type[E], word: str | None, what: str) -> E | None:
    """A word of a list; None for None."""
    if word is None:
        return None
    try:
        return kind(word)
    except ValueError:
        raise InputError(f"{what} {word!r} is not known: say {', '.join(kind)}") from None


def _word(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, Iterable):
        return ",".join(map(str, value))
    raise InputError(f"{name} is {value!r}: say it in words")
