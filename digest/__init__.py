"""WHAT: briefings become issues, issues become mails, and each step is written down.

What programs use (docs/python-api.md) is imported from here, and loaded when it is first asked for: the
command starts many times an hour, and needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digest.api import (
        Briefing,
        Copy,
        Delivery,
        DigestError,
        Due,
        Explanation,
        Ingested,
        InputError,
        Newsletter,
        Newsroom,
        NotFoundError,
        OneOff,
        PassingStoreError,
        Planned,
        PluginError,
        Preview,
        Reader,
        Rehearsal,
        Rejected,
        Report,
        SettingsError,
        StoreError,
        TransportError,
        Wishes,
    )

__version__ = "0.1.0"

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
    "__version__",
)


def __dir__() -> list[str]:
    """The names that there are, loaded or not."""
    return sorted({*globals(), *__all__})


if not TYPE_CHECKING:
    # a type checker that saw it would believe in any name

    def __getattr__(name: str) -> Any:
        """Load the API when one of its names is asked for (PEP 562)."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = globals()[name] = getattr(import_module("digest.api"), name)
        return found
