"""The press: a claimed copy becomes a letter; a cohort is printed once, an issue's sheet once a language."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from digest.core.model import Claimed, Copy, Issue, Newsletter
from digest.mail.dkim import DkimKey, Signer, body_hash
from digest.mail.headers import Mailbox, wire_address
from digest.mail.heading import CohortHeading, CopyHeaders, ListIdentity, ListLinks, ReaderHeading
from digest.mail.identifiers import boundary, feedback_id, message_id, return_path
from digest.mail.lane import Letter
from digest.render.page import Personal
from digest.render.printer import Printer
from digest.render.rendition import Rendition
from digest.store import briefings, facts, issues, newsletters, topics
from digest.store.database import Database
from subscribers.tokens import Purpose, Tokens

#: Printed cohorts kept at a time: at 50 kB each some ten megabytes, and claims come cohort by cohort.
_COHORTS_KEPT: Final = 200
_PRINTERS_KEPT: Final = 8


@dataclass(frozen=True, slots=True)
class Printed:
    """A cohort, ready for its readers: body with slots, headers with gaps."""

    rendition: Rendition[Personal]
    headers: CopyHeaders
    issue: Issue


class Press:
    """Prints letters. The parts of one issue are kept while it is being sent, and then make room."""

    def __init__(
        self,
        *,
        store: Database,
        keys: Sequence[bytes],
        base_url: str,
        dkim_keys: Sequence[DkimKey] = (),
    ) -> None:
        """The first of `keys` signs links and return paths; all of `dkim_keys` sign whole letters."""
        self._store: Final = store
        self._key: Final = keys[0]
        self._tokens: Final = Tokens(keys)
        self._base_url: Final = base_url
        self._dkim_keys: Final = tuple(dkim_keys)
        self._signers: Final[dict[str, Signer]] = {}
        self._printers: Final[OrderedDict[tuple[int, int], Printer]] = OrderedDict()
        self._printed: Final[OrderedDict[int, Printed]] = OrderedDict()
        self._one_prints: Final = asyncio.Lock()
        self._store_name: bytes | None = None

    async def newsletter_of(self, issue: Issue) -> Newsletter:
        """The newsletter of an issue as it is now."""
        async with self._store.read() as connection:
            return await newsletters.by_id(connection, issue.newsletter_id)

    async def letter(self, copy: Claimed) -> Letter:
        """One reader's letter: the same bytes on every try."""
        printed = self._printed.get(copy.cohort_id) or await self._print(copy.cohort_id)
        return self.addressed(printed, copy)

    def addressed(self, printed: Printed, copy: Claimed) -> Letter:
        """A printed cohort with one reader's name, links and return path in it."""
        issue = printed.issue
        back = return_path(copy.delivery_id, key=self._key, domain=issue.domain)
        reader = self.personal(copy)
        assert self._store_name is not None
        heading = ReaderHeading(
            to=Mailbox(copy.address, copy.name),
            message_id=message_id(issue.id, copy.delivery_id, key=self._store_name, domain=issue.domain),
            unsubscribe_url=reader.unsubscribe_url,
            unsubscribe_mailto=f"mailto:{back}?subject=unsubscribe",
        )
        recipient = wire_address(copy.address)
        headers, body = printed.headers.for_reader(heading), printed.rendition.body(reader)
        return Letter(
            sender=back,
            recipient=recipient,
            content=b"".join((self._signatures(issue, headers, body), headers, b"\r\n", body)),
            smtputf8=not recipient.isascii(),
            canonical=True,
            file_name=f"{issue.id:05}-{copy.delivery_id:07}-{copy.address}",
        )

    def personal(self, copy: Claimed) -> Personal:
        """What only this reader's copy holds."""
        return Personal(
            name=copy.name,
            preferences_url=self._link("preferences", Purpose.PREFERENCES, copy.subscription_id),
            unsubscribe_url=self._link("unsubscribe", Purpose.UNSUBSCRIBE, copy.subscription_id),
        )

    async def printed(self, copy: Copy, printer: Printer) -> Printed:
        """Print a cohort; in a thread, since a first sheet takes a tenth of a second."""
        await self._name_of_store()
        newsletter = await self.newsletter_of(copy.issue)
        parting = boundary(copy.issue.id, copy.cohort_id)
        rendition = await asyncio.to_thread(printer.rendition, copy, parting)
        heading = self._heading(copy.issue, newsletter, rendition)
        return Printed(rendition, CopyHeaders(heading), copy.issue)

    async def printer_for(self, issue: Issue, revisions: dict[int, int]) -> Printer:
        """A printer for an issue that carries these revisions of briefings, by number."""
        async with self._store.read() as connection:
            shown = await briefings.by_numbers(connection, revisions)
            topic_by_slug = {topic.slug: topic for topic in await topics.every(connection)}
        return Printer(issue, await self.newsletter_of(issue), shown, topic_by_slug)

    async def message_ids(self) -> Callable[[int, int, str], str]:
        """What gives the Message-ID of (issue, delivery, domain): the one it was or will be sent under."""
        name = await self._name_of_store()
        return lambda issue_id, delivery_id, domain: message_id(
            issue_id, delivery_id, key=name, domain=domain
        )

    async def _name_of_store(self) -> bytes:
        if self._store_name is None:
            async with self._store.read() as connection:
                self._store_name = (await facts.recall(connection, facts.STORE_NAME) or "").encode()
        return self._store_name

    async def _print(self, cohort_id: int) -> Printed:
        async with self._one_prints:
            known = self._printed.get(cohort_id)
            if known is not None:
                return known
            async with self._store.read() as connection:
                copy = await issues.copy_of(connection, cohort_id)
            printed = await self.printed(copy, await self._printer_of(copy))
            self._printed[cohort_id] = printed
            while len(self._printed) > _COHORTS_KEPT:
                self._printed.popitem(last=False)
            return printed

    async def _printer_of(self, copy: Copy) -> Printer:
        key = copy.issue.id, copy.round
        if key not in self._printers:
            async with self._store.read() as connection:
                revisions = await issues.pinned_revisions(connection, *key)
            self._printers[key] = await self.printer_for(copy.issue, revisions)
            while len(self._printers) > _PRINTERS_KEPT:
                self._printers.popitem(last=False)
        return self._printers[key]

    def _heading(self, issue: Issue, newsletter: Newsletter, rendition: Rendition[Personal]) -> CohortHeading:
        owner = f"mailto:{newsletter.sender_address}"
        return CohortHeading(
            sender=Mailbox(newsletter.sender_address, newsletter.sender_name),
            subject=rendition.subject,
            date=issue.due_at,
            boundary=rendition.boundary,
            feedback_id=feedback_id(
                issue.id, newsletter.slug, "by-hand" if issue.cadence_id is None else "digest", issue.domain
            ),
            newsletter=ListIdentity(
                title=newsletter.title,
                list_id=f"{newsletter.slug}.{issue.domain}",
                links=ListLinks(
                    help=f"{owner}?subject=help",
                    owner=owner,
                    archive=f"{self._base_url}/archive",
                    subscribe=f"{self._base_url}/subscribe",
                ),
            ),
        )

    def _signatures(self, issue: Issue, headers: bytes, body: bytes) -> bytes:
        """The DKIM-Signature lines of a letter, aligned with its From; the same on every try."""
        if not self._dkim_keys:
            return b""
        signer = self._signers.get(issue.domain)
        if signer is None:
            signer = self._signers[issue.domain] = Signer(self._dkim_keys, issue.domain)
        return signer.sign(headers, body_hash(body), at=issue.due_at)

    def _link(self, page: str, purpose: Purpose, subscription_id: int) -> str:
        return f"{self._base_url}/{page}/{self._tokens.make(purpose, subscription_id)}"
