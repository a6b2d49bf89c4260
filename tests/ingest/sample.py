"""The page that the newsroom gave as a sample; it lies beside the checkout, not in it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

_PAGE: Final = Path(__file__).parents[3] / "shared" / "data" / "chinascope-latest.txt"

needs_sample = pytest.mark.skipif(
    not _PAGE.exists(), reason="the newsroom's sample page is not on this machine"
)


def sample_bytes() -> bytes:
    return _PAGE.read_bytes()


def sample_text() -> str:
    return _PAGE.read_text(encoding="utf-8")
