"""What the page of preferences says, as plain values for its templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from msgspec import Struct, field

from digest.flows.by_link import Seen
from digest.flows.choosing import READING, Choice
from digest.render.greetings import masked
from digest.render.words import Words
from digest.web.effects import effect
from digest.web.entered import as_entered
from digest.web.forms import Errors, Form
from digest.web.pausing import pause_form, read_pause
from digest.web.shown import others_shown, shown
from digest.web.wishing import IN_ORDER, wish_form
from subscribers.model import Standing
from subscribers.tokens import Purpose, Tokens

#: What is said once more after a word was taken.
SAVED, SLOWER, PAUSED = "saved", "slower", "paused"
RESUMED, RETURNED, ASKED = "resumed", "returned", "asked"
#: The fields of wishes beside which something may be wrong, in the order of the form.
FIELDS: Final = tuple(one for one in IN_ORDER if one not in {"email", "newsletter"})


class Entered(Struct, frozen=True):
    """A form that came in, and what is wrong with which field of which part of the page."""

    form: Form
    wishes: Errors = field(default_factory=dict)
    pause: Errors = field(default_factory=dict)
    address: Errors = field(default_factory=dict)

    @property
    def errors(self) -> Errors:
        """All of them."""
        return {**self.wishes, **self.pause, **self.address}


def choice_page(
    choice: Choice, now: datetime, words: Words, tokens: Tokens, entered: Entered | None
) -> dict[str, Any]:
    """The values; where something was entered, that stands in the part of the page that it is about."""
    seen = choice.seen
    reader = seen.reader
    wishes = wish_form(
        reader.cadence,
        reader.profile,
        name=reader.name,
        newsletter=seen.newsletter,
        topics=seen.topics,
        per_week=choice.per_week,
        words=words,
    )
    pause, address, wrong_address = pause_form(reader, now), "", ""
    if entered is not None and entered.address:
        address, wrong_address = entered.form.one("address"), entered.address["address"]
    elif entered is not None and entered.pause:
        pause, _until = read_pause(entered.form, reader, now, words)
    elif entered is not None:
        wishes = as_entered(wishes, entered.form, entered.wishes)
    wrong_until = entered.pause["until"] if entered is not None and entered.pause else ""
    amiss = [*wishes.amiss, ("until", wrong_until), ("new-address", wrong_address)]
    return {
        "amiss": [(id_, said) for id_, said in amiss if said],
        "shown": shown(seen, now, words),
        "wishes": wishes,
        "effect": effect(choice.coming, choice.tried, words),
        "wrong": [wishes.errors[name] for name in FIELDS if name in wishes.errors],
        "fields": FIELDS,
        "pause": pause,
        "wrong_until": wrong_until,
        "address": address,
        "wrong_address": wrong_address,
        "masked": masked(reader.address),
        "others": others_shown(seen, tokens, words, frozenset(Standing)),
        "also_reading": others_shown(seen, tokens, words, READING),
        "also_paused": others_shown(seen, tokens, words, {Standing.PAUSED}),
        "leaving": tokens.make(Purpose.UNSUBSCRIBE, reader.id),
    }


def done_in_words(done: str, seen: Seen, words: Words) -> str:
    """What has just been done; empty for a word that says nothing, or that does not fit any more."""
    _ = words.catalogue.gettext
    if done == ASKED:
        return _(
            "If mail can come to that address, it is asked now, and this one is told. "
            "Nothing moves before the new address says yes."
        )
    fits = {
        SAVED: (READING, _("Saved. It holds from the next mail on; nothing comes twice, nothing is lost.")),
        SLOWER: (READING, _("Done: from now on it comes once a week. What comes out meanwhile is in it.")),
        PAUSED: ({Standing.PAUSED}, _("Paused: nothing comes until the pause is over.")),
        RESUMED: ({Standing.ACTIVE}, _("The pause is over: mail comes again.")),
        RETURNED: ({Standing.ACTIVE}, _("Welcome back: mail comes again, and nothing comes twice.")),
    }
    standings, said = fits.get(done, (frozenset(), ""))
    return said if seen.reader.standing in standings else ""
