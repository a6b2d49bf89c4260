"""What asking for a name in the DNS has given: values, or which of the three ways of giving none."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Trouble(StrEnum):
    """Why there are no values."""

    NONE = "none"
    #: it was said that there are none
    ABSENT = "absent"
    #: nobody answered, or not in time, or said that it cannot
    SILENT = "silent"


class Answer(Struct, frozen=True):
    """The values under a name, of one type; the strings of a text joined as receivers do."""

    values: tuple[str, ...] = ()
    trouble: Trouble = Trouble.NONE

    @property
    def is_known(self) -> bool:
        """False when nobody answered: nothing can be said then."""
        return self.trouble is not Trouble.SILENT
