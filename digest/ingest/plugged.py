"""Formats that plugins bring: their items are read on as entries of feeds are, with the same limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import structlog

from digest.errors import InputError, PluginError
from digest.ingest.feed_entry import RawEntry
from digest.ingest.feed_xml import ENTRY_LIMIT, RawFeed
from digest.ingest.pictures import RawPicture
from digest.plugins import Item, Unreadable, shelf

log = structlog.get_logger(__name__)

_MOST_TOLD: Final = 300


def formats() -> tuple[str, ...]:
    """The names of the formats that plugins bring."""
    return shelf.names(shelf.Kind.SOURCE)


def claimed_by(data: bytes) -> str:
    """The name of the format that recognises this; empty when none does: one that fails does not."""
    for name in formats():
        try:
            if shelf.source(name).recognises(data) is True:
                return name
        except shelf.FAULTS as error:
            trouble = error if isinstance(error, PluginError) else _broken(name, error, "recognises()")
            log.warning("a format was left out", format=name, error=str(trouble))
    return ""


def read_plugged(data: bytes, *, format: str, source: str) -> RawFeed:
    """What a format of a plugin finds; raises InputError for what is none, and when the plugin fails."""
    beyond = 0
    try:
        found = iter(shelf.source(format).read(data, name=source))
        entries = tuple(_entries(islice(found, ENTRY_LIMIT)))
        beyond = sum(1 for _ in found)
    except PluginError as error:
        raise InputError(str(error)) from error
    except ValueError as error:
        words = " ".join(str(error).split())[:_MOST_TOLD]
        raise InputError(f"{source} cannot be read as {format}: {words}") from None
    except shelf.FAULTS as error:
        raise InputError(str(_broken(format, error, "read()"))) from error
    return RawFeed(kind=format, title="", link="", language="", entries=entries, beyond=beyond)


def _entries(found: Iterable[Item | Unreadable]) -> Iterator[RawEntry]:
    for one in found:
        if isinstance(one, Unreadable):
            yield RawEntry(title=str(one.label), refused=str(one.reason)[:_MOST_TOLD] or "it cannot be read")
        elif isinstance(one, Item):
            yield _entry(one)
        else:
            raise TypeError(f"it gave a {type(one).__name__} for an Item")


def _entry(item: Item) -> RawEntry:
    published = item.published
    if published is not None and published.tzinfo is None:
        raise TypeError("the day of an item has no time zone")
    return RawEntry(
        guid=item.id,
        link=item.url,
        title=item.title,
        bodies=(item.text,),
        is_plain=not item.is_html,
        published=published,
        categories=tuple(item.categories),
        language=item.language,
        source=item.source,
        pictures=(RawPicture(item.picture, item.picture_alt),) if item.picture else (),
    )


def _broken(name: str, error: BaseException, doing: str) -> PluginError:
    return shelf.broken(shelf.Kind.SOURCE, name, error, doing=doing)
