"""The fields of a reader's wishes on a form of the desk: the options of `digest subscribers edit`."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from digest.core.lines import parse_line
from digest.errors import InputError
from digest.flows.readers import topic_names
from digest.store import topics
from digest.store.database import Database
from digest.web.desk.entered import Entered
from digest.web.desk.faults import Label, Labels, Reading
from subscribers.subscription import Subscription
from subscribers.wishes import Wishes, parse_wishes

#: Named as the options of the command line are.
OPTIONS: Final = (
    *("name", "topics", "days", "at", "timezone", "at_once", "sections", "format", "max_items", "language"),
)
#: What the fields about a reader are called on the pages, in their order.
LABELS: Final[Labels] = {
    "email": Label("Address", "address"),
    "name": Label("Name", "name"),
    "newsletter": Label("Newsletter", "newsletter"),
    "grounds": Label("Grounds", "grounds"),
    "days": Label("Days", "days"),
    "at": Label("At", "time"),
    "timezone": Label("Time zone", "time zone"),
    "at_once": Label("At once"),
    "format": Label("Format", "format"),
    "max_items": Label("At most", "max-items"),
    "language": Label("Language", "language"),
    "topics": Label("Topics"),
    "sections": Label("Kinds of items"),
    "until": Label("Pause until (empty: until resumed)", "date"),
    "reason": Label("Why"),
    "address": Label("Type the address"),
}
#: Options of which some may be chosen, by boxes called like that.
_BOXES: Final = {"topics": "topic", "sections": "section"}
_SOME: Final = "some"
_USUAL: Final = "usual"


def said_in(form: Entered) -> dict[str, str]:
    """What was entered, by option; the topics, and the kinds of items, that were ticked are one list."""
    said = {option: form.one(option) for option in OPTIONS}
    for option, box in _BOXES.items():
        if said[option] == _SOME:
            said[option] = ",".join(form.all(box))
        elif said[option] == _USUAL:
            said[option] = ""
    return said


async def wishes_in(form: Entered, reading: Reading, *, store: Database) -> Wishes:
    """The wishes of a form; an empty field is not said, but for a name that was taken away.

    What is wrong is noted in `reading`, for who goes on to the rest of the form.
    """
    for option, box in _BOXES.items():
        with reading.of(option):
            if form.one(option) == _SOME and not form.all(box):
                raise InputError(f"none of the {option} is ticked: choose one at least, or all")
    async with store.read() as connection:
        names = topic_names(await topics.every(connection))
    words: dict[str, str] = {}
    for option, word in said_in(form).items():
        with reading.of(option):
            if word:
                parse_wishes({option: parse_line(word, option)}, names)
                words[option] = word
    wishes = parse_wishes(words, names)
    return replace(wishes, name="") if "name" in form and not form.one("name") else wishes


def said_of(one: Subscription) -> dict[str, Any]:
    """The fields as a subscription has them."""
    profile, cadence = one.profile, one.cadence
    return {
        "name": one.name,
        "topics": "all" if profile.topics is None else ",".join(sorted(profile.topics)),
        "days": cadence.days_text,
        "at": f"{cadence.at:%H:%M}",
        "timezone": cadence.zone,
        "at_once": "yes" if cadence.at_once else "no",
        "sections": "all" if profile.sections is None else ",".join(sorted(profile.sections)),
        "format": str(profile.format),
        "max_items": "none" if profile.max_items is None else str(profile.max_items),
        "language": profile.language,
    }
