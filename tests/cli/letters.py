"""The mails of an outbox as a mail program reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from pathlib import Path
from typing import Any

from tests.cli.shell import Shell


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail."""

    headers: EmailMessage
    #: texts by content type, without any white space: mails wrap their lines
    bodies: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """The one header of that name."""
        (value,) = self.headers.get_all(name, [])
        return str(value)

    @property
    def reader(self) -> str:
        """Whom it is to."""
        return str(self.headers["To"].addresses[0].addr_spec)

    def briefings(self, known: Iterable[Mapping[str, Any]]) -> set[int]:
        """The ids of the briefings that it tells: the same ones in each of its bodies."""
        told = {
            kind: {
                item["id"] for item in known if all(_squeezed(text) in body for text in item["paragraphs"])
            }
            for kind, body in self.bodies.items()
        }
        (ids,) = {frozenset(ids) for ids in told.values()}
        return set(ids)


def letters_of(folder: Path) -> list[Letter]:
    """All mails of an outbox, the first sent first."""
    return [read_letter(file.read_bytes()) for file in sorted(folder.glob("*.eml"))]


def read_letter(content: bytes) -> Letter:
    """A mail from its bytes."""
    message = message_from_bytes(content, policy=default)
    assert not message.defects
    parts = [part for part in message.walk() if not part.is_multipart()]
    texts = {part.get_content_type(): part.get_content() for part in parts}
    return Letter(message, {kind: _squeezed(_text_of(kind, text)) for kind, text in texts.items()})


def all_briefings(shell: Shell) -> list[dict[str, Any]]:
    """Every briefing in full."""
    items = shell.ask("briefings", "list", "--all")["items"]
    return [shell.ask("briefings", "show", str(item["id"])) for item in items]


def _text_of(kind: str, text: str) -> str:
    if kind != "text/html":
        return text
    return unescape(re.sub(r"<style.*?</style>|<[^>]+>", "", text, flags=re.DOTALL))


def _squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b\u00ad]+", "", text)
