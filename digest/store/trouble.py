"""What goes wrong with a store, told in one plain line to who can mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, OperationalError

from digest.errors import CrossedError, DigestError, InputError, NotFoundError, PassingStoreError, StoreError
from digest.store.places import mend_of, shown

#: Classes of PostgreSQL's error codes that say nothing about the statement.
_PASSING_STATES: Final = frozenset({"08", "40", "53", "55", "57"})
#: A transaction that could not be had beside others, and one that waited for others in a circle.
_CROSSED_STATES: Final = frozenset({"40001", "40P01"})

#: How a store that is closed begins its refusal: see `digest.store.closing`.
CLOSED_MARK: Final = "closed: "


@contextmanager
def in_words_of(url: URL) -> Iterator[None]:
    """Trouble that the store's owner can mend is told in one plain line."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error, DataError):
            raise _no_value_of_ours(error) from error
        if not _is_about_the_store(error):
            raise
        kind = CrossedError if _has_crossed(error) else PassingStoreError if _may_pass(error) else StoreError
        raise kind(_in_plain_words(url, error)) from error


def _is_about_the_store(error: DBAPIError) -> bool:
    """True for trouble that its owner can mend; other errors are ours.

    A bare `DatabaseError` is how SQLite says that the file is none of its own, or damaged.
    """
    return (
        type(error) in {OperationalError, DatabaseError}
        or _lacks_a_table(str(error.orig))
        or _slept(error)
        or _is_closed(error)
    )


def _may_pass(error: DBAPIError) -> bool:
    """True for trouble that may be over at the next try: the same transaction can be tried again.

    The five classes of PostgreSQL: connection, serialization, resources, locks, operator's intervention. A
    server that cannot be reached has no code to give.
    """
    if not isinstance(error, OperationalError):
        return _slept(error)
    code = getattr(error.orig, "sqlstate", "")
    return code is None or code[:2] in _PASSING_STATES or _is_locked(error) or _is_full(error)


def _has_crossed(error: DBAPIError) -> bool:
    """True when PostgreSQL ended a transaction for the sake of others that wanted the same."""
    return getattr(error.orig, "sqlstate", "") in _CROSSED_STATES


def _no_value_of_ours(error: DataError) -> DigestError:
    """What PostgreSQL says of a value that no column holds; SQLite takes it, or finds nothing."""
    state = getattr(error.orig, "sqlstate", None)
    if state == "22003":
        return NotFoundError("a number is larger than any in the store")
    if state == "22001":
        return InputError("a text is longer than the store has room for: make it shorter")
    return InputError("a text holds a character that no store keeps, such as NUL: take it out")


def _slept(error: DBAPIError) -> bool:
    """True when PostgreSQL ended a transaction because we were silent for too long."""
    return getattr(error.orig, "sqlstate", "") == "25P03"


def _is_closed(error: DBAPIError) -> bool:
    return CLOSED_MARK in str(error.orig)


def _is_locked(error: DBAPIError) -> bool:
    return re.search(r"database( table)? is locked", str(error.orig)) is not None


def _is_full(error: DBAPIError) -> bool:
    # on a disk without a free block the index of the log cannot grow: SQLite has no better word for that
    return re.search(r"disk is full|disk I/O error|No space left", str(error.orig)) is not None


def _lacks_a_table(words: str) -> bool:
    return re.search(r'no such table|relation ".*" does not exist', words) is not None


def _in_plain_words(url: URL, error: DBAPIError) -> str:
    where = shown(url)
    words = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no answer"
    if _lacks_a_table(words):
        return f"the store {where} is not set up: run digest init"
    if "no such column" in words:
        return f"the store {where} is older than this program: run digest init"
    if _is_closed(error):
        return f"the store {where} is {words}"
    if _is_locked(error):
        return f"the store {where} is locked by another process ({words}): let that one end"
    if _has_crossed(error):
        return f"others were changing the same in the store {where} ({words}): try again"
    if _is_full(error):
        return f"the store {where} cannot be written to ({words}): make room on its disk"
    return f"the store {where} cannot be used ({words}): {mend_of(url)}"
