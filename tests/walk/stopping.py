"""Issues that people stop, let go on, or take back, entered in the books like all other acts."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from digest.core.access import Actor, Via
from digest.errors import InputError
from digest.flows import issue_acts, settling
from tests.walk.watch import Flow, Watch

_EDITOR: Final = Actor("Ines", Via.DESK)


class Stopping(Watch):
    """What an editor does to whole issues, and to copies that were refused."""

    def hold(self, issue: int) -> None:
        """Nothing of it is sent any more until it is released."""
        self.act(lambda store: issue_acts.hold(issue, by=_EDITOR, store=store, now=self.now))
        self.audit()

    def release(self, issue: int) -> None:
        """It goes on."""
        self.act(lambda store: issue_acts.release(issue, by=_EDITOR, store=store, now=self.now))
        self.audit()

    def cancel(self, issue: int) -> None:
        """What is not sent is owed again."""
        self.act(lambda store: issue_acts.cancel(issue, by=_EDITOR, store=store, now=self.now))
        self.audit()

    def retry_refused(self) -> None:
        """A person has every refused copy tried again; one of an issue that was taken back is not."""
        for row in self.seen.deliveries.values():
            if row.status == "refused":
                with suppress(InputError):
                    if self.act(self._retrying(row.id)):
                        self.books.retried.add(row.id)
        self.audit()

    def _retrying(self, delivery_id: int) -> Flow:
        return lambda store: settling.retry([delivery_id], by=_EDITOR, store=store, now=self.now)

    def come_to_rest(self) -> None:
        """Whoever stopped something lets it go on first."""
        self.end_all_trouble()
        for issue in self.standing_as("held"):
            self.release(issue)
        super().come_to_rest()
