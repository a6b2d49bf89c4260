"""A newsletter says with what its readers begin; what a reader says goes before, and nobody is changed."""

from __future__ import annotations

from datetime import time

import pytest

from digest.core.beginnings import OPTIONS, parse_first_wishes
from digest.errors import InputError
from digest.flows.newsletters import edit_newsletter
from digest.flows.rosters import import_roster
from digest.store.database import Database
from subscribers.model import Format
from subscribers.wishes import WishError
from tests.flows.newsroom import TUESDAY, join, reader
from tests.web.visiting import tree, visitor

pytestmark = pytest.mark.anyio
FIRST = ["days=mon,thu", "at=18:30", "timezone=europe/paris", "format=text", "max-items=5", "topics=economy"]


async def begin_with(store: Database, *words: str) -> None:
    await edit_newsletter("daily", {"first_wishes": list(words)}, store=store, now=TUESDAY)


async def test_who_says_nothing_begins_with_what_the_newsletter_says(store: Database) -> None:
    before = await join(store, "ann@example.org", TUESDAY)
    await begin_with(store, *FIRST)
    bob = await join(store, "bob@example.org", TUESDAY)
    assert (bob.cadence.days, bob.cadence.at, bob.cadence.zone) == (
        ("mon", "thu"),
        time(18, 30),
        "Europe/Paris",
    )
    assert bob.profile.topics == frozenset({"economy"})
    assert (bob.profile.max_items, bob.profile.format) == (5, Format.TEXT)
    cleo = await join(store, "cleo@example.org", TUESDAY, days="daily", topics="all", max_items="none")
    assert (cleo.cadence.days_text, cleo.cadence.at) == ("daily", time(18, 30))
    assert (cleo.profile.topics, cleo.profile.max_items) == (None, None)
    assert await reader(store, "ann@example.org") == before


async def test_an_import_begins_there_too_and_changes_only_what_it_names(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY)
    await begin_with(store, *FIRST)
    roster = "email,at\nann@example.org,06:00\nbob@example.org,06:00\n"
    await import_roster(roster, store=store, now=TUESDAY, raw=True, dry_run=False)
    found = [(await reader(store, who)).cadence for who in ("ann@example.org", "bob@example.org")]
    assert [one.in_words for one in found] == ["daily at 06:00 UTC", "mon,thu at 06:00 Europe/Paris"]


async def test_the_form_for_subscribing_begins_there(sqlite_store: Database) -> None:
    await begin_with(sqlite_store, *FIRST)
    async with visitor(sqlite_store, TUESDAY) as client:
        page = tree(await client.get("/subscribe"))
    (form,) = (one for one in page.forms if one.xpath(".//input[@name='email']"))
    entered = form.form_values()
    assert {("day", "mon"), ("day", "thu"), ("at", "18:30"), ("format", "text"), ("max_items", "5")} <= {
        *entered
    }
    assert [value for name, value in entered if name == "topic"] == ["economy"]


async def test_a_topic_that_is_not_there_is_refused(store: Database) -> None:
    with pytest.raises(WishError, match="topic 'boats' is not known"):
        await begin_with(store, "topics=boats")


@pytest.mark.parametrize("typed", ["days", "name=Ann", "at=soon", "days=mon", "timezone=Mars"])
def test_what_cannot_be_begun_with_is_refused(typed: str) -> None:
    with pytest.raises((InputError, WishError)):
        parse_first_wishes(["days=tue", typed])


def test_what_is_said_is_kept_by_option_in_one_order() -> None:
    assert parse_first_wishes(["at=07:30", "days=mon"]) == (("days", "mon"), ("at", "07:30"))
    assert parse_first_wishes([""]) == ()
    assert "name" not in OPTIONS
