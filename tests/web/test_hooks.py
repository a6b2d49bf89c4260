"""What mail providers post ends at the reader it is about, and what anybody else posts ends nowhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from digest.core.limits import BY_WRONG_CALL
from digest.core.model import DeliveryStatus
from digest.flows.hooks import _Once
from digest.mail.hooks.called import Provider, Refusal, RefusedError
from digest.store.database import Database
from digest.web.hooks import MOST_BODY_BYTES
from subscribers.model import Standing
from tests.flows.newsroom import copies, reader
from tests.flows.returning import back_to, sent_to
from tests.mail.hooks.samples import UNKNOWN_READER, generic_event, sendgrid_event
from tests.mail.hooks.signing import (
    KEYS,
    NOW,
    SIGNING_KEY,
    WHSEC,
    by_token,
    call_of,
    notification,
    subscription,
)
from tests.reach.httpd import Reply
from tests.web.providers import PEM_PATH, providers
from tests.web.visiting import all_rows

pytestmark = pytest.mark.anyio
ALL = pytest.mark.parametrize("provider", Provider)

ANA = "ana@readers.example"


@pytest.fixture
def told() -> Iterator[LogCapture]:
    """What the log was told."""
    capture = LogCapture()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[capture])
    yield capture
    structlog.configure(processors=before)


async def standing_of(store: Database, address: str = ANA) -> Standing:
    return (await reader(store, address)).standing


# --- taken --------------------------------------------------------------------------------------------------


@ALL
async def test_reader_whom_nobody_knows_gets_no_more_mail(provider: Provider, store: Database) -> None:
    await sent_to(store, ANA, "bob@readers.example")
    async with providers(store) as post:
        answer = await post.say(provider, UNKNOWN_READER[provider])
        assert (answer.status_code, answer.text) == (200, "taken\n")
        assert await standing_of(store) is Standing.BOUNCING
        assert await standing_of(store, "bob@readers.example") is Standing.ACTIVE
        (copy,) = await copies(store, address=ANA)
        assert (copy.status, copy.reason) == (DeliveryStatus.REFUSED, "no-such-address")
        before = await all_rows(store)
        # a provider that did not hear us comes again
        assert (await post.say(provider, UNKNOWN_READER[provider])).status_code == 200
        assert await all_rows(store) == before


@ALL
async def test_no_session_no_cookie_and_no_redirect_is_in_an_answer(
    provider: Provider, sqlite_store: Database
) -> None:
    async with providers(sqlite_store) as post:
        for call in (call_of(provider, UNKNOWN_READER[provider]), call_of(provider, "nonsense")):
            answer = await post.post(provider, call)
            assert "set-cookie" not in answer.headers
            assert "location" not in answer.headers
            assert answer.headers["content-type"] == "text/plain; charset=utf-8"
            assert answer.text.count("\n") == 1


async def test_copy_is_found_by_its_return_path_when_the_address_is_another(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    said = generic_event(recipient="ana@inbox.example", return_path=back_to(copy))
    async with providers(store) as post:
        assert (await post.say(Provider.GENERIC, said)).status_code == 200
    assert (await copies(store, address=ANA))[0].status is DeliveryStatus.REFUSED


async def test_batch_of_sendgrid_is_settled_reader_by_reader(store: Database) -> None:
    names = [f"r{number}@readers.example" for number in range(5)]
    await sent_to(store, *names)
    batch = [sendgrid_event("spamreport", email=one) for one in names[:2]]
    batch += [sendgrid_event("unsubscribe", email=names[2]), sendgrid_event("open", email=names[3])]
    async with providers(store) as post:
        assert (await post.say(Provider.SENDGRID, batch)).status_code == 200
    found = [await standing_of(store, one) for one in names]
    assert found == [Standing.COMPLAINED] * 2 + [Standing.LEFT] + [Standing.ACTIVE] * 2


async def test_second_store_can_be_fed_by_the_webhooks_of_a_first(store: Database) -> None:
    await sent_to(store, ANA)
    data = {
        "subscription": 4,
        "newsletter": "daily",
        "before": "active",
        "standing": "complained",
        "email": ANA,
    }
    said = {"type": "reader.complained", "timestamp": "2026-11-24T08:59:00Z", "data": data}
    async with providers(store) as post:
        assert (await post.say(Provider.GENERIC, said)).status_code == 200
    assert await standing_of(store) is Standing.COMPLAINED


# --- refused ------------------------------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize("configured", [False, True], ids=["no-secret", "other-secret"])
async def test_call_that_nobody_vouches_for_changes_nothing(
    provider: Provider, configured: bool, store: Database
) -> None:
    await sent_to(store, ANA)
    before = await all_rows(store)
    secrets: dict[str, tuple[str]] = {provider: (KEYS[provider].other,)} if configured else {}
    async with providers(store, secrets) as post:
        answer = await post.say(provider, UNKNOWN_READER[provider])
        assert answer.status_code == (401 if configured else 403)
        assert answer.text == f"{Refusal.FORGED if configured else Refusal.NO_SECRET}\n"
        assert post.reach.went == []
    assert await all_rows(store) == before


@pytest.mark.parametrize("provider", [Provider.POSTMARK, Provider.SPARKPOST])
async def test_who_may_bring_a_password_is_asked_for_it(provider: Provider, sqlite_store: Database) -> None:
    async with providers(sqlite_store) as post:
        answer = await post.ask("POST", f"/hooks/{provider}", json={})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="hooks"')


async def test_application_without_providers_refuses_all(sqlite_store: Database) -> None:
    from tests.web.visiting import visitor

    async with visitor(sqlite_store, NOW) as client:
        for provider in Provider:
            answer = await client.post(f"/hooks/{provider}", json=UNKNOWN_READER[provider])
            assert (answer.status_code, answer.text) == (403, f"{Refusal.NO_SECRET}\n")


@pytest.mark.parametrize("name", ["mandrill", "SES", "ses ", "%00"])
async def test_provider_that_is_not_known_is_not_found(name: str, sqlite_store: Database) -> None:
    async with providers(sqlite_store) as post:
        assert (await post.ask("POST", f"/hooks/{name}", json={})).status_code == 404


@ALL
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_nothing_but_post_is_allowed(provider: Provider, method: str, sqlite_store: Database) -> None:
    async with providers(sqlite_store) as post:
        answer = await post.ask(method, f"/hooks/{provider}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_body_beyond_a_megabyte_is_not_read(sqlite_store: Database) -> None:
    async with providers(sqlite_store) as post:
        largest = await post.ask("POST", "/hooks/generic", content=b"x" * MOST_BODY_BYTES)
        larger = await post.ask("POST", "/hooks/generic", content=b"x" * (MOST_BODY_BYTES + 1))
    assert (largest.status_code, larger.status_code) == (401, 413)


async def test_signed_nonsense_is_refused_as_such(sqlite_store: Database) -> None:
    async with providers(sqlite_store) as post:
        answer = await post.say(Provider.POSTMARK, [1, 2, 3])
    assert (answer.status_code, answer.text) == (400, f"{Refusal.UNREADABLE}\n")


async def test_replay_is_refused_once_it_is_stale(sqlite_store: Database) -> None:
    async with providers(sqlite_store) as post:
        call = call_of(Provider.GENERIC, UNKNOWN_READER[Provider.GENERIC])
        assert (await post.post(Provider.GENERIC, call)).status_code == 200
        post.now += timedelta(minutes=6)
        answer = await post.post(Provider.GENERIC, call)
    assert (answer.status_code, answer.text) == (401, f"{Refusal.STALE}\n")


async def test_token_of_mailgun_comes_with_one_body_only(store: Database) -> None:
    await sent_to(store, ANA, "bob@readers.example")
    async with providers(store) as post:
        heard = by_token(UNKNOWN_READER[Provider.MAILGUN], NOW, token="abc")
        assert (await post.post(Provider.MAILGUN, heard)).status_code == 200
        # who listened on the way has a good signature, and puts something else beside it
        forged = json.loads(heard.body)
        forged["event-data"]["recipient"] = "bob@readers.example"
        answer = await post.post(Provider.MAILGUN, replace(heard, body=json.dumps(forged).encode()))
        assert (answer.status_code, answer.text) == (401, f"{Refusal.REPLAYED}\n")
        # Mailgun itself, which did not hear our answer, is welcome for as long as it calls again
        post.now += timedelta(hours=8)
        assert (await post.post(Provider.MAILGUN, heard)).status_code == 200
        answer = await post.post(Provider.MAILGUN, replace(heard, body=json.dumps(forged).encode()))
        assert (answer.status_code, answer.text) == (401, f"{Refusal.REPLAYED}\n")
        post.now += timedelta(hours=2)
        assert (await post.post(Provider.MAILGUN, heard)).status_code == 401
    assert await standing_of(store, "bob@readers.example") is Standing.ACTIVE


def test_tokens_are_remembered_up_to_a_number_the_newest_ones() -> None:
    once = _Once(most=3)
    for token in ("a", "b", "c", "d"):
        once.check(token, b"one", NOW)
    with pytest.raises(RefusedError):
        once.check("d", b"two", NOW)
    # the first has made room
    once.check("a", b"two", NOW)
    assert len(once._seen) == 3


async def test_who_guesses_is_slowed_down_and_the_provider_is_not(sqlite_store: Database) -> None:
    async with providers(sqlite_store) as post:
        for _ in range(BY_WRONG_CALL.most):
            assert (await post.ask("POST", "/hooks/sparkpost", content=b"[]")).status_code == 401
        answer = await post.ask("POST", "/hooks/sparkpost", content=b"[]")
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= BY_WRONG_CALL.span.total_seconds() + 1
        assert (await post.say(Provider.SPARKPOST, [])).status_code == 200
        elsewhere = await post.ask("POST", "/hooks/sparkpost", content=b"[]", seen_from="203.0.113.9")
        assert elsewhere.status_code == 401


async def test_log_tells_of_refusals_once_a_minute_with_their_number(
    sqlite_store: Database, told: LogCapture
) -> None:
    async with providers(sqlite_store) as post:
        for _ in range(5):
            await post.ask("POST", "/hooks/generic", content=b"{}")
        post.now += timedelta(minutes=1)
        await post.ask("POST", "/hooks/generic", content=b"{}")
    warned: list[Any] = [
        one["count"] for one in told.entries if one["event"].startswith("calls of a provider")
    ]
    assert warned == [1, 5]


async def test_no_secret_and_no_address_is_in_the_log(sqlite_store: Database, told: LogCapture) -> None:
    await sent_to(sqlite_store, ANA)
    async with providers(sqlite_store) as post:
        for provider in Provider:
            await post.say(provider, UNKNOWN_READER[provider])
            await post.ask("POST", f"/hooks/{provider}", content=b"{}")
    written = json.dumps(told.entries, default=str)
    assert told.entries
    assert not [one for one in (ANA, WHSEC, SIGNING_KEY, KEYS[Provider.POSTMARK].secret) if one in written]


# --- the store ----------------------------------------------------------------------------------------------


@ALL
async def test_provider_is_asked_to_come_again_when_the_store_does_not_answer(
    provider: Provider, sqlite_store: Database
) -> None:
    await sent_to(sqlite_store, ANA)
    async with providers(sqlite_store) as post:
        async with sqlite_store.write() as connection:
            await connection.exec_driver_sql("ALTER TABLE returns RENAME TO gone")
        answer = await post.say(provider, UNKNOWN_READER[provider])
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        async with sqlite_store.write() as connection:
            await connection.exec_driver_sql("ALTER TABLE gone RENAME TO returns")
        assert (await post.say(provider, UNKNOWN_READER[provider])).status_code == 200
    assert await standing_of(sqlite_store) is Standing.BOUNCING


# --- Amazon -------------------------------------------------------------------------------------------------


async def test_subscription_to_a_topic_of_ours_is_confirmed(sqlite_store: Database) -> None:
    async with providers(sqlite_store) as post:
        assert (await post.post(Provider.SES, subscription())).status_code == 200
        assert [url.partition("?")[0] for url in post.reach.went] == [
            f"https://sns.eu-west-1.amazonaws.com{PEM_PATH}",
            "https://sns.eu-west-1.amazonaws.com/",
        ]
        asked = post.reach.server.asked[-1].path
        assert asked.startswith(
            "/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:123456789012:mail"
        )


async def test_question_of_a_strange_topic_leads_nowhere(sqlite_store: Database) -> None:
    async with providers(sqlite_store) as post:
        for more in ({"TopicArn": KEYS[Provider.SES].other}, {"SubscribeURL": "https://evil.example/"}):
            assert (await post.post(Provider.SES, subscription(**more))).status_code == 401
        assert not [url for url in post.reach.went if "pem" not in url]


async def test_certificate_is_fetched_once(sqlite_store: Database) -> None:
    async with providers(sqlite_store) as post:
        calls = [notification(json.dumps(UNKNOWN_READER[Provider.SES])) for _ in range(5)]
        answers = await asyncio.gather(*(post.post(Provider.SES, call) for call in calls))
        assert [one.status_code for one in answers] == [200] * 5
        assert len(post.reach.went) == 1


@pytest.mark.parametrize(
    "page",
    [
        Reply(b"", 500),
        Reply(b"not here", 404),
        Reply(b"", 302, {"Location": "/elsewhere.pem"}),
        Reply(b"hello"),
    ],
    ids=["fault", "missing", "redirect", "no-certificate"],
)
async def test_amazon_is_asked_to_come_again_while_its_certificate_cannot_be_had(
    page: Reply, sqlite_store: Database
) -> None:
    async with providers(sqlite_store) as post:
        good, post.reach.server.pages[PEM_PATH] = post.reach.server.pages[PEM_PATH], page
        answer = await post.say(Provider.SES, UNKNOWN_READER[Provider.SES])
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        post.reach.server.pages[PEM_PATH] = good
        assert (await post.say(Provider.SES, UNKNOWN_READER[Provider.SES])).status_code == 200


async def test_nobody_can_have_us_ask_amazon_without_end(sqlite_store: Database) -> None:
    async with providers(sqlite_store) as post:
        for number in range(40):
            url = f"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{number}.pem"
            answer = await post.post(Provider.SES, notification("{}", SigningCertURL=url))
            assert answer.status_code == 503
        assert len(post.reach.went) == 30
        post.now += timedelta(hours=1)
        assert (await post.say(Provider.SES, UNKNOWN_READER[Provider.SES])).status_code == 200


async def test_confirmation_that_fails_is_tried_again_by_amazon(sqlite_store: Database) -> None:
    async with providers(sqlite_store) as post:
        post.reach.server.pages["/"] = Reply(b"", 500)
        assert (await post.post(Provider.SES, subscription())).status_code == 503
        post.reach.server.pages["/"] = Reply(b"ok")
        assert (await post.post(Provider.SES, subscription())).status_code == 200
