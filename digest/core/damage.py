"""What can be wrong with the rows of a store: each kind with its word, what it means, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct


class Damage(StrEnum):
    """Every difference there is between what stands in a store and what may; docs/deep-look.md has them."""

    FILE_DAMAGED = "store.damaged"
    TABLE_DIFFERS = "store.table_differs"
    ORPHAN = "store.orphan"
    UNREADABLE = "store.unreadable"

    TWICE = "ledger.twice"
    OWED_AGAIN = "ledger.owed_again"
    LOST = "ledger.lost"
    COPY_TWICE = "ledger.copy_twice"

    NUMBER_MISSING = "numbers.missing"
    NUMBER_TWICE = "numbers.twice"
    COUNTER_DIFFERS = "numbers.counter"
    BRIEFING_WITHOUT_NUMBER = "numbers.without"
    DRAFT_WITH_NUMBER = "numbers.of_draft"
    TEXT_MISSING = "numbers.text_missing"

    PREFERENCE_KEY = "readers.key"
    PREFERENCE_UNREADABLE = "readers.preference_unreadable"
    BOOKMARK_AHEAD = "readers.bookmark_ahead"
    BOOKMARK_MISCOUNTED = "readers.bookmark_miscounted"
    WRONG_GROUP = "readers.wrong_group"
    BEGAN_LATER = "readers.began_later"
    STANDING_DIFFERS = "readers.standing"
    HALF_ERASED = "readers.half_erased"
    GAP_DIFFERS = "readers.gap"

    COPY_WITHOUT_TIME = "copies.without_time"
    COPY_FOR_NOBODY = "copies.for_nobody"
    COPY_HELD = "copies.held"
    COPY_WITHOUT_END = "copies.without_end"
    COPY_MISCOUNTED = "copies.miscounted"
    COPY_WITHOUT_REASON = "copies.without_reason"
    COPY_OF_TWO_ISSUES = "copies.of_two_issues"
    COPY_OF_ANOTHER = "copies.of_another"
    COPY_UNSEEN = "copies.unseen"
    COPY_OF_NOTHING = "copies.of_nothing"
    COPY_LEFT_OPEN = "copies.left_open"
    NOTICE_WITHOUT_TIME = "copies.notice_without_time"
    NOTICE_FOR_NOBODY = "copies.notice_for_nobody"

    COHORT_SIZE = "issues.size"
    COHORT_UNREADABLE = "issues.cohort_unreadable"
    COHORT_NUMBERS = "issues.numbers"
    COHORT_ROUND = "issues.round"
    COHORT_UNPINNED = "issues.unpinned"
    ISSUE_COUNTS = "issues.counts"
    ISSUE_COUNTS_GONE = "issues.counts_gone"

    LEAF_UNREADABLE = "volumes.unreadable"
    LEAF_DIFFERS = "volumes.leaf_differs"
    VOLUME_STRANGE = "volumes.strange"
    VOLUME_MISSING = "volumes.missing"
    VOLUME_UNFINISHED = "volumes.unfinished"


class Meaning(NamedTuple):
    """What a kind of damage is, of one of which it is true, and its mend."""

    line: str
    mend: str


_BACKUP: Final = "no command sets this right: stop sending, keep this store aside and put a backup back"
_REPORT: Final = "nothing in this program writes that: find out who changed rows by hand, and report it"
_LOOK: Final = "see digest issues show and digest deliveries list --issue"

MEANING: Final[Mapping[Damage, Meaning]] = {
    Damage.FILE_DAMAGED: Meaning(
        "the file is damaged", "stop sending and put a backup back; check the disk and the memory"
    ),
    Damage.TABLE_DIFFERS: Meaning("what tables of this version have is not there", _BACKUP),
    Damage.ORPHAN: Meaning("a row refers to one that is not there", _BACKUP),
    Damage.UNREADABLE: Meaning("this could not be looked through to its end", _BACKUP),
    Damage.TWICE: Meaning(
        "a reader has it in two copies that count",
        f"{_LOOK}; a copy that is still planned can be kept back with digest issues cancel",
    ),
    Damage.OWED_AGAIN: Meaning(
        "a reader has it in a copy that counts, and is owed it once more", f"{_REPORT}; else: {_BACKUP}"
    ),
    Damage.LOST: Meaning(
        "a reader neither got it, nor is owed it, nor has a reason why not",
        "send it by hand: digest send NEWSLETTER --to EMAIL --briefing ID --ignore-bookmarks",
    ),
    Damage.COPY_TWICE: Meaning("a reader has two copies of it", _BACKUP),
    Damage.NUMBER_MISSING: Meaning("a publication number is of nothing, and later ones are given", _BACKUP),
    Damage.NUMBER_TWICE: Meaning("a publication number is given to two", _BACKUP),
    Damage.COUNTER_DIFFERS: Meaning("a counter does not say what was given last", _BACKUP),
    Damage.BRIEFING_WITHOUT_NUMBER: Meaning(
        "a briefing is public, and has no number, no batch or no time of coming out", _BACKUP
    ),
    Damage.DRAFT_WITH_NUMBER: Meaning(
        "a briefing is a draft or discarded, and has a publication number", _BACKUP
    ),
    Damage.TEXT_MISSING: Meaning(
        "a text is not there in the revision that is named",
        "write the newest one anew with digest briefings edit; older ones are in a backup",
    ),
    Damage.PREFERENCE_KEY: Meaning("a wish stands under the key of another one", _BACKUP),
    Damage.PREFERENCE_UNREADABLE: Meaning("a wish cannot be read", _BACKUP),
    Damage.BOOKMARK_AHEAD: Meaning(
        "a bookmark is ahead of the newest publication number", f"its readers would miss news; {_BACKUP}"
    ),
    Damage.BOOKMARK_MISCOUNTED: Meaning("a bookmark counts otherwise than it lists what waits", _BACKUP),
    Damage.WRONG_GROUP: Meaning(
        "a reader stands in a group of another newsletter, or of another standing",
        "digest subscribers pause EMAIL, then resume; for who has left put a backup back",
    ),
    Damage.BEGAN_LATER: Meaning("a reader began after a number that was not given yet", _BACKUP),
    Damage.STANDING_DIFFERS: Meaning(
        "a reader has another standing than the history of it ends with",
        "digest subscribers show EMAIL tells both; set it anew by pause, resume or unsubscribe",
    ),
    Damage.HALF_ERASED: Meaning(
        "a reader is erased in part: a name or address is left, or is missing",
        "digest subscribers erase EMAIL; without an address put a backup back",
    ),
    Damage.GAP_DIFFERS: Meaning(
        "a gap ends before it begins, or after the newest number: news would pass for missed", _BACKUP
    ),
    Damage.COPY_WITHOUT_TIME: Meaning("a copy was sent, and nobody knows when", f"{_LOOK}; {_REPORT}"),
    Damage.COPY_FOR_NOBODY: Meaning(
        "a copy is being sent, and by nobody", f"nothing ends that by itself; {_BACKUP}"
    ),
    Damage.COPY_HELD: Meaning("a copy is not being sent, and a sender has it in hand", _REPORT),
    Damage.COPY_WITHOUT_END: Meaning("a copy is put off without a time", "digest deliveries retry ID"),
    Damage.COPY_MISCOUNTED: Meaning("a copy was tried, claimed or doubted less than never", _REPORT),
    Damage.COPY_WITHOUT_REASON: Meaning(
        "a copy was skipped, refused or given up without a reason", f"{_LOOK}; {_REPORT}"
    ),
    Damage.COPY_OF_TWO_ISSUES: Meaning("a copy has a content that is another issue's", _BACKUP),
    Damage.COPY_OF_ANOTHER: Meaning("a copy is for a reader of another newsletter", _BACKUP),
    Damage.COPY_UNSEEN: Meaning(
        "a copy lies outside the span that its issue names, and is not counted with it", _BACKUP
    ),
    Damage.COPY_OF_NOTHING: Meaning("a copy is to be sent, or was, and there was nothing in it", _BACKUP),
    Damage.COPY_LEFT_OPEN: Meaning(
        "a copy is open and its issue is closed: it is never sent",
        "digest deliveries retry ID, or resolve ID; else put a backup back",
    ),
    Damage.NOTICE_WITHOUT_TIME: Meaning("a notice was sent, and nobody knows when", _REPORT),
    Damage.NOTICE_FOR_NOBODY: Meaning("a notice is being sent, and by nobody", _BACKUP),
    Damage.COHORT_SIZE: Meaning("a cohort counts other readers than there are copies of it", _REPORT),
    Damage.COHORT_UNREADABLE: Meaning("a cohort cannot be read", _BACKUP),
    Damage.COHORT_NUMBERS: Meaning("a cohort names a number twice, or one that is not given yet", _BACKUP),
    Damage.COHORT_ROUND: Meaning("a cohort is of a round that its issue has not had", _REPORT),
    Damage.COHORT_UNPINNED: Meaning(
        "a cohort names what its round does not show: its copies cannot be printed", _BACKUP
    ),
    Damage.ISSUE_COUNTS: Meaning("an issue counts other outcomes than its copies have", _REPORT),
    Damage.ISSUE_COUNTS_GONE: Meaning("an issue is in a volume, and its outcomes are not counted", _REPORT),
    Damage.LEAF_UNREADABLE: Meaning(
        "a leaf of a volume cannot be read: what became of its copies is not known", _BACKUP
    ),
    Damage.LEAF_DIFFERS: Meaning("a leaf of a volume holds other copies than it says", _BACKUP),
    Damage.VOLUME_STRANGE: Meaning("a cohort has copies in a volume of which its issue is not", _BACKUP),
    Damage.VOLUME_MISSING: Meaning("an issue is of a volume that is not there", _BACKUP),
    Damage.VOLUME_UNFINISHED: Meaning("an issue is in a volume and not at its end", _BACKUP),
}


class Difference(Struct, frozen=True):
    """One thing that stands in a store and may not, and how often."""

    kind: Damage
    count: int
    #: a few of them by name: `copy 17`, `ann@example.org`
    examples: tuple[str, ...]
    #: what it is about, where the kind does not say it: a briefing, a table
    about: str = ""

    @property
    def line(self) -> str:
        """What is so, in one line, with how often and some of them."""
        line = MEANING[self.kind].line
        said = f"{self.about}: {line}" if self.about else line
        more = ", …" if self.count > len(self.examples) else ""
        times = f"{self.count:,}: " if self.count > 1 else ""
        return f"{said} ({times}{', '.join(self.examples)}{more})"

    @property
    def mend(self) -> str:
        """What to do about it."""
        return MEANING[self.kind].mend
