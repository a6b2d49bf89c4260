"""What servers answered is added up in memory by family of mailboxes, and written down now and then.

A crash costs the counts of a few seconds, never a copy: these are figures, and no record of what was sent.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final

from digest.core.reputation import WINDOW, What
from digest.store import family_counts
from digest.store.database import Database
from digest.store.provider_figures import OTHERS

#: A family with so many answers in a run has rows of its own: a million readers have mailboxes at many
#: thousand domains, of which some hundred have any weight.
LEAST_NAMED: Final = 20

_Counts = dict[tuple[int, str], Counter[What]]


class Heard:
    """Answers that are not written down yet."""

    def __init__(self) -> None:
        """Begin with none."""
        self._new: _Counts = {}
        #: families with rows of their own; None as long as nobody has asked
        self._named: set[str] | None = None

    def count(self, issue_id: int, family: str, what: What) -> None:
        """One more."""
        counts = self._new.get((issue_id, family))
        if counts is None:
            counts = self._new[issue_id, family] = Counter()
        counts[what] += 1

    async def keep(self, store: Database, now: datetime, *, is_last: bool = False) -> None:
        """Write down what is enough to be a row; with `is_last` all of it, what is little as one.

        What cannot be written is kept, and the error comes out.
        """
        if not self._new:
            return
        taken, self._new = self._new, {}
        try:
            if self._named is None:
                async with store.read() as connection:
                    self._named = await family_counts.named(connection, now - WINDOW)
            written, left = _parted(taken, self._named, is_last=is_last)
            if written:
                async with store.write() as connection:
                    await family_counts.add(connection, written, now)
        except BaseException:
            self._put_back(taken)
            raise
        self._put_back(left)
        # another process may name some meanwhile
        self._named = None if is_last else self._named | {family for _, family in written}

    def _put_back(self, taken: _Counts) -> None:
        for key, counts in taken.items():
            self._new.setdefault(key, Counter()).update(counts)


def _parted(taken: _Counts, named: set[str], *, is_last: bool) -> tuple[_Counts, _Counts]:
    """What is written now, and what waits until it is more."""
    written: _Counts = {}
    left: _Counts = {}
    for (issue_id, family), counts in taken.items():
        if family in named or counts.total() >= LEAST_NAMED:
            written[issue_id, family] = counts
        elif is_last:
            written.setdefault((issue_id, OTHERS), Counter()).update(counts)
        else:
            left[issue_id, family] = counts
    return written, left
