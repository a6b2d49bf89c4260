"""The guide for who works on this: what it names is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
GUIDES: Final = ("contributing.md", "plugins.md", "python-api.md")
#: Files and folders of this project as they are named in prose, and targets of make.
_NAMED: Final = re.compile(r"`((?:digest|tests|docs|templates)/[a-z0-9_./]+)`")
_TARGET: Final = re.compile(r"(?:`|^)make ([a-z-]+)\b", re.MULTILINE)
_LINK: Final = re.compile(r"\]\(([^)#:]+)(?:#([\w-]+))?\)")


def text_of(guide: str) -> str:
    return (ROOT / "docs" / guide).read_text(encoding="utf-8")


@pytest.mark.parametrize("guide", GUIDES)
def test_every_file_that_is_named_is_there(guide: str) -> None:
    gone = [name for name in _NAMED.findall(text_of(guide)) if not (ROOT / name).exists()]
    assert gone == []


@pytest.mark.parametrize("guide", GUIDES)
def test_every_link_leads_somewhere(guide: str) -> None:
    for target, anchor in _LINK.findall(text_of(guide)):
        path = ROOT / "docs" / target
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}


def test_every_target_of_make_is_one() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(_TARGET.findall(text_of("contributing.md")))
    assert named - targets == set()
    assert {"setup", "check", "test", "house"} <= named
