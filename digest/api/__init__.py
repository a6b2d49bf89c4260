"""OFFERS: the house to programs in Python, by one class and plain values (`from digest import ...`)."""

from digest.api.answers import (
    Briefing,
    Copy,
    Delivery,
    Due,
    Explanation,
    Ingested,
    Newsletter,
    Planned,
    Preview,
    Reader,
    Rehearsal,
    Rejected,
    Report,
)
from digest.api.given import OneOff, Wishes
from digest.api.newsroom import Newsroom
from digest.errors import (
    DigestError,
    InputError,
    NotFoundError,
    PassingStoreError,
    PluginError,
    SettingsError,
    StoreError,
    TransportError,
)

__all__ = (
    "Briefing",
    "Copy",
    "Delivery",
    "DigestError",
    "Due",
    "Explanation",
    "Ingested",
    "InputError",
    "Newsletter",
    "Newsroom",
    "NotFoundError",
    "OneOff",
    "PassingStoreError",
    "Planned",
    "PluginError",
    "Preview",
    "Reader",
    "Rehearsal",
    "Rejected",
    "Report",
    "SettingsError",
    "StoreError",
    "TransportError",
    "Wishes",
)
