"""Invented items that tell of the same event in other words, as several newspapers would, and look-alikes."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from digest.core.model import DraftBriefing

#: Told by three newspapers, and by one of them again two days later.
MILL: Final = (
    (
        "The Harbour Post",
        "Northgate Steel closes its Varna mill, 850 jobs go",
        "Northgate Steel will close its rolling mill in Varna by June, the company said on Monday, and 850"
        " people will lose their jobs. Director Olga Benn blamed the price of power.",
    ),
    (
        "Coast Wire",
        "Varna loses its steel mill",
        "The rolling mill in Varna is to shut by June with the loss of 850 jobs. Its owner, Northgate Steel,"
        " pays too much for power, director Olga Benn said on Monday.",
    ),
    (
        "Morning Ledger",
        "Power prices finish off Northgate's mill in Varna",
        "Olga Benn, who leads Northgate Steel, announced on Monday that the firm's mill in Varna will stop"
        " for good in June. 850 workers are affected.",
    ),
)
#: Another event in the words of the first.
OTHER_MILL: Final = (
    "The Harbour Post",
    "Kell Brothers closes its Split foundry, 320 jobs go",
    "Kell Brothers will close its foundry in Split by March, the company said on Monday, and 320 people will"
    " lose their jobs. Director Ivo Marin blamed the price of scrap.",
)


def telling(place: int, *topics: str, **changes: Any) -> DraftBriefing:
    """One of the tellings of the closing of the mill."""
    return told(MILL[place], *topics, **changes)


def told(words: tuple[str, str, str], *topics: str, **changes: Any) -> DraftBriefing:
    """Such an item, under explicit topics."""
    source, title, text = words
    values: dict[str, Any] = {
        "title": title,
        "paragraphs": (text,),
        "topics": topics or ("economy",),
        "source": source,
        "source_date": date(2026, 11, 23),
        "url": f"https://{source.lower().replace(' ', '-')}.example/{len(title)}",
    }
    return DraftBriefing(**{**values, **changes})
