"""Programs do through the API what people do at the desk: from the first briefing to the last copy."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import update

from digest.core.access import Power, Role
from digest.core.model import DeliveryStatus
from digest.store import changes
from digest.store.database import Database
from digest.store.tables import deliveries
from tests.web.api.programs import a_key, program

pytestmark = pytest.mark.anyio

ITEM: Final = {
    "title": "Ports agree on a common queue",
    "paragraphs": ["Eight ports will share one list.", "They begin in January."],
    "source": "Harbour Post",
    "source_date": "2026-11-23",
    "url": "https://harbour.example/queue",
    "topics": ["economy"],
}
ADA: Final = "subscribers/ada@example.org"


async def _added(client: httpx.AsyncClient, **other: Any) -> int:
    answer = await client.post("briefings", json={"items": [ITEM | other]})
    assert answer.status_code == 200, answer.text
    (id_,) = answer.json()["added"]
    return int(id_)


async def _acts(store: Database) -> list[tuple[str, str, str]]:
    async with store.read() as connection:
        found = await changes.page(connection)
    return [(one.act, one.actor, one.via) for one in reversed(found)]


async def test_briefing_lives_through_the_api(store: Database) -> None:
    async with program(store, role=Role.EDITOR) as client:
        id_ = await _added(client)
        again = (await client.post("briefings", json={"items": [ITEM]})).json()
        assert again == {"added": [], "updated": [], "unchanged": 1, "rejected": []}
        shown = (await client.get(f"briefings/{id_}")).json()
        assert shown["paragraphs"] == ITEM["paragraphs"]
        assert (shown["status"], shown["number"], shown["topics"]) == ("published", 1, ["economy"])
        changed = (await client.patch(f"briefings/{id_}", json={"title": "Eight ports", "lead": True})).json()
        assert (changed["title"], changed["revision"], changed["lead"]) == ("Eight ports", 2, True)
        assert (await client.post(f"briefings/{id_}/retract")).json()["status"] == "retracted"
        assert (await client.post(f"briefings/{id_}/publish")).json()["number"] == 1
        wrong = await client.post("briefings", json={"items": [ITEM | {"title": "New", "topics": ["no"]}]})
        assert wrong.json()["rejected"][0]["line"] == 1
    actor = ("the editor (tests)", "api")
    acts = [act for act in await _acts(store) if act[0].startswith("briefing.")]
    wanted = ("briefing.ingest", "briefing.edit", "briefing.retract", "briefing.publish")
    assert acts == [(act, *actor) for act in wanted]


async def test_a_draft_is_discarded_and_brought_back_through_the_api(store: Database) -> None:
    async with program(store, role=Role.EDITOR) as client:
        (id_,) = (await client.post("briefings", json={"items": [ITEM], "publish": False})).json()["added"]
        assert (await client.post(f"briefings/{id_}/discard")).json()["status"] == "discarded"
        refused = await client.post(f"briefings/{id_}/publish")
        assert refused.status_code == 422
        assert "bring it back as a draft first" in refused.json()["detail"]
        listed = (await client.get("briefings?status=discarded")).json()["items"]
        assert [one["id"] for one in listed] == [id_]
        assert (await client.post(f"briefings/{id_}/restore")).json()["status"] == "draft"
        past = await client.patch(f"briefings/{id_}", json={"publish_at": "2020-01-01T08:00:00Z"})
        assert past.status_code == 422
        assert "the time to publish at is past" in past.json()["detail"]
        assert (await client.post(f"briefings/{id_}/publish")).json()["number"] == 1
        assert (await client.post(f"briefings/{id_}/discard")).status_code == 422


async def test_list_goes_on_where_it_stopped(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        ids = [await _added(client, title=f"Item {n}", paragraphs=[f"Text {n}."]) for n in range(5)]
        found, after = [], 0
        while True:
            page = (await client.get("briefings", params={"limit": 2, "after": after})).json()
            found += [one["id"] for one in page["items"]]
            after = page["next"]
            if after is None:
                break
        assert found == ids
        drafts = (await client.get("briefings", params={"status": "draft"})).json()
        assert drafts == {"items": [], "next": None}


async def test_topics_and_newsletters_are_kept(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        made = await client.post("topics", json={"slug": "ports", "title": "Ports", "rules": {"quay": 4}})
        assert made.status_code == 201
        assert made.headers["location"] == "/api/v1/topics/ports"
        assert (await client.patch("topics/ports", json={"aliases": ["quays"]})).json()["aliases"] == [
            "quays"
        ]
        said = {"fr": {"title": "Les ports", "description": "Quais."}, "zh_Hans": {"title": "港口"}}
        shown = (await client.patch("topics/ports", json={"translations": said})).json()
        assert shown["translations"] == {
            "fr": {"title": "Les ports", "description": "Quais."},
            "zh-Hans": {"title": "港口", "description": ""},
        }
        fewer = (await client.patch("topics/ports", json={"translations": {"fr": None}})).json()
        assert fewer["translations"].keys() == {"zh-Hans"}
        for wrong in ({"fr": {"title": " "}}, {"klingon": {"title": "x"}}, {"fr": {"description": "x"}}):
            assert (await client.patch("topics/ports", json={"translations": wrong})).status_code == 422
        clash = await client.post("topics", json={"slug": "other", "title": "O", "aliases": ["quays"]})
        assert clash.status_code == 422
        odd = await client.patch("topics/ports", json={"rules": {"a:1, b": 2}})
        assert odd.status_code == 422
        await client.post("topics", json={"slug": "piers", "title": "Piers", "rules": {"pier": 3}})
        merged = await client.post("topics/piers/merge", json={"into": "ports"})
        assert (merged.status_code, merged.json()["readers"], merged.json()["briefings"]) == (200, 0, 0)
        assert merged.json()["into"]["rules"] == {"pier": 3, "quay": 4}
        assert merged.json()["into"]["aliases"] == ["quays", "piers"]
        for body, status in (({"into": "gossip"}, 404), ({"into": "ports"}, 422), ({}, 422)):
            answer = await client.post("topics/ports/merge", json=body)
            assert answer.status_code == status
        assert (await client.delete("topics/ports")).status_code == 200
        assert (await client.get("topics/ports")).status_code == 404
        settings = {"slug": "evening", "sections": ["briefing"], "max_items": 9}
        settings |= {"links": [{"name": "Web", "url": "https://newsroom.example/"}], "accent": "#123"}
        made = await client.post("newsletters", json=settings)
        assert made.status_code == 201, made.text
        document = made.json()
        assert (document["sections"], document["accent"]) == (["briefing"], "#112233")
        bare: dict[str, Any] = {"max_items": None, "accent": None, "links": []}
        changed = (await client.patch("newsletters/evening", json=bare)).json()
        assert (changed["max_items"], changed["accent"], changed["links"]) == (None, None, [])
        assert (await client.patch("newsletters/evening", json={"title": None})).status_code == 422
        assert (await client.patch("newsletters/evening", json={"theme": "../x"})).status_code == 422


async def test_reader_comes_changes_pauses_and_goes(store: Database) -> None:
    async with program(store) as client:
        wishes = {"topics": ["trade"], "days": "mon,thu", "at": "07:30", "timezone": "Europe/Paris"}
        made = await client.post("subscribers", json={"email": "ada@example.org", "name": "Ada"} | wishes)
        assert made.status_code == 201, made.text
        assert (made.json()["topics"], made.json()["days"], made.json()["status"]) == (
            ["economy"],
            "mon,thu",
            "active",
        )
        (changed,) = (await client.patch(ADA, json={"topics": "all", "max_items": 5})).json()["items"]
        assert (changed["topics"], changed["max_items"], changed["at"]) == ("all", 5, "07:30")
        (changed,) = (await client.patch(ADA, json={"max_items": None})).json()["items"]
        assert changed["max_items"] is None
        (paused,) = (await client.post(f"{ADA}/pause", json={"until": "2026-12-24"})).json()["items"]
        assert (paused["status"], paused["paused_until"]) == ("paused", "2026-12-23T23:00:00Z")
        (back,) = (await client.post(f"{ADA}/resume", json={})).json()["items"]
        assert back["status"] == "active"
        (asked,) = (await client.post(f"{ADA}/ask", json={"newsletter": "daily"})).json()["items"]
        assert asked["status"] == "pending"
        assert (await client.post(f"{ADA}/ask", json={})).status_code == 200
        (left,) = (await client.post(f"{ADA}/unsubscribe", json={"reason": "moved"})).json()["items"]
        assert left["status"] == "left"
        shown = (await client.get(ADA)).json()
        assert [one["after"] for one in shown["subscriptions"][0]["history"]] == [
            *("active", "paused", "active", "left", "pending", "left")
        ]
        assert "ada@example.org" in (await client.get(f"{ADA}/data")).text
        assert (await client.delete(ADA)).json() == {"erased": "ada@example.org"}
        assert (await client.get(ADA)).status_code == 404
        assert (await client.post(f"{ADA}/ask", json={})).status_code == 404
        log = (await client.get("changes", params={"kind": "reader"})).text
    assert "ada" not in log.casefold().replace("canada", "")


async def test_addresses_are_suppressed_and_let_go(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        await client.post("subscribers", json={"email": "ada@example.org"})
        body = {"addresses": ["ada@example.org", "nobody"], "note": "asked by letter"}
        done = (await client.post("suppressions", json=body)).json()
        assert (done["added"], [one["line"] for one in done["rejected"]]) == (1, [2])
        assert (await client.get(ADA)).json()["subscriptions"][0]["status"] == "suppressed"
        assert (await client.get("suppressions/ada@example.org")).json()["note"] == "asked by letter"
        assert (await client.delete("suppressions/ada@example.org")).status_code == 200
        assert (await client.get("suppressions/ada@example.org")).status_code == 404
        await client.delete(ADA)
        assert (await client.delete("suppressions/ada@example.org")).status_code == 422


async def test_address_may_hold_a_slash(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        await client.post("subscribers", json={"email": "a/data@example.org"})
        shown = await client.get("subscribers/a%2Fdata@example.org")
    assert shown.json()["email"] == "a/data@example.org"


async def test_a_roster_in_utf_16_is_read_as_spreadsheets_write_it(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        roster = "email\tname\nzo@example.org\tZoë\n".encode("utf-16")
        done = await client.post("subscribers/import", content=roster, headers={"Content-Type": "text/csv"})
        assert (done.json()["added"], done.json()["rejected"]) == (1, [])
        assert (await client.get("subscribers/zo@example.org")).json()["name"] == "Zoë"


async def test_rosters_come_in_and_go_out(sqlite_store: Database) -> None:
    roster = "email,name,days\nada@example.org,=Ada,weekdays\nnobody,,\n"
    async with program(sqlite_store) as client:
        kind = {"Content-Type": "text/csv; charset=utf-8"}
        tried = await client.post("subscribers/import?dry_run=true", content=roster, headers=kind)
        assert tried.json()["added"] == 1
        assert (await client.get("subscribers")).json()["items"] == []
        done = (await client.post("subscribers/import", content=roster, headers=kind)).json()
        assert (done["added"], [one["line"] for one in done["rejected"]]) == (1, [3])
        more = "email\n" + "".join(f"reader{n}@example.org\n" for n in range(700))
        await client.post("subscribers/import", content=more, headers=kind)
        sheet = await client.get("subscribers/export")
        lines = await client.get("subscribers/export", params={"format": "json"})
    rows = list(csv.DictReader(io.StringIO(sheet.text)))
    assert len(rows) == 701
    assert (rows[0]["email"], rows[0]["name"]) == ("ada@example.org", "'=Ada")
    assert sheet.headers["content-disposition"] == 'attachment; filename="subscribers.csv"'
    told = lines.json()
    assert [one["email"] for one in told] == [row["email"] for row in rows]
    assert told[0]["days"] == "weekdays"


async def test_one_off_is_rehearsed_sent_looked_at_and_settled(store: Database) -> None:
    async with program(store) as client:
        await client.post("subscribers", json={"email": "ada@example.org"})
        id_ = await _added(client)
        wish = {"newsletter": "daily", "everybody": True, "briefings": [id_], "subject": "One more"}
        rehearsed = (await client.post("send/rehearsal", json=wish)).json()
        assert rehearsed["copies"] == [
            {"readers": 1, "emails": ["ada@example.org"], "briefings": [id_], "skip": None}
        ]
        sent = await client.post("send", json=wish)
        assert (sent.status_code, sent.headers["location"]) == (201, "/api/v1/issues/1")
        assert (await client.post("send", json=wish)).status_code == 422
        issue = (await client.get("issues/1")).json()
        assert (issue["kind"], issue["outcomes"], issue["cohorts"][0]["readers"]) == (
            "by-hand",
            {"planned": 1},
            1,
        )
        (copy,) = (await client.get("deliveries", params={"email": "ada@example.org"})).json()["items"]
        assert copy["message_id"].startswith("<")
        path = f"deliveries/{copy['id']}"
        assert (await client.post(f"{path}/retry")).status_code == 422
        async with store.write() as connection:
            await connection.execute(update(deliveries).values(status=DeliveryStatus.UNCERTAIN))
        assert (await client.post(f"{path}/resolve", json={"as": "sent"})).json()["status"] == "sent"
        assert (await client.get("issues")).json()["items"][0]["status"] == "done"
        why = (await client.get("why", params={"email": "ada@example.org", "briefing": id_})).json()
        assert why["items"][0]["answer"] == "sent"
        assert (await client.get("status")).json()["uncertain"] == 0


async def test_issue_is_held_released_and_cancelled(sqlite_store: Database) -> None:
    async with program(sqlite_store, role=Role.EDITOR) as client:
        async with program(sqlite_store) as admin:
            await admin.post("subscribers", json={"email": "ada@example.org"})
        id_ = await _added(client)
        await client.post("send", json={"newsletter": "daily", "everybody": True, "briefings": [id_]})
        steps = [(await client.post(f"issues/1/{act}")).json() for act in ("hold", "release", "cancel")]
        assert [one["status"] for one in steps] == ["held", "sending", "cancelled"]
        assert (await client.post("issues/1/approve")).status_code == 422


async def test_preview_is_the_mail(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        await client.post("subscribers", json={"email": "ada@example.org"})
        query = {"newsletter": "daily", "email": "ada@example.org"}
        nothing = (await client.get("preview", params=query)).json()
        assert (nothing["skip"], nothing["html"]) == ("nothing-new", None)
        await _added(client)
        shown = (await client.get("preview", params=query)).json()
        assert ITEM["title"] in shown["html"]
        assert ITEM["title"] in shown["text"]
        assert "To: ada@example.org" in shown["message"].replace(
            "To: <ada@example.org>", "To: ada@example.org"
        )
        assert all(one["fits"] for one in shown["sizes"])
        assert (await client.get("issues")).json()["items"] == []


async def test_who_may_send_but_not_see_readers_is_told_no_address(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        await client.post("subscribers", json={"email": "ada@example.org"})
        id_ = await _added(client)
    key = await a_key(sqlite_store, Role.EDITOR, [Power.SEND])
    async with program(sqlite_store, key) as client:
        wish = {"newsletter": "daily", "everybody": True, "briefings": [id_]}
        answer = await client.post("send/rehearsal", json=wish)
    assert answer.json()["copies"][0]["emails"] is None
    assert "ada" not in answer.text


async def test_somebody_is_let_in_by_a_link(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        made = await client.post("people", json={"name": "Grace", "role": "editor", "link": True})
        assert (made.status_code, made.headers["location"]) == (201, "/api/v1/people/2")
        told = made.json()
        page = await client.get(told["link"])
        assert "This is the account of <strong>Grace</strong>" in page.text
        plain = await client.post("people", json={"name": "Eve", "password": "four words that rhyme not"})
        assert (plain.json()["link"], plain.json()["until"]) == (None, None)
        assert "link" not in (await client.get("people/2")).json()
        both = {"name": "Bob", "link": True, "password": "four words that rhyme not"}
        for wrong in (both, {"name": "Bob"}, {"name": "Bob", "link": False}):
            answer = await client.post("people", json=wrong)
            assert answer.status_code == 422
            assert "give a password, or ask for a link" in answer.json()["detail"]
        assert (await client.post("people", json={"name": "Bob", "link": "yes"})).status_code == 422
        assert (await client.post("people", json={"name": "GRACE", "link": True})).status_code == 422
    narrow = await a_key(sqlite_store, Role.ADMIN, [Power.RUN, Power.SEE])
    async with program(sqlite_store, narrow) as client:
        wide = {"name": "Ada", "role": "admin", "link": True}
        assert (await client.post("people", json=wide)).status_code == 403


async def test_who_is_there_already_gets_a_new_link(sqlite_store: Database) -> None:
    async with program(sqlite_store) as client:
        first = (await client.post("people", json={"name": "Grace", "role": "editor", "link": True})).json()
        again = {"Idempotency-Key": "once-more"}
        made = await client.post("people/2/link", headers=again)
        assert made.status_code == 200
        told = made.json()
        assert told | {"link": "", "until": ""} == first | {"link": "", "until": ""}
        assert (await client.post("people/2/link", headers=again)).status_code == 409
        assert "Grace" not in (await client.get(first["link"])).text
        assert "This is the account of <strong>Grace</strong>" in (await client.get(told["link"])).text
        assert (await client.post("people/7/link")).status_code == 404
        await client.patch("people/2", json={"shut_out": True})
        refused = await client.post("people/2/link")
        assert (refused.status_code, "shut out" in refused.json()["detail"]) == (422, True)
    narrow = await a_key(sqlite_store, Role.ADMIN, [Power.RUN, Power.SEE])
    async with program(sqlite_store, narrow) as client:
        # whoever has the link of an admin becomes one
        assert (await client.post("people/1/link")).status_code == 403


async def test_key_hands_out_no_more_than_it_has(sqlite_store: Database) -> None:
    narrow = await a_key(sqlite_store, Role.ADMIN, [Power.RUN, Power.SEE])
    async with program(sqlite_store, narrow) as client:
        person = {"name": "Eve", "role": "admin", "password": "four words that rhyme not"}
        assert (await client.post("people", json=person)).status_code == 403
        assert (await client.post("people", json=person | {"role": "viewer"})).status_code == 201
        wide = {"label": "more", "scopes": ["keep-readers"]}
        assert (await client.post("people/1/keys", json=wide)).status_code == 403
        made = await client.post("people/1/keys", json={"label": "less", "scopes": ["see"]})
        assert made.status_code == 201
        assert made.json()["key"].startswith("digest_")
        keys = (await client.get("people/1/keys")).json()["items"]
        assert "key" not in keys[0]
        assert (await client.delete(f"keys/{made.json()['id']}")).json()["revoked_at"] is not None
        assert (await client.patch("people/2", json={"shut_out": True})).json()["shut_out_at"] is not None
        assert (await client.patch("people/1", json={"shut_out": True})).status_code == 403
