"""The press: a claimed copy becomes a letter; a cohort is printed once, an issue's sheet once a language."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import structlog
from msgspec.structs import replace

from digest import tracing
from digest.core.budget import LIMIT
from digest.core.model import Claimed, Copy, Issue, Newsletter
from digest.core.notices import Notice
from digest.core.telling_once import Pin
from digest.errors import DigestError
from digest.flows.editions import Edition, Fitting, Heading, Printed, edition_of
from digest.flows.notice_press import NoticePress
from digest.mail.dkim import CohortBody, DkimKey, Signer
from digest.mail.headers import Mailbox, recipient_address
from digest.mail.heading import (
    CohortHeading,
    CopyHeaders,
    ListIdentity,
    ListLinks,
    ReaderHeading,
    check_names,
    mailto,
)
from digest.mail.identifiers import (
    LARGEST_ID,
    DeliveryNames,
    OneName,
    boundary,
    feedback_id,
    message_id,
    notice_return_path,
)
from digest.mail.lane import Letter
from digest.render.page import Personal, greeted, names_of
from digest.render.printer import Printer
from digest.render.rendition import Rendition
from digest.render.tailoring import Tailoring
from digest.store import beside, facts, issues, newsletters, pictures
from digest.store.database import Database
from subscribers.tokens import Purpose, Tokens

log = structlog.get_logger(__name__)

Key = TypeVar("Key")
Thing = TypeVar("Thing")

#: Printed cohorts kept at a time: at 50 kB each some three megabytes. Claims come cohort by cohort, so more
#: would only serve copies that stand aside.
_COHORTS_KEPT: Final = 64
#: Cohorts known and not printed: at a kilobyte each, and more than one claim names.
_COPIES_KEPT: Final = 5000
_EDITIONS_KEPT: Final = 8
#: A signature takes five times as long as the rest of a letter.
_MOST_SEALERS: Final = 5


class Press:
    """Prints letters. The parts of one issue are kept while it is being sent, and then make room."""

    def __init__(
        self,
        *,
        store: Database,
        keys: Sequence[bytes],
        base_url: str,
        dkim_keys: Sequence[DkimKey] = (),
        own_themes: Path | None = None,
    ) -> None:
        """The first of `keys` signs links and return paths; all of `dkim_keys` sign whole letters."""
        #: what prints mails that are no issue, with the same keys
        self.notices: Final = NoticePress(
            store=store,
            keys=keys,
            base_url=base_url,
            dkim_keys=dkim_keys,
            own_themes=own_themes,
            trials=self.trial,
        )
        self._store: Final = store
        self._key: Final = keys[0]
        self._tokens: Final = Tokens(keys)
        self._base_url: Final = base_url
        #: how the links of readers begin; a token follows
        self._preferences: Final = f"{base_url}/preferences/"
        self._unsubscribe: Final = f"{base_url}/unsubscribe/"
        self._view: Final = f"{base_url}/issues/"
        self._to_preferences: Final = self._tokens.maker(Purpose.PREFERENCES)
        self._to_unsubscribe: Final = self._tokens.maker(Purpose.UNSUBSCRIBE)
        self._any_token: Final = self._to_unsubscribe(0)
        self._dkim_keys: Final = tuple(dkim_keys)
        self._own_themes: Final = own_themes
        self._signers: Final[dict[str, Signer]] = {}
        #: threads for slow keys: the work releases the interpreter
        self._seals: Final = ThreadPoolExecutor(
            min(os.cpu_count() or 1, _MOST_SEALERS), thread_name_prefix="seal"
        )
        self._seal_sizes: Final[dict[tuple[int, bool], int]] = {}
        #: by issue and round
        self._editions: Final[OrderedDict[tuple[int, int], Edition]] = OrderedDict()
        #: by issue and what they carry: an issue for many has dozens of rounds, and nearly all carry the same
        self._alike: Final[OrderedDict[tuple[Hashable, ...], Edition]] = OrderedDict()
        #: by cohort
        self._copies: Final[OrderedDict[int, tuple[Copy, Edition]]] = OrderedDict()
        self._printed: Final[OrderedDict[int, Printed]] = OrderedDict()
        #: by cohort why its sheet could not be made, when it was asked for last
        self._without_sheet: Final[OrderedDict[int, Exception]] = OrderedDict()
        self._told_as_too_large: Final[set[int]] = set()
        self._one_prepares: Final = asyncio.Lock()
        self._store_name: bytes | None = None

    async def newsletter_of(self, issue: Issue) -> Newsletter:
        """The newsletter of an issue as it is now."""
        async with self._store.read() as connection:
            return await newsletters.by_id(connection, issue.newsletter_id)

    async def prepare(self, copies: Collection[Claimed]) -> None:
        """Get together what these letters are printed from: a query for all, and the sheets they lack."""
        wanted = {copy.cohort_id for copy in copies}
        async with self._one_prepares:
            missing = wanted - self._printed.keys() - self._copies.keys()
            if missing:
                await self._name_of_store()
                async with self._store.read() as connection:
                    found = await issues.copies_of(connection, missing)
                await self._prepare_sheets([(copy, await self._edition_of(copy)) for copy in found])

    async def _prepare_sheets(self, cohorts: Sequence[tuple[Copy, Edition]]) -> None:
        """Make the sheets that are not there; one that cannot be made is for its own letters to tell."""
        faults: dict[Hashable, Exception] = {}
        for copy, edition in cohorts:
            sheet = id(edition), copy.profile.language, copy.profile.format
            if sheet not in faults:
                try:
                    await _prepare_sheet(edition.printer, copy)
                except DigestError:
                    # a theme that is not there: nothing of the issue can be printed before somebody mends it
                    raise
                except Exception as error:
                    faults[sheet] = error
            if sheet in faults:
                _keep(self._without_sheet, copy.cohort_id, faults[sheet], _COPIES_KEPT)
            else:
                self._without_sheet.pop(copy.cohort_id, None)
                _keep(self._copies, copy.cohort_id, (copy, edition), _COPIES_KEPT)

    async def letter(self, copy: Claimed) -> Letter:
        """One reader's letter: the same bytes on every try."""
        known = self._printed, self._copies, self._without_sheet
        if not any(copy.cohort_id in kept for kept in known):
            await self.prepare([copy])
        if fault := self._without_sheet.get(copy.cohort_id):
            raise fault.with_traceback(None)
        letter = self.letter_at_once(copy)
        assert letter is not None
        await letter.sealed()
        return letter

    def letter_at_once(self, copy: Claimed) -> Letter | None:
        """The same, maybe not sealed yet, when the store need not be asked for it; else None."""
        printed = self._printed.get(copy.cohort_id)
        if printed is None:
            known = self._copies.pop(copy.cohort_id, None)
            if known is None:
                return None
            printed = self._print(*known)
            self._tell_if_too_large(copy, printed)
            _keep(self._printed, copy.cohort_id, printed, _COHORTS_KEPT)
        return self.addressed(printed, copy)

    def addressed(self, printed: Printed, copy: Claimed) -> Letter:
        """A printed cohort with one reader's name, links and return path in it."""
        delivery, _, _, subscription, address, name, *_ = copy
        issue = printed.issue
        recipient = recipient_address(address)
        message, back = printed.names.of(delivery)
        unsubscribe = self._to_unsubscribe(subscription)
        headers = printed.headers.pieces(self._heading_of(Mailbox(address, name), message, back, unsubscribe))
        name = greeted(name)
        fitting = printed.fittings.get(bool(name)) or self._fitting(printed, bool(name))
        body = fitting.tailoring.pieces((name, self._to_preferences(subscription), unsubscribe))
        letter = Letter(
            back,
            recipient,
            (*headers, b"\r\n", *body),
            smtputf8=not recipient.isascii(),
            vouched=True,
            file_name=f"{issue.id:05}-{delivery:07}-{address}",
        )
        return letter if fitting.hashing is None else self._signed(letter, fitting, headers, body, issue)

    async def trial(self, notice: Notice) -> Letter:
        """A test: a copy under its own names, with a sign before the subject, and links of nobody."""
        # imported here: few processes ever print one
        from digest.flows.trials import SIGN, copy_of

        copy, carried = copy_of(notice)
        edition = await self.edition(copy.issue, *carried)
        printed = await self.printed(copy, edition)
        marked = replace(printed.rendition, subject=f"{SIGN} {printed.rendition.subject}")
        heading = self._new_heading(copy.issue, edition.newsletter, marked)
        headers = heading.headers.with_boundary(marked.boundary)
        message = (await self.notices.message_ids())(notice)
        names = OneName(message, notice_return_path(notice.id, key=self._key, domain=notice.domain))
        nobody = Claimed(0, copy.cohort_id, copy.issue.id, 0, notice.address, "", 0)
        letter = self.addressed(replace(printed, headers=headers, names=names), nobody)
        await letter.sealed()
        return letter._replace(file_name=f"test-{notice.id:07}-{notice.address}")

    def personal(self, copy: Claimed) -> Personal:
        """What only this reader's copy holds."""
        return Personal(
            name=copy.name,
            preferences_url=self._preferences + self._tokens.make(Purpose.PREFERENCES, copy.subscription_id),
            unsubscribe_url=self._unsubscribe + self._tokens.make(Purpose.UNSUBSCRIBE, copy.subscription_id),
        )

    async def printed(self, copy: Copy, edition: Edition) -> Printed:
        """Print a cohort that was never written down."""
        await self._name_of_store()
        await _prepare_sheet(edition.printer, copy)
        return self._print(copy, edition)

    async def edition(
        self,
        issue: Issue,
        revisions: Mapping[int, int],
        pins: Sequence[Pin] = (),
        digests: Mapping[int, str] | None = None,
    ) -> Edition:
        """What copies of an issue have in common that carry these revisions of briefings, by number.

        `pins` are what they name beside them, `digests` the pictures that they bring along; without those it
        is what is here now.
        """
        async with self._store.read() as connection:
            return await edition_of(
                *(connection, issue, revisions, pins),
                digests=digests,
                own_themes=self._own_themes,
                counted=self._counted,
            )

    def _counted(self, link_id: int) -> str:
        return f"{self._base_url}/go/{self._tokens.make(Purpose.FOLLOW, link_id)}"

    async def message_ids(self) -> Callable[[int, int, str], str]:
        """What gives the Message-ID of (issue, delivery, domain): the one it was or will be sent under."""
        name = await self._name_of_store()
        return lambda issue_id, delivery_id, domain: message_id(
            issue_id, delivery_id, key=name, domain=domain
        )

    async def _name_of_store(self) -> bytes:
        if self._store_name is None:
            async with self._store.read() as connection:
                self._store_name = await facts.store_name(connection)
        return self._store_name

    def _print(self, copy: Copy, edition: Edition) -> Printed:
        parting = boundary(copy.issue.id, copy.cohort_id)
        view = self._view + self._tokens.make(Purpose.VIEW, copy.cohort_id)
        with tracing.span("compose", issue=copy.issue.id, cohort=copy.cohort_id):
            rendition = edition.printer.rendition(copy, parting, view)
        key = copy.issue, rendition.subject
        heading = edition.headings.get(key)
        if heading is None:
            heading = edition.headings[key] = self._new_heading(copy.issue, edition.newsletter, rendition)
        return Printed(
            rendition, heading.headers.with_boundary(rendition.boundary), copy.issue, heading.names
        )

    def _new_heading(self, issue: Issue, newsletter: Newsletter, rendition: Rendition[Personal]) -> Heading:
        assert self._store_name is not None
        names = DeliveryNames(issue.id, store_name=self._store_name, key=self._key, domain=issue.domain)
        # what only numbers and tokens tell apart is looked at once
        message, back = names.of(LARGEST_ID)
        check_names(self._heading_of(Mailbox(back), message, back, self._any_token))
        return Heading(CopyHeaders(self._heading(issue, newsletter, rendition)), names)

    def _tell_if_too_large(self, copy: Claimed, printed: Printed) -> None:
        """Say it once a cohort: nothing is left out for it, but mail programs may cut the mail off."""
        octets = printed.rendition.too_large
        if octets is not None and copy.cohort_id not in self._told_as_too_large:
            self._told_as_too_large.add(copy.cohort_id)
            log.warning(
                "a mail is too large to be shown whole, with its items in their smallest forms",
                issue=copy.issue_id,
                cohort=copy.cohort_id,
                html_at_most=octets.html,
                html_budget=LIMIT.html,
                message_at_most=octets.message,
                message_budget=LIMIT.message,
            )

    def _fitting(self, printed: Printed, is_named: bool) -> Fitting:
        # notes are for pages, where nobody is addressed
        stencil = printed.rendition.stencil(("note",) if is_named else ("name", "note"))
        links = {"preferences_url": self._preferences, "unsubscribe_url": self._unsubscribe}
        tailoring = Tailoring(stencil, names_of(Personal), links, self._any_token)
        hashing = CohortBody(stencil.constant()) if self._dkim_keys else None
        shape = printed.issue.id, printed.rendition.boundary is None
        fitting = printed.fittings[is_named] = Fitting(tailoring, hashing, shape)
        return fitting

    async def _edition_of(self, copy: Copy) -> Edition:
        key = copy.issue.id, copy.round
        known = self._editions.get(key)
        if known is None:
            async with self._store.read() as connection:
                revisions = await issues.pinned_revisions(connection, *key)
                pins = await beside.pinned(connection, *key)
                digests = await pictures.pinned(connection, *key)
            content = (copy.issue.id, frozenset(revisions.items()), pins, frozenset(digests.items()))
            known = self._alike.get(content)
            if known is None:
                known = await self.edition(copy.issue, revisions, pins, digests)
                _keep(self._alike, content, known, _EDITIONS_KEPT)
            _keep(self._editions, key, known, _EDITIONS_KEPT)
        return known

    def _heading(self, issue: Issue, newsletter: Newsletter, rendition: Rendition[Personal]) -> CohortHeading:
        owner = mailto(newsletter.sender_address)
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

    def _heading_of(self, to: Mailbox, message: str, back: str, unsubscribe: str) -> ReaderHeading:
        return ReaderHeading(
            to, message, self._unsubscribe + unsubscribe, f"mailto:{back}?subject=unsubscribe"
        )

    def _signed(
        self, letter: Letter, fitting: Fitting, headers: Sequence[bytes], body: Sequence[bytes], issue: Issue
    ) -> Letter:
        """With DKIM-Signature lines aligned with its From; they are the same on every try.

        While a slow key is at work in a thread, the loop sends other letters. How long its lines are is known
        from the first letter of the cohort, and the envelope says it.
        """
        assert fitting.hashing is not None
        signer = self._signers.get(issue.domain)
        if signer is None:
            signer = self._signers[issue.domain] = Signer(self._dkim_keys, issue.domain)
        sign = partial(_signatures, signer, headers, fitting.hashing, body, issue.due_at)
        size = self._seal_sizes.get(fitting.shape)
        if size is None or not signer.is_slow:
            lines = sign()
            self._seal_sizes[fitting.shape] = len(lines)
            return letter._replace(pieces=(lines, *letter.pieces))
        return letter._replace(seal=self._seals.submit(sign), seal_size=size)


def _signatures(
    signer: Signer, headers: Sequence[bytes], hashing: CohortBody, body: Sequence[bytes], at: datetime
) -> bytes:
    return signer.sign(b"".join(headers), hashing.hash_of(body), at=at)


async def _prepare_sheet(printer: Printer, copy: Copy) -> None:
    """Print the sheet in a thread: letters of other copies go on meanwhile."""
    wish = copy.profile.language, copy.profile.format
    if printer.lacks(*wish):
        await asyncio.to_thread(printer.prepare, *wish)


def _keep(kept: OrderedDict[Key, Thing], key: Key, thing: Thing, most: int) -> None:
    """Remember one more, and forget the oldest beyond so many."""
    kept[key] = thing
    while len(kept) > most:
        kept.popitem(last=False)
