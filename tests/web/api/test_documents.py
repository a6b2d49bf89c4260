"""What the API shows has the fields of the command line's documents, one model for each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from digest.cli.console import plain
from digest.core.access import Role
from digest.core.model import DraftBriefing
from digest.core.picturing import PictureFault, UnfitError, failed
from digest.flows.collect import collect
from digest.flows.handing_out import said_of
from digest.flows.newsletters import shown_newsletter
from digest.flows.overview import Overview
from digest.flows.readers import Enrolment, subscribe
from digest.flows.seed import FIRST_NEWSLETTER
from digest.flows.shown import (
    briefing_in_a_list,
    briefing_in_full,
    key_shown,
    person_shown,
    picture_shown,
    reader_in_full,
    topic_shown,
)
from digest.ingest.gathered import Gathered
from digest.store import briefings, people
from digest.store.changes import Change
from digest.store.database import Database
from digest.store.opinions import Tally
from digest.web.api import answered, answered_topics, told
from subscribers.wishes import Wishes
from tests.stores import TOPICS
from tests.web.api.programs import NOW, a_key

pytestmark = pytest.mark.anyio


def _same(document: dict[str, Any], model: type[BaseModel]) -> None:
    """Nothing is left out by the model, and nothing comes in; values are spelled as by the command."""
    assert document.keys() == model.model_fields.keys()
    assert model.model_validate(plain(document)).model_dump(mode="json") == plain(document)


async def test_fields_are_those_of_the_command(sqlite_store: Database) -> None:
    draft = DraftBriefing("Ports agree", ("They share a list.",), source="The Post", topics=("economy",))
    await collect(Gathered((draft,), source="tests"), store=sqlite_store, now=NOW)
    new = Enrolment("ada@example.org", "daily", Wishes(name="Ada"), True, "tests")
    reader = await subscribe(new, store=sqlite_store, now=NOW)
    await a_key(sqlite_store, Role.EDITOR)
    async with sqlite_store.read() as connection:
        (briefing,) = await briefings.page(connection)
        (person,) = await people.every(connection)
        (key,) = await people.keys_of(connection)
    slugs = {reader.newsletter_id: "daily"}
    _same(briefing_in_a_list(briefing), answered.BriefingInAList)
    known = Tally(0, 0)._asdict() | {"corrections": [], "picture_in_mails": None}
    _same(briefing_in_full(briefing) | known, answered.BriefingInFull)
    fault = UnfitError(PictureFault.TOO_SLOW, "it was not here in time")
    picture = picture_shown(failed("https://harbour.example/queue.jpg", fault, 1, NOW))
    assert picture is not None
    _same(picture, answered.PictureInMails)
    _same(topic_shown(TOPICS[0]), answered_topics.TopicShown)
    _same(shown_newsletter(FIRST_NEWSLETTER), answered.NewsletterShown)
    _same(said_of(reader, slugs), answered.SubscriptionInAList)
    _same(
        reader_in_full([reader], [[]], {reader.newsletter_id: FIRST_NEWSLETTER}, NOW), answered.ReaderInFull
    )
    _same(person_shown(person), told.PersonShown)
    _same(key_shown(key), told.KeyShown)


@pytest.mark.parametrize(("model", "kept"), [(told.StatusShown, Overview), (told.ChangeShown, Change)])
def test_fields_are_those_of_what_is_kept(model: type[BaseModel], kept: type[Any]) -> None:
    assert model.model_fields.keys() == set(kept.__struct_fields__)


def test_times_are_spelled_as_the_command_spells_them() -> None:
    at = datetime(2026, 11, 24, 6, 30, 1, 500, tzinfo=UTC)
    model = told.AppointmentShown(newsletter="daily", cadence="at once", slot="#1", due_at=at, passed_over=[])
    assert model.model_dump(mode="json")["due_at"] == plain(at)
