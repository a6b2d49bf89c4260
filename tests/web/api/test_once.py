"""A call that is repeated with its word acts once, on either store, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import select

from digest.errors import CrossedError
from digest.flows.tidy import tidy
from digest.store import calls, changes
from digest.store import people as people_shelf
from digest.store.api_tables import api_calls
from digest.store.database import Database
from tests.web.api.programs import NOW, a_key, program
from tests.web.visiting import all_rows

pytestmark = pytest.mark.anyio

TOPIC: Final = {"slug": "harbours", "title": "Harbours"}
WORD: Final = {"Idempotency-Key": "b7a1-3c55"}
READER: Final = {"email": "ada@example.org"}


async def _acts(store: Database, kind: str) -> list[str]:
    async with store.read() as connection:
        return [one.act for one in await changes.page(connection, kind=kind)]


async def test_repeated_call_acts_once_and_is_answered_as_before(store: Database) -> None:
    async with program(store) as client:
        first = await client.post("topics", json=TOPIC, headers=WORD)
        again = await client.post("topics", json=TOPIC, headers=WORD)
        without = await client.post("topics", json=TOPIC)
    assert (first.status_code, again.status_code, without.status_code) == (201, 201, 422)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"] == "/api/v1/topics/harbours"
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert await _acts(store, "topic") == ["topic.add"]


async def test_fifty_at_once_act_once(store: Database) -> None:
    async with program(store) as client:
        answers = await asyncio.gather(*(client.post("topics", json=TOPIC, headers=WORD) for _ in range(50)))
    statuses = {answer.status_code for answer in answers}
    assert 201 in statuses
    assert statuses <= {201, 409}
    assert await _acts(store, "topic") == ["topic.add"]


async def test_two_processes_at_once_act_once(store: Database, second_store: Database) -> None:
    key = await a_key(store)
    async with program(store, key) as one, program(second_store, key) as other:
        answers = await asyncio.gather(
            *(client.post("topics", json=TOPIC, headers=WORD) for client in (one, other))
        )
    assert [answer.status_code for answer in answers] == [201, 201]
    assert [answer.headers.get("idempotency-replayed") for answer in answers].count("true") == 1
    assert await _acts(store, "topic") == ["topic.add"]


@pytest.mark.parametrize("other", [{"title": "Ports"}, {"aliases": ["ports"]}])
async def test_word_of_another_call_is_refused(sqlite_store: Database, other: dict[str, Any]) -> None:
    async with program(sqlite_store) as client:
        await client.post("topics", json=TOPIC, headers=WORD)
        answer = await client.post("topics", json=TOPIC | other, headers=WORD)
        elsewhere = await client.post("briefings/1/publish", headers=WORD)
    assert (answer.status_code, elsewhere.status_code) == (422, 422)
    assert "another call" in answer.json()["detail"]


async def test_words_of_two_programs_are_apart(sqlite_store: Database) -> None:
    one, other = await a_key(sqlite_store), await a_key(sqlite_store)
    async with program(sqlite_store, one) as client:
        await client.post("topics", json=TOPIC, headers=WORD)
        hers = {"Authorization": f"Bearer {other}"}
        answer = await client.post("topics", json=TOPIC | {"slug": "ports"}, headers=WORD | hers)
    assert answer.status_code == 201


async def test_refused_call_is_not_kept_and_may_be_mended(store: Database) -> None:
    async with program(store) as client:
        refused = await client.post("topics", json=TOPIC | {"aliases": ["trade"]}, headers=WORD)
        mended = await client.post("topics", json=TOPIC, headers=WORD)
    assert (refused.status_code, mended.status_code) == (422, 201)


async def test_call_that_lost_to_another_one_is_made_again_as_a_whole(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, tries = calls.finish, 0

    async def loses_once(*args: Any, **named: Any) -> None:
        nonlocal tries
        tries += 1
        await finish(*args, **named)
        if tries == 1:
            raise CrossedError("somebody else was changing the same")

    async with program(store) as client:
        with monkeypatch.context() as patched:
            patched.setattr("digest.store.calls.finish", loses_once)
            made = await client.post("topics", json=TOPIC, headers=WORD)
        again = await client.post("topics", json=TOPIC, headers=WORD)
    assert (made.status_code, again.status_code, tries) == (201, 201, 2)
    assert again.headers["idempotency-replayed"] == "true"
    assert await _acts(store, "topic") == ["topic.add"]


@pytest.mark.parametrize("where", ["digest.store.calls.finish", "digest.flows.edit_topics.note_change"])
async def test_change_and_answer_are_kept_together_or_not_at_all(
    store: Database, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    # what ends the call at the worst moments: after the change, and after the answer was written
    key = await a_key(store)
    async with program(store, key) as client:
        await client.get("topics")
        before = await all_rows(store)
        with monkeypatch.context() as patched:
            patched.setattr(where, _then_dies(_DYING[where]))
            assert (await client.post("topics", json=TOPIC, headers=WORD)).status_code == 500
        assert await all_rows(store) == before
        assert (await client.post("topics", json=TOPIC, headers=WORD)).status_code == 201


_DYING: Final[dict[str, Callable[..., Awaitable[Any]]]] = {
    "digest.store.calls.finish": calls.finish,
    "digest.flows.edit_topics.note_change": changes.note_change,
}


def _then_dies(act: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def acts(*args: Any, **named: Any) -> None:
        await act(*args, **named)
        raise SystemError("the power goes")

    return acts


async def test_call_is_known_for_a_day(sqlite_store: Database) -> None:
    key, present = await a_key(sqlite_store), [NOW]
    async with program(sqlite_store, key, lambda: present[0]) as client:
        await client.post("topics", json=TOPIC, headers=WORD)
        present[0] += timedelta(hours=23, minutes=59)
        assert (await client.post("topics", json=TOPIC, headers=WORD)).status_code == 201
        present[0] += timedelta(minutes=1)
        assert (await client.post("topics", json=TOPIC, headers=WORD)).status_code == 422
        await tidy(store=sqlite_store, now=present[0], keep_unconfirmed=timedelta(days=7))
    assert (await all_rows(sqlite_store))["api_calls"] == []


async def test_one_off_is_sent_once(store: Database) -> None:
    async with program(store) as client:
        await client.post("subscribers", json=READER)
        items = [{"title": "Ports agree", "paragraphs": ["They share a list."], "source": "Post"}]
        (id_,) = (await client.post("briefings", json={"items": items})).json()["added"]
        wish = {"newsletter": "daily", "to": ["ada@example.org"], "briefings": [id_]}
        sent = [await client.post("send", json=wish, headers=WORD) for _ in range(2)]
        assert [answer.status_code for answer in sent] == [201, 201]
        assert sent[0].json() == sent[1].json() == {"issue": 1, "planned": 1, "skipped": {}}
        copies = (await client.get("deliveries")).json()["items"]
    assert [one["briefings"] for one in copies] == [[id_]]


async def test_secret_is_kept_nowhere(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        body = {"label": "import", "scopes": ["see"]}
        made = await client.post("people/1/keys", json=body, headers=WORD)
        again = await client.post("people/1/keys", json=body, headers=WORD)
    assert (made.status_code, again.status_code) == (201, 409)
    assert made.json()["key"] not in str(await all_rows(sqlite_store))
    async with sqlite_store.read() as connection:
        assert len(await people_shelf.keys_of(connection, 1)) == 2


async def test_link_by_which_a_password_is_chosen_is_kept_nowhere(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        made = await client.post("people", json={"name": "Grace", "link": True}, headers=WORD)
        again = await client.post("people", json={"name": "Grace", "link": True}, headers=WORD)
    assert (made.status_code, again.status_code) == (201, 409)
    assert made.json()["link"].rpartition("/")[2] not in str(await all_rows(sqlite_store))


async def test_answers_that_name_a_reader_are_forgotten_with_one(store: Database) -> None:
    async with program(store) as client:
        added = await client.post("subscribers", json=READER, headers=WORD)
        assert "ada@" in str((await all_rows(store))["api_calls"])
        await client.delete("subscribers/ada@example.org")
        assert "ada@" not in str(await all_rows(store))
        again = await client.post("subscribers", json=READER, headers=WORD)
    assert (added.status_code, again.status_code) == (201, 409)


async def test_erasing_within_a_repeatable_call_does_not_wait_for_itself(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        await client.post("subscribers", json=READER)
        left = await client.post(
            "subscribers/ada@example.org/unsubscribe", json={"reason": "moved"}, headers=WORD
        )
    assert left.status_code == 200


async def test_roster_that_died_on_the_way_is_taken_again(sqlite_store: Database) -> None:
    key, present = await a_key(sqlite_store), [NOW]
    headers = WORD | {"Content-Type": "text/csv"}
    async with program(sqlite_store, key, lambda: present[0]) as client:

        async def imported() -> httpx.Response:
            return await client.post(
                "subscribers/import", content=b"email\nada@example.org\n", headers=headers
            )

        assert (await imported()).json() == {"added": 1, "updated": 0, "rejected": []}
        assert (await imported()).json() == {"added": 1, "updated": 0, "rejected": []}
        async with sqlite_store.write() as connection:
            # as a process leaves it that dies before the end
            await connection.execute(api_calls.update().values(status=None, answer=None))
        assert (await imported()).status_code == 409
        present[0] += timedelta(minutes=11)
        assert (await imported()).json() == {"added": 0, "updated": 1, "rejected": []}
    async with sqlite_store.read() as connection:
        assert len((await connection.execute(select(api_calls))).all()) == 1


@pytest.mark.parametrize("word", ["", "a b c d e f", "ä-ä-ä-ä-ä", '"', "short", "x" * 201])
async def test_word_that_is_none_is_refused(sqlite_store: Database, word: str) -> None:
    async with program(sqlite_store) as client:
        headers = [(b"Idempotency-Key", word.encode())]
        answer = await client.post("topics", json=TOPIC, headers=headers)
    assert answer.status_code == 400
