"""The examples in the documentation: every block of code, and what a comment says of it.

`sh` is run, and must end well. `console` has commands behind `$ `, and below them what they write to
standard output, where `…` stands for what differs. `python` is run. `toml` is the digest.toml of the folder
from then on, and must be settings; `json` must be JSON. All of a page is done in order, in one folder. Blocks
in other languages are only shown. A comment in the line before a block says what else becomes of it:

    <!-- not run: it asks for a password -->    a reason, for who reads the source
    <!-- in the background -->                  it goes on while the rest of the page is done
    <!-- run by tests/web/test_x.py -->         another test does it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
#: Blocks in these languages are done, or read by the program; all others are only shown.
DONE: Final = ("sh", "console", "python", "toml", "json")
#: What a comment right before a block may begin with.
NOT_RUN: Final = "not run: "
RUN_BY: Final = "run by "
BACKGROUND: Final = "in the background"
STOPPED: Final = "what runs in the background is stopped"

_MARKDOWN: Final = MarkdownIt("gfm-like", {"linkify": False})


@dataclass(frozen=True, slots=True)
class Block:
    """One block of code on a page."""

    #: below the top of the project, such as docs/feeds.md
    page: str
    #: of its first line, from 1
    line: int
    #: empty where none is given
    language: str
    content: str
    #: the comment right before it, empty where there is none
    remark: str
    #: True for one that is set off by spaces alone
    indented: bool

    @property
    def place(self) -> str:
        """Where it stands, for whoever has to mend it."""
        return f"{self.page}:{self.line}"

    @property
    def is_shown_only(self) -> bool:
        """True when nothing is done with it."""
        return self.language not in DONE or self.remark.startswith(NOT_RUN)


def pages() -> list[Path]:
    """README.md and all pages of the documentation."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def named(page: Path) -> str:
    """The name of a page below the top of the project."""
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path) -> Iterator[Block]:
    """The blocks of a page, in order."""
    remark = ""
    for token in _MARKDOWN.parse(page.read_text(encoding="utf-8")):
        if token.type in ("fence", "code_block"):
            assert token.map is not None
            language = token.info.split()[0] if token.info.strip() else ""
            yield Block(
                named(page),
                token.map[0] + 1,
                language,
                token.content,
                remark,
                indented=token.type == "code_block",
            )
        remark = _comment(token.content) if token.type == "html_block" else ""


def _comment(html: str) -> str:
    text = html.strip()
    return text[4:-3].strip() if text.startswith("<!--") and text.endswith("-->") else ""
