"""The words of the project: docs/reference/glossary.md, and those of them that README.md tells."""

from __future__ import annotations

import re
from typing import Final

from tests.docs.blocks import DOCS, ROOT

PAGE: Final = DOCS / "reference" / "glossary.md"
_ROW: Final = re.compile(r"^\| (?:\*\*)?([^|*]+)(?:\*\*)? \| (.+) \|$")


def words() -> dict[str, str]:
    """The words of the glossary, each with its meaning, in their order there."""
    return _rows(PAGE.read_text(encoding="utf-8"))


def words_of_the_readme() -> dict[str, str]:
    """The same for the few that stand in README.md."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return _rows(readme.partition("## The walk\n")[2].partition("\n## ")[0])


def _rows(text: str) -> dict[str, str]:
    rows = [found for line in text.splitlines() if (found := _ROW.match(line))]
    return {row[1]: row[2] for row in rows if row[1] != "word"}
