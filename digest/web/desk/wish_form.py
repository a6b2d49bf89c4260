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
from subscribers.subscription import Subscription
from subscribers.wishes import Wishes, parse_wishes

#: Named as the options of the command line are.
OPTIONS: Final = (
    *("name", "topics", "days", "at", "timezone", "at_once", "sections", "format", "max_items", "language"),
)
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


async def wishes_in(form: Entered, *, store: Database) -> Wishes:
    """The wishes of a form; an empty field is not said, but for a name that was taken away."""
    for option, box in _BOXES.items():
        if form.one(option) == _SOME and not form.all(box):
            raise InputError(f"none of the {option} is ticked: choose one at least, or all")
    words = {option: parse_line(word, option) for option, word in said_in(form).items() if word}
    async with store.read() as connection:
        wishes = parse_wishes(words, topic_names(await topics.every(connection)))
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
