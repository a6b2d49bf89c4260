"""The setting that names whom we listen to: `PROVIDER:SECRET`, several comma-separated."""

from __future__ import annotations

from collections.abc import Mapping


def secrets_of(text: str) -> Mapping[str, tuple[str, ...]]:
    """The secrets of each provider in a setting that has been looked at; two while one is changed."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in filter(None, map(str.strip, text.split(","))):
        name, _, secret = entry.partition(":")
        provider = name.strip().lower()
        found[provider] = (*found.get(provider, ()), secret.strip())
    return found
