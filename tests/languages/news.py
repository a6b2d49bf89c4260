"""An issue with everything in it, its news in Greek: whatever else a mail says are words of ours.

Greek is the script of none of the languages that there are words in, so no letter of a mail can be taken for
another's. Two items are in English and in Hebrew, to stand in mails of either direction as foreign ones.
"""

from __future__ import annotations

from datetime import date, time
from functools import cache
from typing import Final

from msgspec.structs import replace

from digest.core.model import Topic
from digest.render.confirmation import Invitation, confirmation
from digest.render.page import Personal
from digest.render.printer import Sheet, print_sheet, rendition
from digest.render.rendition import Rendition
from subscribers.model import WEEKDAYS, Cadence, Profile, Section
from tests.render.samples import BOUNDARY, NEWSLETTER, briefing, copy_of, issue, marks

TOPICS: Final = {
    topic.slug: topic
    for topic in (
        Topic("economy", "Οικονομία", 1, {}),
        Topic("energy", "Ενέργεια", 2, {}),
        Topic("general", "Γενικά", 9, {}),
    )
}
GREEK: Final = replace(
    NEWSLETTER,
    title="Το Λιμάνι!",
    description="Τι γράφουν οι εφημερίδες",
    sender_name="Το Λιμάνι",
    postal_address="Προβλήτα 12\nΠειραιάς",
)
ISSUE: Final = issue(intro="Καλημέρα.")
ELENI: Final = Personal(
    name="Ελένη",
    preferences_url="https://λιμάνι.example/1",
    unsubscribe_url="https://λιμάνι.example/2",
)
ASKED: Final = Invitation("Ελένη", "https://λιμάνι.example/3")
NEWS: Final = {
    number: briefing(
        number,
        title=f"Τίτλος {'αβγδεζ'[number - 1]}",
        paragraphs=("Πρώτη παράγραφος.", "Δεύτερη παράγραφος."),
        topics=marks("economy", "energy"),
        section=section,
        source="Η Ακτή",
        source_date=date(2026, 11, 20),
        url="https://λιμάνι.example/νέα",
        language="el",
    )
    for number, section in enumerate((*Section, Section.BRIEFING), start=1)
} | {
    7: briefing(
        7, title="Ships Wait", paragraphs=("They wait.",), source="Coast Courier", section=Section.ANALYSIS
    ),
    8: briefing(8, title="ספינות", paragraphs=("הן מחכות.",), source="החוף", language="he"),
}
#: on Mondays and Thursdays at 07:30 in Paris
TWICE: Final = Cadence(("mon", "thu"), time(7, 30), "Europe/Paris")
CADENCES: Final = (
    TWICE,
    replace(TWICE, days=("tue",)),
    replace(TWICE, days=("tue", "wed", "sat")),
    replace(TWICE, days=WEEKDAYS),
    replace(TWICE, days=WEEKDAYS[:5]),
    replace(TWICE, days=("monthly",), zone="Asia/Shanghai"),
    replace(TWICE, at_once=True),
    None,
)
PROFILES: Final = (
    Profile(topics=frozenset({"economy", "energy"}), sections=frozenset(Section)),
    Profile(),
    Profile(topics=frozenset({"gone"})),
)


def mail(
    language: str,
    *,
    cadence: Cadence | None = TWICE,
    profile: Profile = PROFILES[0],
    foreign: bool = False,
) -> Rendition[Personal]:
    """The issue in a language; with `foreign`, the English and the Hebrew item too."""
    numbers = (1, 2, 3, 4, 5, 7, 8) if foreign else (1, 2, 3, 4, 5)
    copy = copy_of(
        ISSUE,
        ("economy", numbers),
        profile=replace(profile, language=language),
        cadence=cadence,
        deferred=(6,),
        covers_from=date(2026, 11, 21),
    )
    return rendition(copy, _sheet(language), BOUNDARY)


@cache
def _sheet(language: str) -> Sheet:
    return print_sheet(ISSUE, GREEK, NEWS, TOPICS, "classic", language)


def question(
    language: str, *, cadence: Cadence = TWICE, profile: Profile = PROFILES[0]
) -> Rendition[Invitation]:
    """The confirmation mail in a language."""
    return confirmation(GREEK, TOPICS.values(), replace(profile, language=language), cadence, BOUNDARY)
