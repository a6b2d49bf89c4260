"""A digest to be sent by others, with the reader's name and link in it, in a file for all languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: What stands for one reader's things; what is sent has the reader's own.
NAME = "Reader Number @@@"
LINK = "https://news.example/leave/@@@"


@dataclass(frozen=True)
class Copy:
    """One reader's digest, its words ready."""

    address: str
    name: str
    subject: str
    text: str
    html: str
    #: for List-Unsubscribe
    link: str


def copies(file: str, count: int) -> Iterator[Copy]:
    """So many readers' copies of the digest in the file."""
    digest = json.loads(Path(file).read_text(encoding="utf-8"))
    for number in range(1, count + 1):
        text, html, name, link = (
            words.replace("@@@", str(number)) for words in (digest["text"], digest["html"], NAME, LINK)
        )
        yield Copy(f"reader{number}@mail{number % 97}.example", name, digest["subject"], text, html, link)


def write(file: str, subject: str, text: str, html: str) -> None:
    """Make a digest that was printed for nobody in particular personal, and write it down."""
    digest = {
        "subject": subject,
        "text": f"Dear {NAME},\n\n{text}\n{LINK}\n",
        "html": html.replace("</body>", f'<p>{NAME}: <a href="{LINK}">leave</a></p></body>'),
        "name": NAME,
        "link": LINK,
    }
    Path(file).write_text(json.dumps(digest), encoding="utf-8")


def told(sent: int, wall: float, **more: float | str) -> None:
    """Say what was measured, to be read by a program."""
    print(json.dumps({"sent": sent, "wall": wall, **more}))
