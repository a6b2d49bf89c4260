"""The press of notices: what is written down about one becomes a letter, the same on every try."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Newsletter, Topic
from digest.core.notices import Notice, NoticeKind
from digest.mail.dkim import DkimKey, Signer, body_hash
from digest.mail.headers import Mailbox, recipient_address
from digest.mail.heading import (
    CohortHeading,
    CopyHeaders,
    ReaderHeading,
    can_be_answered,
    check_names,
)
from digest.mail.identifiers import boundary, feedback_id, notice_message_id, notice_return_path
from digest.mail.lane import Letter
from digest.render.alarms import alarm
from digest.render.answers import printed_answer, sender_name
from digest.render.confirmation import Invitation, confirmation
from digest.render.greetings import of_a_move, welcoming
from digest.render.notices import Wording, printed_notice
from digest.render.rendition import ReaderValues, Rendition
from digest.render.words import words_for
from digest.store import facts, newsletters, returned, topics
from digest.store.database import Database
from subscribers.model import Profile
from subscribers.tokens import Purpose, Tokens


class NoticePress:
    """Prints notices, each for one person."""

    def __init__(
        self,
        *,
        store: Database,
        keys: Sequence[bytes],
        base_url: str,
        dkim_keys: Sequence[DkimKey] = (),
        own_themes: Path | None = None,
        trials: Callable[[Notice], Awaitable[Letter]] | None = None,
    ) -> None:
        """The first of `keys` signs links and return paths; all of `dkim_keys` sign whole letters.

        `trials` prints tests of issues, which are letters of another kind.
        """
        self._trials: Final = trials
        self._store: Final = store
        self._key: Final = keys[0]
        self._tokens: Final = Tokens(keys)
        self._base_url: Final = base_url
        self._dkim_keys: Final = tuple(dkim_keys)
        self._own_themes: Final = own_themes
        self._store_name: bytes | None = None

    async def letter(self, notice: Notice) -> Letter:
        """One person's letter; raises RecipientError for an address that no envelope can hold."""
        if notice.kind is NoticeKind.TEST and self._trials is not None:
            return await self._trials(notice)
        async with self._store.read() as connection:
            newsletter = await newsletters.by_id(connection, notice.newsletter_id)
            known = await topics.every(connection)
            also = await newsletters.of_subscriptions(connection, notice.data.get("also", ()))
            number = await _number_of(connection, notice)
        # printing the first of a kind takes a while
        rendition, reader = await asyncio.to_thread(
            self._printed, notice, newsletter, known, [one.title for one in also], number
        )
        recipient = recipient_address(notice.address)
        name = str(notice.data.get("name", ""))
        message_id = await self.message_ids()
        # of all notices only a welcome begins something that can be ended
        way_out = self._link("unsubscribe", notice) if notice.kind is NoticeKind.WELCOME else None
        heading = ReaderHeading(Mailbox(notice.address, name), message_id(notice), way_out)
        check_names(heading)
        headers = CopyHeaders(self._heading(notice, newsletter, rendition)).pieces(heading)
        body = rendition.body(reader)
        return Letter(
            notice_return_path(notice.id, key=self._key, domain=notice.domain),
            recipient,
            (self._signed(notice, headers, body), *headers, b"\r\n", body),
            smtputf8=not recipient.isascii(),
            vouched=True,
            file_name=f"{notice.kind}-{notice.id:07}-{notice.address}",
        )

    async def message_ids(self) -> Callable[[Notice], str]:
        """What gives the Message-ID of a notice: the one it was or will be sent under."""
        if self._store_name is None:
            async with self._store.read() as connection:
                self._store_name = await facts.store_name(connection)
        name = self._store_name
        return lambda notice: notice_message_id(notice.id, key=name, domain=notice.domain)

    def _printed(
        self,
        notice: Notice,
        newsletter: Newsletter,
        known: Sequence[Topic],
        others: Sequence[str],
        number: int | None,
    ) -> tuple[Rendition[Any], ReaderValues]:
        """The notice and what fills its slots; `number` is that of what came back, of a notice about it."""
        parting = boundary(0, notice.id)
        match notice.kind:
            case NoticeKind.CONFIRM:
                assert notice.profile is not None
                assert notice.cadence is not None
                link = f"{self._base_url}/confirm/{self._tokens.make(Purpose.CONFIRM, notice.id)}"
                printed = confirmation(
                    newsletter,
                    known,
                    notice.profile,
                    notice.cadence,
                    parting,
                    others=others,
                    own_themes=self._own_themes,
                )
                return printed, Invitation(str(notice.data["name"]), link)
            case NoticeKind.WELCOME | NoticeKind.GOODBYE:
                said, reader = self._greeting(notice, known)
                return self._in_sheet(notice, newsletter, said, reader, parting)
            case NoticeKind.MOVE | NoticeKind.MOVING:
                words = words_for((notice.profile or Profile()).language)
                said = of_a_move(notice.kind, str(notice.data["old"]), str(notice.data["new"]), words)
                link = f"{self._base_url}/address/{self._tokens.make(Purpose.ADDRESS, notice.id)}"
                reader = Wording({"name": str(notice.data["name"]), "address_url": link})
                return self._in_sheet(notice, newsletter, said, reader, parting)
            case NoticeKind.LINKS | NoticeKind.PROBE:
                return self._in_sheet(notice, newsletter, {}, self._links(notice), parting)
            case NoticeKind.ANSWER:
                printed = printed_answer(
                    *(notice.data, newsletter, parting),
                    number=number,
                    can_reply=can_be_answered(notice.data["writer"]),
                    own_themes=self._own_themes,
                )
                return printed, Wording({})
            case NoticeKind.ALERT:
                said = alarm(notice.data, newsletter.title)
                return self._in_sheet(notice, newsletter, said, Wording({}), parting)
            case NoticeKind.TEST:
                raise ValueError("a test is printed by the press of issues")

    def _greeting(self, notice: Notice, known: Sequence[Topic]) -> tuple[dict[str, str], Wording]:
        """The sentences of a welcome or a goodbye, and what fills its slots."""
        assert notice.profile is not None
        assert notice.cadence is not None
        name, way_out = str(notice.data["name"]), self._link("unsubscribe", notice)
        if notice.kind is NoticeKind.GOODBYE:
            return {}, Wording({"name": name, "unsubscribe_url": way_out})
        words = words_for(notice.profile.language)
        said = welcoming(notice.profile, notice.cadence, known, notice.data, words)
        choices = self._link("preferences", notice)
        return said, Wording({"name": name, "preferences_url": choices, "unsubscribe_url": way_out})

    def _links(self, notice: Notice) -> Wording:
        """The pages of a reader who has no link at hand, or may want another address."""
        pages = {f"{page}_url": self._link(page, notice) for page in ("preferences", "unsubscribe")}
        return Wording({"name": str(notice.data["name"]), **pages})

    def _in_sheet(
        self, notice: Notice, newsletter: Newsletter, said: dict[str, str], reader: Wording, parting: str
    ) -> tuple[Rendition[Any], ReaderValues]:
        profile = notice.profile or Profile()
        printed = printed_notice(
            notice.kind,
            newsletter,
            said,
            reader.slots,
            language=profile.language,
            format_=profile.format,
            boundary=parting,
            own_themes=self._own_themes,
        )
        return printed, reader

    def _link(self, page: str, notice: Notice) -> str:
        """The link to a page of the reader's, under the purpose of the same name."""
        assert notice.subscription_id is not None
        return f"{self._base_url}/{page}/{self._tokens.make(Purpose(page), notice.subscription_id)}"

    def _heading(self, notice: Notice, newsletter: Newsletter, rendition: Rendition[Any]) -> CohortHeading:
        name, reply_to = newsletter.sender_name, None
        if notice.kind is NoticeKind.ANSWER:
            name, writer = sender_name(notice.data, newsletter), notice.data["writer"]
            reply_to = writer if can_be_answered(writer) else None
        return CohortHeading(
            sender=Mailbox(newsletter.sender_address, name),
            reply_to=reply_to,
            subject=rendition.subject,
            date=notice.due_at,
            boundary=rendition.boundary,
            feedback_id=feedback_id(0, newsletter.slug, notice.kind, notice.domain),
        )

    def _signed(self, notice: Notice, headers: Sequence[bytes], body: bytes) -> bytes:
        """The DKIM-Signature lines of a letter, aligned with its From; none without keys."""
        if not self._dkim_keys:
            return b""
        signer = Signer(self._dkim_keys, notice.domain)
        return signer.sign(b"".join(headers), body_hash(body), at=notice.due_at)


async def _number_of(connection: AsyncConnection, notice: Notice) -> int | None:
    """Under which number the answer is kept that a notice hands on; it was not known when it was planned."""
    if notice.kind is not NoticeKind.ANSWER or "key" not in notice.data:
        return None
    return await returned.number_under(connection, bytes.fromhex(notice.data["key"]))
