"""How a mailbox is entered, and how what fails in it is told."""

from __future__ import annotations

import imaplib
import poplib
import ssl
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from imap_tools.errors import ImapToolsError

from digest.errors import TransportError
from digest.mail.mailbox.address import MailboxAddress
from digest.mail.mailbox.imap import imap_folder, words_of
from digest.mail.mailbox.looked import Looked, OpenMailbox, Put, RefusedError
from digest.mail.mailbox.pop3 import pop3_mailbox, pop3_words


@contextmanager
def entered(
    address: MailboxAddress, *, aside: str, done: str = "", context: ssl.SSLContext | None = None
) -> Iterator[OpenMailbox]:
    """Enter a mailbox; whatever fails in it is a TransportError with a line for people.

    `aside` is the folder for mails that a person has to look at, `done` the one for all others (IMAP). Mails
    for which no folder is named are deleted.
    """
    tls = context or ssl.create_default_context()
    tls.minimum_version = max(tls.minimum_version, ssl.TLSVersion.TLSv1_2)
    with _told(address):
        if address.protocol == "imap":
            with imap_folder(address, aside=aside, done=done, tls=tls) as folder:
                yield _Told(folder, address)
        else:
            with pop3_mailbox(address, tls=tls) as mailbox:
                yield _Told(mailbox, address)


@contextmanager
def _told(address: MailboxAddress) -> Iterator[None]:
    """What libraries raise, as one line."""
    where = f"the mailbox of {address.user} at {address.host}"
    try:
        yield
    except RefusedError as error:
        text = str(error)
        # told once, wherever it comes through
        raise RefusedError(text if text.startswith(where) else f"{where} {text}") from None
    except ssl.SSLError as error:
        raise TransportError(f"{where} cannot be reached safely ({error.reason or error})") from None
    except (OSError, EOFError, imaplib.IMAP4.abort) as error:
        raise TransportError(f"{where} cannot be reached ({str(error) or type(error).__name__})") from None
    except (ImapToolsError, imaplib.IMAP4.error) as error:
        raise TransportError(f"{where} refuses ({words_of(error)})") from None
    except poplib.error_proto as error:
        broke = pop3_words(error) == "EOF"
        words = "cannot be reached (the connection broke off)" if broke else f"refuses ({pop3_words(error)})"
        raise TransportError(f"{where} {words}") from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        # this is how the libraries meet an answer that follows no grammar
        raise TransportError(f"{where} gives an answer that nobody understands ({error})") from None


class _Told:
    """A mailbox whose failures are told as lines."""

    def __init__(self, mailbox: OpenMailbox, address: MailboxAddress) -> None:
        self._mailbox: Final = mailbox
        self._address: Final = address

    @property
    def lasting(self) -> bool:
        return self._mailbox.lasting

    def names(self) -> list[str]:
        with _told(self._address):
            return self._mailbox.names()

    def fetch(self, names: Sequence[str]) -> list[Looked]:
        with _told(self._address):
            return self._mailbox.fetch(names)

    def put(self, names: Collection[str], where: Put) -> None:
        with _told(self._address):
            self._mailbox.put(names, where)

    def cut(self) -> None:
        self._mailbox.cut()
