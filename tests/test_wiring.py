"""What parts the settings ask for: how fast we may send, on which event loop."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import SecretStr

from digest.config import Settings
from digest.core.pace import Limit, Limits
from digest.core.warmup import WarmingUp, WarmUp
from digest.errors import SettingsError
from digest.settings_file import load_settings
from digest.wiring import event_loop_for, limits_of, replies_to_of, warm_up_of
from tests.test_config import _in_an_empty_folder as _in_an_empty_folder
from tests.test_config import refusal, written


def test_without_a_word_a_family_may_have_all_connections_and_nothing_has_a_rate() -> None:
    assert limits_of(load_settings(None)) == Limits(Limit(40), Limit(40), {})
    assert limits_of(Settings(smtp_connections=7)) == Limits(Limit(7), Limit(7), {})
    assert warm_up_of(load_settings(None)) is None


def test_limits_come_from_the_file_and_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    written('smtp_connections = 8\nsmtp_rate = 50\nfamily_rate = 5.5\nfamily_limits = "gmail.com:3"\n')
    monkeypatch.setenv("DIGEST_FAMILY_CONNECTIONS", "4")
    monkeypatch.setenv("DIGEST_FAMILY_LIMITS", " GoogleMail.com:10 , t-online.de : 2 : 0.5,")
    assert limits_of(load_settings(None)) == Limits(
        Limit(8, 50.0), Limit(4, 5.5), {"gmail.com": Limit(10, 5.5), "t-online.de": Limit(2, 0.5)}
    )


def test_a_warm_up_begins_on_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    written("warm_up_since = 2026-11-24\nwarm_up_first = 50\n")
    monkeypatch.setenv("DIGEST_WARM_UP_GROWTH", "2")
    found = warm_up_of(load_settings(None))
    assert found == WarmingUp(WarmUp(50, 2.0, 50_000), date(2026, 11, 24))
    assert found.allowance(date(2026, 11, 26), 30) == 170


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("smtp_rate", "0", "greater than 0"),
        ("smtp_rate", "nan", ""),
        ("family_connections", "0", "greater than or equal to 1"),
        ("family_rate", "fast", "valid number"),
        ("family_limits", "gmail.com", "DOMAIN:CONNECTIONS"),
        ("family_limits", "gmail.com:0", "1 to 500 connections"),
        ("family_limits", "gmail.com:5:0", "rates above 0"),
        ("family_limits", "gmail:5", "DOMAIN:CONNECTIONS"),
        ("warm_up_since", "tomorrow", "a day such as 2026-11-24"),
        ("warm_up_since", "2026-11-31", "day"),
        ("warm_up_growth", "1", "greater than 1"),
        ("warm_up_first", "0", "greater than or equal to 1"),
    ],
)
def test_what_nobody_can_keep_is_refused(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"DIGEST_{name.upper()}", value)
    message = refusal()
    assert message.startswith(f"DIGEST_{name.upper()} ")
    assert words in message


@pytest.mark.parametrize(
    ("url", "pays"),
    [
        ("smtp://127.0.0.1:25", True),
        ("smtp://127.0.0.1:25,smtp://127.0.0.2:25", True),
        ("smtp://127.0.0.1:25,smtps://127.0.0.2:465", False),
        ("smtp+starttls://127.0.0.1:587", False),
        ("file:var/outbox", False),
    ],
)
def test_uvloop_is_taken_for_plain_connections_alone(url: str, pays: bool) -> None:
    uvloop = pytest.importorskip("uvloop")
    factory = event_loop_for(Settings(smtp_url=SecretStr(url)))
    assert factory is (uvloop.new_event_loop if pays else None)


@pytest.mark.parametrize(
    ("url", "sends", "pays"),
    [
        ("smtp://127.0.0.1:25", True, True),
        ("smtps://127.0.0.1:465", True, False),
        ("smtps://127.0.0.1:465", False, True),
        ("file:var/outbox", True, True),
        ("file:var/outbox", False, True),
    ],
)
def test_pages_are_served_by_uvloop_unless_mail_goes_over_tls_beside_them(
    url: str, sends: bool, pays: bool
) -> None:
    uvloop = pytest.importorskip("uvloop")
    factory = event_loop_for(Settings(smtp_url=SecretStr(url)), sends=sends, serves=True)
    assert factory is (uvloop.new_event_loop if pays else None)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", ""),
        ("  ", ""),
        (" Desk@Newsroom.Example ", "Desk@newsroom.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
    ],
    ids=["none", "blank", "one", "other script"],
)
def test_answers_of_readers_go_to_one_address(
    text: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_REPLIES_TO", text)
    assert replies_to_of(load_settings(None)) == address


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("desk", "is not valid"),
        ("a@x.example, b@x.example", "one address is wanted"),
        ("Desk <a@x.example>", "is not valid"),
    ],
    ids=["no address", "two", "with a name"],
)
def test_what_is_not_one_address_gets_no_answers(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=f"^DIGEST_REPLIES_TO: .*{words}"):
        replies_to_of(Settings(replies_to=text))
