"""The names by which a copy is known outside: Message-ID, boundary, Feedback-ID and return path.

All are computed from numbers in the store, so a copy sent again carries the same ones.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

#: Eighty bits, twenty digits: nobody guesses one, and the local part stays under its 64 octets.
_MAC_OCTETS: Final = 10
#: Of a row in any store.
LARGEST_ID: Final = 2**63 - 1
_MESSAGE_ID: Final = re.compile(r"<?([0-9]{1,19})\.([0-9]{1,19})\.([0-9a-f]{20})@[^@>]+>?")
_RETURN_PATH: Final = re.compile(r"bounces\+([0-9]{1,19})\.([0-9a-f]{20})@[^@]+")
#: Google asks for 5 to 15 characters in the last field and none that are not needed in the others.
_SENDER_ID_ROOM: Final = (5, 15)


def message_id(issue_id: int, delivery_id: int, *, key: bytes, domain: str) -> str:
    """The Message-ID of one delivery: the same on every try, different in every installation."""
    return f"<{issue_id}.{delivery_id}.{_mac(key, f'message-id {issue_id} {delivery_id}')}@{domain}>"


def notice_message_id(notice_id: int, *, key: bytes, domain: str) -> str:
    """The Message-ID of a mail that belongs to no issue: where that of others names one, there is a 0."""
    return f"<0.{notice_id}.{_mac(key, f'message-id notice {notice_id}')}@{domain}>"


def boundary(issue_id: int, cohort_id: int) -> str:
    """What stands between the parts of a cohort's copies.

    Neither quoted-printable nor base64 can produce `=_`, so no body can hold it (RFC 2045 section 6.7).
    """
    return f"=_digest_{issue_id}_{cohort_id}_="


def feedback_id(issue_id: int, newsletter: str, kind: str, domain: str) -> str:
    """Four fields by which a provider counts complaints; none tells one reader from another.

    The last field, the sender's, comes from the domain: letters and digits of it, as many as allowed.
    """
    least, most = _SENDER_ID_ROOM
    sender = re.sub(r"[^a-z0-9]", "", domain.lower())[:most].ljust(least, "0")
    return f"{issue_id}:{_field(newsletter)}:{_field(kind)}:{sender}"


def return_path(delivery_id: int, *, key: bytes, domain: str) -> str:
    """The envelope sender of one delivery (VERP): a returned mail tells by it whom it concerns."""
    return f"bounces+{delivery_id}.{_mac(key, f'return-path {delivery_id}')}@{domain}"


def notice_return_path(notice_id: int, *, key: bytes, domain: str) -> str:
    """The envelope sender of a notice: made like those of deliveries, and not to be taken for one."""
    return f"bounces+{notice_id}.{_mac(key, f'return-path notice {notice_id}')}@{domain}"


class DeliveryNames:
    """What names the deliveries of one issue by their numbers; see `message_id` and `return_path`.

    They are needed for every letter, so what all have in common is hashed and laid out once.
    """

    def __init__(self, issue_id: int, *, store_name: bytes, key: bytes, domain: str) -> None:
        """`store_name` is the key of Message-IDs, `key` that of return paths."""
        self._of_message: Final = _begun(store_name, f"message-id {issue_id} ")
        self._of_return: Final = _begun(key, "return-path ")
        self._issue_id: Final = issue_id
        self._domain: Final = domain

    def of(self, delivery_id: int) -> tuple[str, str]:
        """The Message-ID and the return path of one delivery."""
        number = b"%d" % delivery_id
        message, back = self._of_message.copy(), self._of_return.copy()
        message.update(number)
        back.update(number)
        domain = self._domain
        return (
            f"<{self._issue_id}.{delivery_id}.{message.hexdigest()}@{domain}>",
            f"bounces+{delivery_id}.{back.hexdigest()}@{domain}",
        )


class OneName(NamedTuple):
    """The Message-ID and the return path of a letter that is no delivery."""

    message_id: str
    back: str

    def of(self, delivery_id: int) -> tuple[str, str]:
        """The same, whatever the number."""
        return self


def verify_return_path(address: str, *, keys: Iterable[bytes]) -> int | None:
    """The delivery that a return path names, or None when none of our keys made it.

    Servers on the way may change the case of an address, so letters are compared in lower case.
    """
    return _named_by(address, keys, "return-path {}")


def verify_notice_return_path(address: str, *, keys: Iterable[bytes]) -> int | None:
    """The notice that a return path names, or None when none of our keys made it of one."""
    return _named_by(address, keys, "return-path notice {}")


def verify_message_id(text: str, *, key: bytes) -> tuple[int, int] | None:
    """The issue and the delivery that a Message-ID names - issue 0 and a notice, for one of no issue.

    None when it was not made in this store.
    """
    match = _MESSAGE_ID.fullmatch(text.strip().lower())
    if match is None:
        return None
    issue_id, number = int(match[1]), int(match[2])
    purpose = f"message-id {issue_id} {number}" if issue_id else f"message-id notice {number}"
    return (issue_id, number) if hmac.compare_digest(_mac(key, purpose), match[3]) else None


def _named_by(address: str, keys: Iterable[bytes], purpose: str) -> int | None:
    match = _RETURN_PATH.fullmatch(address.strip().strip("<>").lower())
    if match is None:
        return None
    number = int(match[1])
    for key in keys:
        # takes as long for a near miss as for a far one
        if hmac.compare_digest(_mac(key, purpose.format(number)), match[2]):
            return number
    return None


def _mac(key: bytes, purpose: str) -> str:
    """A keyed BLAKE2b (RFC 7693) in hexadecimal; the purpose keeps one kind from passing as another.

    Two are needed for every letter, and it takes a quarter of the time of an HMAC.
    """
    own = _keyed(key).copy()
    own.update(purpose.encode())
    return own.hexdigest()


def _begun(key: bytes, purpose: str) -> hashlib.blake2b:
    """A context that waits for the end of a purpose."""
    own = _keyed(key).copy()
    own.update(purpose.encode())
    return own


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> hashlib.blake2b:
    """A context that waits for what is to be signed; a key of any length is made one of the longest."""
    return hashlib.blake2b(key=hashlib.sha512(key).digest(), digest_size=_MAC_OCTETS)


def _field(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)
