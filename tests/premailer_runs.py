"""How often the slowest step of printing is taken, for whoever wants it taken seldom."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import premailer
import pytest


@pytest.fixture
def premailer_runs() -> Iterator[list[int]]:
    """The lengths of the documents that premailer was given."""
    runs: list[int] = []
    transform = premailer.Premailer.transform

    def counted(self: premailer.Premailer, document: str, **options: bool) -> str:
        runs.append(len(document))
        return str(transform(self, document, **options))

    with patch.object(premailer.Premailer, "transform", counted):
        yield runs
