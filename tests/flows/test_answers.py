"""What readers write in answer to mails goes on to the newsroom, and nothing goes round and round."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from digest.core.limits import BY_UNKNOWN_WRITERS, BY_WRITER
from digest.core.notices import NoticeKind
from digest.core.returned import Kind
from digest.core.settling import Effect
from digest.flows import my_data, readers
from digest.flows.tidy import KEEP_ANSWERS, tidy
from digest.mail.evidence import Proof
from digest.store import returned, returned_mails
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, add_newsletter, at, change_newsletter, join, reader
from tests.flows.post_office import all_notices, send_notices
from tests.flows.returned_words import ANA, DESK, a_copy, a_notice, follow, told, written
from tests.flows.test_forgetting import everything_in
from tests.walk.recording import recording
from tests.wire.transmission import fields_of, head_of, texts_of, value_of

pytestmark = pytest.mark.anyio


async def sent(store: Database, folder: Path) -> list[tuple[dict[str, str], str]]:
    """What a server takes now: the fields of each mail, and its text on one line."""
    async with recording() as record:
        await send_notices(store, folder, record.server, now=at(24, 8, 5))
    return [
        (
            {
                name: value_of(fields_of(head_of(one.content)), name)
                for name in ("From", "To", "Reply-To", "Subject", "Auto-Submitted")
            },
            " ".join(texts_of(one.content)["text/plain"].split()),
        )
        for one in record.accepted
    ]


async def test_an_answer_goes_to_the_newsroom_and_an_answer_to_that_to_its_reader(
    store: Database, tmp_path: Path
) -> None:
    copy = await a_copy(store, name="Ana Quist")
    words = (
        "You wrote Narva.\nIt is Narvik!\n\nOn Tue, Nov 24, 2026 the Digest <d@x.example> wrote:\n> Tariffs"
    )
    assert await follow(store, written(copy, words, subject="Re: Tariffs")) == [Effect.FORWARDED]
    ((fields, text),) = await sent(store, tmp_path)
    assert fields == {
        "From": "Ana Quist by way of The Daily Digest <digest@newsroom.example>",
        "To": DESK,
        "Reply-To": ANA,
        "Subject": "Re: Tariffs",
        "Auto-Submitted": "auto-generated",
    }
    assert f"Ana Quist ({ANA}) answered issue 1 of The Daily Digest (Tuesday, November 24, 2026)." in text
    assert "You wrote Narva. It is Narvik!" in text
    assert "wrote:" not in text
    assert f"it goes to {ANA}." in text


async def test_the_mail_names_the_number_under_which_the_answer_is_kept(
    store: Database, tmp_path: Path
) -> None:
    one = written(await a_copy(store))
    await follow(store, one)
    row = {
        "key": one.key,
        "at": at(24, 8),
        "origin": "mail",
        "kind": "reply",
        "permanent": False,
        **dict.fromkeys(("reply", "enhanced", "text", "rule", "proof", "family", "recipient"), ""),
        "effect": "forwarded",
    }
    async with store.write() as connection:
        mail_id = await returned_mails.keep(connection, b"k" * 16, b"whole", (ANA, ""), at(24, 8), 100)
        await returned.keep(connection, [{**row, "mail_id": mail_id}])
        number = await returned.number_under(connection, one.key)
    assert number is not None
    ((_, text),) = await sent(store, tmp_path)
    assert f"The whole mail is kept: see digest bounces show {number}." in text


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("other", "bob@example.org answered issue 1 of The Daily Digest (Tuesday, November 24, 2026), which"),
        ("address", f"{ANA} wrote, and names no mail; the last one that went there was issue 1 of The Daily"),
        ("reads", f"{ANA} reads The Daily Digest and wrote; nothing tells which mail it answers."),
        ("stranger", "eve@example.org wrote, somebody who reads nothing here, as far as we know."),
        ("nobody", "Somebody who gives no address wrote, somebody who reads nothing here"),
    ],
    ids=["other", "address", "reads", "stranger", "nobody"],
)  # fmt: skip
async def test_it_is_said_how_far_it_is_known_who_wrote(
    sqlite_store: Database, tmp_path: Path, who: str, says: str
) -> None:
    copy = await a_copy(sqlite_store)
    one = {
        "other": written(copy, writer="bob@example.org"),
        "address": written(copy, proof=Proof.ADDRESS),
        "reads": written(None),
        "stranger": written(None, writer="eve@example.org"),
        "nobody": written(None, writer=""),
    }[who]
    assert await follow(sqlite_store, one) == [Effect.FORWARDED]
    ((fields, text),) = await sent(sqlite_store, tmp_path)
    assert says in text
    assert fields["Reply-To"] == one.event.recipient
    assert fields["Subject"] == "An answer to The Daily Digest"


async def test_an_answer_to_a_mail_that_is_no_issue_says_which(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await change_newsletter(sqlite_store, goodbye=True)
    await join(sqlite_store, ANA, TUESDAY)
    await readers.unsubscribe(ANA, None, reason="enough", store=sqlite_store, now=TUESDAY)
    (goodbye,) = await all_notices(sqlite_store)
    await follow(sqlite_store, written(await a_notice(sqlite_store, goodbye.id), "Farewell"))
    text = (await sent(sqlite_store, tmp_path))[-1][1]
    assert f"{ANA} answered a mail that is no issue (goodbye)." in text


@pytest.mark.parametrize(
    "writer",
    [DESK, "Desk@Newsroom.Example", "digest@newsroom.example", "WEEKLY@newsroom.example"],
    ids=["desk", "its case", "sender", "another sender"],
)
@pytest.mark.parametrize("known", [True, False], ids=["proved", "unproved"])
async def test_nothing_that_we_sent_ourselves_is_handed_on(
    sqlite_store: Database, writer: str, known: bool
) -> None:
    await add_newsletter(sqlite_store, "weekly", sender_address="weekly@newsroom.example")
    one = written(await a_copy(sqlite_store) if known else None, writer=writer)
    assert await follow(sqlite_store, one) == [Effect.NOTED if known else Effect.UNMATCHED]
    assert await all_notices(sqlite_store, kind=NoticeKind.ANSWER) == ()


async def test_what_a_machine_of_the_newsroom_answers_to_an_answer_is_not_handed_on(
    sqlite_store: Database,
) -> None:
    await follow(sqlite_store, written(await a_copy(sqlite_store)))
    (answer,) = await all_notices(sqlite_store)
    again = written(
        await a_notice(sqlite_store, answer.id), "Ticket 1 was made", writer="tickets@elsewhere.example"
    )
    assert await follow(sqlite_store, again) == [Effect.NOTED]
    assert len(await all_notices(sqlite_store)) == 1


async def test_so_many_a_day_are_handed_on_from_one_address(store: Database) -> None:
    copy = await a_copy(store)
    several = [written(copy, f"And {number}", writer=ANA.upper()) for number in range(BY_WRITER.most + 2)]
    effects = await follow(store, *several)
    assert effects == [Effect.FORWARDED] * BY_WRITER.most + [Effect.NOTED] * 2
    assert await follow(store, written(copy, writer="bob@example.org")) == [Effect.FORWARDED]
    assert await follow(store, written(copy), now=at(25, 8)) == [Effect.FORWARDED]
    assert len(await all_notices(store)) == BY_WRITER.most + 2


async def test_so_many_a_day_are_handed_on_of_whom_nothing_is_proved(sqlite_store: Database) -> None:
    copy = await a_copy(sqlite_store)
    several = [
        written(None, writer=f"spam{number}@x.example") for number in range(BY_UNKNOWN_WRITERS.most + 1)
    ]
    effects = await follow(sqlite_store, *several)
    assert effects == [Effect.FORWARDED] * BY_UNKNOWN_WRITERS.most + [Effect.UNMATCHED]
    assert await follow(sqlite_store, written(copy)) == [Effect.FORWARDED]


async def test_without_an_address_for_them_answers_are_kept_alone(sqlite_store: Database) -> None:
    copy = await a_copy(sqlite_store)
    effects = await follow(sqlite_store, written(copy), written(None), replies_to="")
    assert effects == [Effect.NOTED, Effect.UNMATCHED]
    assert await all_notices(sqlite_store) == ()


async def test_the_same_answer_is_handed_on_once(sqlite_store: Database) -> None:
    one = written(await a_copy(sqlite_store))
    assert await follow(sqlite_store, one, one) == [Effect.FORWARDED, Effect.NOTED]
    assert len(await all_notices(sqlite_store)) == 1


async def test_what_machines_say_is_not_handed_on(sqlite_store: Database) -> None:
    copy = await a_copy(sqlite_store)
    effects = await follow(sqlite_store, told(Kind.AUTO_REPLY, copy), told(Kind.CHALLENGE, copy))
    assert effects == [Effect.NOTED] * 2
    assert await all_notices(sqlite_store) == ()


@pytest.mark.parametrize(
    "writer",
    [
        "zoë@example.org",
        "not an address",
        "a@b\r\nBcc: eve@evil.example",
        "=?utf-8?q?x?=@example.org>",
        "@",
        "x" * 400,
    ],
    ids=["local", "none", "two lines", "words", "at", "long"],
)
async def test_an_address_to_which_no_answer_can_go_stands_in_no_field(
    sqlite_store: Database, tmp_path: Path, writer: str
) -> None:
    assert await follow(sqlite_store, written(await a_copy(sqlite_store), writer=writer)) == [
        Effect.FORWARDED
    ]
    ((fields, text),) = await sent(sqlite_store, tmp_path)
    assert fields["Reply-To"] == ""
    assert "An answer to this mail does not reach them" in text


async def test_an_address_of_another_script_stands_there_in_ascii(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await follow(sqlite_store, written(await a_copy(sqlite_store), writer="ana@bücher.example"))
    ((fields, _),) = await sent(sqlite_store, tmp_path)
    assert fields["Reply-To"] == "ana@xn--bcher-kva.example"


async def test_a_mail_to_the_newsroom_that_comes_back_says_nothing_of_the_reader(
    sqlite_store: Database,
) -> None:
    await follow(sqlite_store, written(await a_copy(sqlite_store)))
    (answer,) = await all_notices(sqlite_store)
    mailed = await a_notice(sqlite_store, answer.id)
    effects = await follow(
        *(
            sqlite_store,
            told(Kind.HARD, mailed, recipient=DESK),
            told(Kind.COMPLAINT, mailed, recipient=DESK),
        ),
        told(Kind.UNSUBSCRIBE, mailed, recipient=DESK),
    )
    assert effects == [Effect.NOTED] * 3
    assert (await reader(sqlite_store, ANA)).standing == "active"


async def test_who_is_erased_stands_in_no_answer_any_more(store: Database) -> None:
    copy = await a_copy(store, "quist@example.org", name="Ana Quist")
    await a_copy(store, "bob@example.org")
    await follow(store, written(copy, "Quist writes", writer="quist@example.org", subject="Quist"))
    await follow(store, written(copy, "From work", writer="quist@work.example"))
    await follow(store, written(None, "Bob's friend", writer="friend@example.org"))
    assert "quist" in (await everything_in(store)).lower()
    await readers.erase("quist@example.org", store=store, now=at(24, 9))
    assert "quist" not in (await everything_in(store)).lower()
    answers = await all_notices(store, kind=NoticeKind.ANSWER)
    assert [one.reason for one in answers] == ["erased", "erased", ""]
    assert [one.data.get("words", "") for one in answers] == ["", "", "Bob's friend"]


async def test_who_asks_gets_their_own_words_and_of_others_only_that_there_are_some(store: Database) -> None:
    copy = await a_copy(store)
    await follow(store, written(copy, "It is Narvik!", subject="Re: Tariffs"))
    await follow(store, written(copy, "I am a friend.", writer="friend@example.org", subject="Hello"))
    await follow(store, written(None, "From nobody you know.", writer="stranger@example.org"))
    found = await my_data.all_of(ANA, store=store)
    assert found is not None
    own, of_a_friend = found["answers"]
    assert (own["newsletter"], own["came_at"], own["handed_on_at"]) == ("daily", at(24, 8), None)
    assert (own["from_this_address"], own["subject"], own["words"]) == (True, "Re: Tariffs", "It is Narvik!")
    assert (of_a_friend["from_this_address"], of_a_friend["words"]) == (False, None)
    assert not any(word in str(found) for word in ("friend", "Hello", "stranger", "nobody you know"))


async def test_answers_are_forgotten_some_time_after_they_were_handed_on_whoever_wrote(
    store: Database, tmp_path: Path
) -> None:
    copy = await a_copy(store)
    await follow(store, written(copy, "It is Narvik!"))
    await follow(store, written(None, "Hello there.", writer="stranger@example.org"))
    await sent(store, tmp_path)
    handed_on = at(24, 8, 5)

    async def words() -> list[str]:
        return [one.data.get("words", "") for one in await all_notices(store, kind=NoticeKind.ANSWER)]

    await tidy(store=store, now=handed_on + KEEP_ANSWERS, keep_unconfirmed=timedelta(days=1))
    assert await words() == ["It is Narvik!", "Hello there."]
    later = handed_on + KEEP_ANSWERS + timedelta(minutes=1)
    await tidy(store=store, now=later, keep_unconfirmed=timedelta(days=1))
    assert await words() == ["", ""]
    assert "stranger@example.org" not in await everything_in(store)
    assert [one.status for one in await all_notices(store, kind=NoticeKind.ANSWER)] == ["sent", "sent"]


async def test_an_answer_that_is_not_handed_on_yet_is_not_forgotten(store: Database) -> None:
    await follow(store, written(await a_copy(store), "It is Narvik!"))
    later = at(24, 8) + 2 * KEEP_ANSWERS
    await tidy(store=store, now=later, keep_unconfirmed=timedelta(days=1))
    (one,) = await all_notices(store, kind=NoticeKind.ANSWER)
    assert one.data["words"] == "It is Narvik!"
