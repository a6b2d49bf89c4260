"""The press prints an issue once, whatever the number of readers, and a copy the same way on every try."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from digest.core.budget import LIMIT
from digest.flows import edit_briefing
from digest.flows import press as press_module
from digest.flows.by_hand import OneOff, plan_by_hand
from digest.flows.edit_briefing import Edit
from digest.flows.press import Press
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, claim_all, item, join, plan_all, publish_news
from tests.jobs.office import press_for

pytestmark = pytest.mark.anyio


async def print_all(store: Database, press: Press, issue_id: int = 1) -> dict[str, bytes]:
    """Every copy of an issue, by address."""
    claim = await claim_all(store, at(24, 7), issue_id)
    return {copy.address: (await press.letter(copy)).content for copy in claim.copies}


@pytest.mark.parametrize(("cohorts", "readers"), [(1, 1), (1, 12), (6, 1), (6, 12)])
async def test_premailer_runs_once_an_issue_however_many_cohorts_and_readers(
    sqlite_store: Database, premailer_runs: list[int], cohorts: int, readers: int
) -> None:
    await publish_news(sqlite_store, TUESDAY, *(item(f"Story {place}", "economy") for place in range(7)))
    for cohort in range(cohorts):
        for number in range(readers):
            await join(sqlite_store, f"{cohort}.{number}@example.org", TUESDAY, max_items=str(cohort + 1))
    await plan_all(sqlite_store, at(24, 7))
    assert len(await print_all(sqlite_store, press_for(sqlite_store))) == cohorts * readers
    assert len(premailer_runs) == 1


async def test_premailer_does_not_run_for_readers_of_plain_text(
    sqlite_store: Database, premailer_runs: list[int]
) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Tariffs"))
    await join(sqlite_store, "ann@example.org", TUESDAY, format="text")
    await plan_all(sqlite_store, at(24, 7))
    assert len(await print_all(sqlite_store, press_for(sqlite_store))) == 1
    assert premailer_runs == []


async def test_another_press_prints_the_same_bytes_even_after_a_correction(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    for name in ("ann", "bob"):
        await join(store, f"{name}@example.org", TUESDAY, name=name.title(), topics="economy")
    await join(store, "cat@example.org", TUESDAY)
    await plan_all(store, at(24, 7))
    claim = await claim_all(store, at(24, 7))
    press = press_for(store)
    first = [await press.letter(copy) for copy in claim.copies]
    await edit_briefing.edit(1, Edit(title="Corrected"), store=store, now=at(24, 8))
    later = press_for(store)
    again = [await later.letter(copy._replace(attempts=3)) for copy in reversed(claim.copies)]
    assert again[::-1] == first
    assert len({letter.content for letter in first}) == 3


async def test_a_cohort_that_had_to_make_room_is_printed_again_as_it_was(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(press_module, "_COHORTS_KEPT", 2)
    await publish_news(store, TUESDAY, *(item(f"Story {place}") for place in range(4)))
    for most in range(1, 5):
        await join(store, f"{most}@example.org", TUESDAY, max_items=str(most))
    await plan_all(store, at(24, 7))
    claim = await claim_all(store, at(24, 7))
    press = press_for(store)
    await press.prepare(claim.copies)
    first = [press.letter_at_once(copy) for copy in claim.copies]
    # what is not at hand any more is asked for again
    assert [press.letter_at_once(copy) is None for copy in claim.copies] == [True, True, False, False]
    assert [await press.letter(copy) for copy in claim.copies] == first


async def test_every_copy_has_a_message_id_of_its_own(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    for name in ("ann", "bob"):
        await join(store, f"{name}@example.org", TUESDAY)
    await plan_all(store, at(24, 7))
    await plan_by_hand(OneOff("daily", briefing_ids=(1,), ignore_bookmarks=True), store=store, now=at(24, 7))
    press = press_for(store)
    printed = [*(await print_all(store, press)).values(), *(await print_all(store, press, 2)).values()]
    messages = [message_from_bytes(content, policy=policy.default) for content in printed]
    assert len({message["Message-ID"] for message in messages}) == 4
    # by the link a reader leaves one newsletter, so it is the same in every issue
    assert len({message["List-Unsubscribe"].partition(",")[0] for message in messages}) == 2


async def test_an_address_that_cannot_stand_on_an_envelope_is_told_apart(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join(store, "ann@example.org", TUESDAY)
    await plan_all(store, at(24, 7))
    (copy,) = (await claim_all(store, at(24, 7))).copies
    broken = copy._replace(address="ann\r\nRCPT TO:<eve@example.org>")
    with pytest.raises(ValueError, match="address"):
        await press_for(store).letter(broken)


async def test_links_too_long_for_a_header_are_told_before_the_first_letter(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    await join(store, "ann@example.org", TUESDAY)
    await plan_all(store, at(24, 7))
    (copy,) = (await claim_all(store, at(24, 7))).copies
    press = Press(store=store, keys=[b"k" * 32], base_url=f"https://news.example/{'x' * 200}")
    with pytest.raises(ValueError, match="not a link of at most"):
        await press.letter(copy)


async def test_a_letter_that_no_form_of_its_items_keeps_within_the_budget_is_told_once_a_cohort(
    store: Database,
) -> None:
    await publish_news(store, TUESDAY, item("Tariffs"))
    for name in ("ann", "bob"):
        await join(store, f"{name}@example.org", TUESDAY)
    await join(store, "cat@example.org", TUESDAY, format="text")
    long = OneOff("daily", briefing_ids=(1,), ignore_bookmarks=True, intro="浪" * 7_000)
    await plan_by_hand(long, store=store, now=at(24, 7))
    await plan_by_hand(replace(long, intro="浪"), store=store, now=at(24, 7))
    with capture_logs() as lines:
        letters = await print_all(store, press_for(store))
        await print_all(store, press_for(store), 2)
    # the reader of text gets the words once
    sizes = {address: len(letter) for address, letter in letters.items()}
    assert max(sizes.values()) > LIMIT.message > min(sizes.values())
    (told,) = lines
    assert told["log_level"] == "warning"
    assert told["event"].startswith("a mail is too large")
    assert (told["issue"], told["html_budget"], told["message_budget"]) == (1, *LIMIT)
    assert told["message_at_most"] >= sizes["ann@example.org"]
