"""The glossary, from the table of words in README.md, by the alphabet: docs/reference/glossary.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.docs.blocks import DOCS, ROOT

PAGE: Final = DOCS / "reference" / "glossary.md"
_ROW: Final = re.compile(r"^\| ([^|]+) \| (.+) \|$")
_LINK: Final = re.compile(r"\]\(docs/")


def text() -> str:
    """The whole page, as of today."""
    return "\n".join(_lines()) + "\n"


def words() -> dict[str, str]:
    """The words of the project, each with its meaning."""
    table = (
        (ROOT / "README.md").read_text(encoding="utf-8").partition("## The words\n")[2].partition("\n## ")[0]
    )
    rows = [found for line in table.splitlines() if (found := _ROW.match(line))]
    return {row[1].strip(): row[2].strip() for row in rows if row[1].strip() not in ("word", "---")}


def _lines() -> Iterator[str]:
    yield "# Glossary"
    yield ""
    yield (
        "One word has one meaning, in the code, in the store and on every page. Written by `make reference` "
        "from the table in `README.md`,\nwhere new words come in first."
    )
    yield ""
    yield "| word | meaning |"
    yield "|---|---|"
    for word, meaning in sorted(words().items(), key=lambda pair: pair[0].casefold()):
        yield f"| **{word}** | {_LINK.sub('](../', meaning)} |"


def write() -> Path:
    """Write the page anew."""
    PAGE.write_text(text(), encoding="utf-8")
    return PAGE
