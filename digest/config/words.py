"""Words as people write them in settings."""

from __future__ import annotations


def in_lower_case(value: object) -> object:
    """A word of a choice, whatever its case and the space around it."""
    return value.strip().lower() if isinstance(value, str) else value
