"""Which clues of returned mail prove something: what we signed ourselves, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from digest.core.returned import Clues
from digest.mail.identifiers import (
    LARGEST_ID,
    verify_message_id,
    verify_notice_return_path,
    verify_return_path,
)
from subscribers.tokens import TOKEN_LENGTH, Purpose, Tokens

_LEAVING: Final = re.compile(rf"/unsubscribe/([A-Za-z0-9_-]{{{TOKEN_LENGTH}}})(?![A-Za-z0-9_-])")


class Proof(StrEnum):
    """By what a mail of ours was found."""

    RETURN_PATH = "return-path"
    MESSAGE_ID = "message-id"
    LINK = "link"
    #: by an address alone, on the word of somebody who signs
    ADDRESS = "address"
    #: a person said so
    BY_HAND = "by-hand"


class Named(Struct, frozen=True):
    """What one clue proves; exactly one of the numbers is there."""

    proof: Proof
    delivery_id: int | None = None
    notice_id: int | None = None
    subscription_id: int | None = None


class Evidence:
    """Verifies clues under the keys with which mails are sent."""

    def __init__(self, *, return_keys: Sequence[bytes], store_name: bytes, tokens: Tokens) -> None:
        """`return_keys` sign return paths, the newest first; `store_name` is the key of Message-IDs."""
        self._return_keys: Final = tuple(return_keys)
        self._store_name: Final = store_name
        self._tokens: Final = tokens

    def of(self, clues: Clues) -> tuple[Named, ...]:
        """All that is proved, the most exact first; the same only once."""
        every = (*self._paths(clues), *self._messages(clues), *self._links(clues))
        return tuple(dict.fromkeys(one for one in every if _has_row(one)))

    def is_ours(self, address: str) -> bool:
        """Whether an address is a return path of ours: mail to any other is not for us."""
        return bool(self.of(Clues(return_paths=(address,))))

    def _paths(self, clues: Clues) -> Iterator[Named]:
        for address in clues.return_paths:
            delivery = verify_return_path(address, keys=self._return_keys)
            if delivery is not None:
                yield Named(Proof.RETURN_PATH, delivery_id=delivery)
                continue
            notice = verify_notice_return_path(address, keys=self._return_keys)
            if notice is not None:
                yield Named(Proof.RETURN_PATH, notice_id=notice)

    def _messages(self, clues: Clues) -> Iterator[Named]:
        for text in clues.message_ids:
            found = verify_message_id(text, key=self._store_name)
            if found is not None:
                issue, number = found
                yield Named(Proof.MESSAGE_ID, **{"delivery_id" if issue else "notice_id": number})

    def _links(self, clues: Clues) -> Iterator[Named]:
        for link in clues.links:
            found = _LEAVING.search(link)
            subject = self._tokens.read(Purpose.UNSUBSCRIBE, found[1]) if found else None
            if subject is not None:
                yield Named(Proof.LINK, subscription_id=subject)


def _has_row(named: Named) -> bool:
    """Numbers beyond 64 bits name no row, and stores refuse to look for them."""
    number = named.delivery_id or named.notice_id or named.subscription_id or 0
    return 0 < number <= LARGEST_ID
