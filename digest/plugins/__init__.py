"""AGREES: the contract with plugins, what a source, a theme, a transport or a provider hook has to be.

A plugin is a distribution with an entry point in one of four groups; docs/plugins.md tells how one is made.
Everything that a plugin needs is imported from here, and nothing here is of the rest of the house, which may
change as it likes. What changes here so that old plugins break raises `API`.
"""

from digest.plugins.contract import (
    API,
    Call,
    CallRefusedError,
    Connection,
    Event,
    EventKind,
    Fate,
    Handed,
    Heard,
    Item,
    Message,
    ProviderHook,
    Source,
    Theme,
    Transport,
    Unreadable,
    Why,
)

__all__ = (
    "API",
    "Call",
    "CallRefusedError",
    "Connection",
    "Event",
    "EventKind",
    "Fate",
    "Handed",
    "Heard",
    "Item",
    "Message",
    "ProviderHook",
    "Source",
    "Theme",
    "Transport",
    "Unreadable",
    "Why",
)
