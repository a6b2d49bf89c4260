"""Which settings are unwise though each is well made, and what to do about it: values alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from digest.core.doctor_findings import Finding, Found, Level
from digest.core.doctor_servers import judge_carrier
from digest.core.doctor_settings import (
    KEY_OCTETS,
    PlainServer,
    Sender,
    SettingsSeen,
    is_local,
    is_reserved,
    judge_settings,
)
from digest.core.pace import Limit, Limits
from digest.core.warmup import WarmingUp, WarmUp

TODAY = date(2026, 11, 24)
OURS = Sender("daily", "News@Gazette.press.", has_postal_address=True)
#: Nothing is wrong with these.
WISE = SettingsSeen(
    "https://news.gazette.press",
    sends=True,
    today=TODAY,
    shortest_key=KEY_OCTETS,
    dkim_keys=1,
    limits=Limits(Limit(20, rate=10.0), Limit(20, rate=10.0)),
    warm_up=WarmingUp(WarmUp(), TODAY),
    has_alerts=True,
    has_returns=True,
    senders=(OURS,),
)
FINE = Finding(Found.SETTINGS_FINE, Level.FINE, "the settings go together")


def found_in(**changes: object) -> list[Finding]:
    """What is wrong with settings that are wise but for these."""
    findings = judge_settings(replace(WISE, **changes))
    return [one for one in findings if one != FINE]


def test_wise_settings_go_together() -> None:
    assert judge_settings(WISE) == (FINE,)
    unset = replace(WISE, shortest_key=None, limits=None, warm_up=None, senders=())
    assert judge_settings(unset) == (FINE,)


@pytest.mark.parametrize(
    ("changes", "found", "level", "line", "mend"),
    [
        (
            {"unread": (("DIGEST_SMPT_URL", "DIGEST_SMTP_URL"),)},
            *(Found.SETTINGS_UNREAD, Level.WARNING),
            *("the variable DIGEST_SMPT_URL is set, and nothing reads it",),
            "name it DIGEST_SMTP_URL, or take it away",
        ),
        (
            {"unread": (("DIGEST_OF_OURS", ""),)},
            *(Found.SETTINGS_UNREAD, Level.ADVICE, "the variable DIGEST_OF_OURS is set, and is no setting"),
            "if nothing of yours reads it, see docs/settings.md for the name that was meant",
        ),
        (
            {"refused": ("DIGEST_SMTP_URL is none",)},
            *(Found.SETTINGS_UNUSABLE, Level.ERROR, "DIGEST_SMTP_URL is none"),
            "change this setting; see digest.toml",
        ),
        (
            {"shortest_key": 31},
            *(Found.SECRET_KEY_SHORT, Level.WARNING, "a key that signs links has 31 characters"),
            "put a random one of 32 or more before it in DIGEST_SECRET_KEY, and keep the old one behind a "
            "comma while its links are in mails",
        ),
        (
            {"readable": ("var/secret",)},
            *(Found.SECRET_READABLE, Level.ERROR),
            "var/secret holds a secret, and every user of this machine may read it",
            "chmod o-rwx 'var/secret', and change the secret if others use this machine",
        ),
        (
            {"warm_up": WarmingUp(WarmUp(), TODAY + timedelta(days=1))},
            *(Found.WARM_UP_LATER, Level.ADVICE),
            "the warm-up begins on 2026-11-25; until then each day has the ceiling of its first",
            "let DIGEST_WARM_UP_SINCE be the day on which the first mails really go",
        ),
        (
            {"warm_up": WarmingUp(WarmUp(), TODAY - timedelta(days=99))},
            *(Found.WARM_UP_OVER, Level.ADVICE, "the warm-up that began on 2026-08-17 is over"),
            "take DIGEST_WARM_UP_SINCE out",
        ),
        (
            {"base_url": "http://127.0.0.1:8000"},
            *(Found.BASE_URL_LOCAL, Level.ERROR),
            "links in mails lead to http://127.0.0.1:8000, which readers cannot reach",
            "set DIGEST_BASE_URL to where readers reach the pages",
        ),
        (
            {"base_url": "http://news.gazette.press"},
            *(Found.BASE_URL_PLAIN, Level.ERROR),
            "links in mails begin with http://news.gazette.press: one-click unsubscribe needs https "
            "(RFC 8058)",
            "serve the pages by https, and set DIGEST_BASE_URL to that",
        ),
        (
            {
                "plain_logins": (
                    PlainServer("smtp://a", "10.0.0.1"),
                    PlainServer("smtp://b", "mx.gazette.press"),
                )
            },
            *(Found.SMTP_PLAIN, Level.ERROR),
            "the password for smtp://b crosses the network unencrypted",
            "write smtp+starttls:// or smtps:// in DIGEST_SMTP_URL",
        ),
        (
            {"dkim_keys": 0},
            *(Found.DKIM_NONE, Level.WARNING),
            "mails are not signed by us: large providers want DKIM of who sends to many",
            "set DIGEST_DKIM_KEYS, unless your mail server signs with the sender's domain",
        ),
        (
            {"has_returns": False},
            *(Found.RETURNS_NONE, Level.WARNING),
            "nothing takes in what comes back: readers who are gone or complain are written to for ever",
            "set DIGEST_RETURNS_MAILBOX, DIGEST_RETURNS_LISTEN or DIGEST_HOOK_SECRETS (docs/returns.md)",
        ),
        (
            {"has_alerts": False},
            *(Found.ALERTS_NONE, Level.ADVICE),
            "nobody is told by mail when a run stops or too much comes back",
            "set DIGEST_ALERTS_TO",
        ),
        (
            {"senders": (replace(OURS, address="news@paper.example"),)},
            *(Found.SENDER_RESERVED, Level.ERROR),
            "newsletter daily is from news@paper.example, a name that belongs to nobody",
            "digest newsletters edit daily --sender with an address of yours",
        ),
        (
            {"senders": (replace(OURS, has_postal_address=False),)},
            *(Found.POSTAL_ADDRESS, Level.ADVICE),
            "newsletter daily has no postal address, which many countries ask for",
            "digest newsletters edit daily --postal-address",
        ),
        (
            {
                "senders": (
                    OURS,
                    replace(OURS, address="b@other.press"),
                    replace(OURS, address="c@other.press"),
                )
            },
            *(Found.SENDER_DOMAINS, Level.ADVICE),
            "newsletters are from 2 domains, and the same keys sign for all: gazette.press, other.press",
            "publish the records of DIGEST_DKIM_KEYS under each of them",
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Found) else "",
)
def test_what_is_unwise_is_told_with_its_mend(
    changes: dict[str, object], found: Found, level: Level, line: str, mend: str
) -> None:
    assert found_in(**changes) == [Finding(found, level, line, mend)]


@pytest.mark.parametrize(
    ("limits", "names"),
    [
        (Limits(Limit(20), Limit(21)), ["each family is 21 connections, and the server as a whole has 20"]),
        (
            Limits(Limit(20, 10.0), Limit(20, 10.5)),
            ["each family is 10.5 copies a second, and the server as a whole has 10"],
        ),
        (Limits(Limit(20, None), Limit(20, 10.5)), []),
        (Limits(Limit(20, 10.0), Limit(20, None)), []),
        (
            Limits(Limit(20, 1.0), Limit(2), {"gmail.com": Limit(30, 2.0), "qq.com": Limit(1)}),
            [
                "gmail.com is 30 connections, and the server as a whole has 20",
                "gmail.com is 2 copies a second, and the server as a whole has 1",
            ],
        ),
    ],
    ids=["connections", "rate", "no-rate-of-all", "no-rate-of-one", "both"],
)
def test_a_limit_of_a_family_above_that_of_the_server_never_takes_effect(
    limits: Limits, names: list[str]
) -> None:
    assert found_in(limits=limits) == [
        Finding(
            Found.LIMIT_ABOVE,
            Level.WARNING,
            f"the limit of {name}: it never takes effect",
            "raise DIGEST_SMTP_CONNECTIONS or DIGEST_SMTP_RATE, or lower DIGEST_FAMILY_LIMITS and its kin",
        )
        for name in names
    ]


def test_what_matters_when_mails_go_to_people_does_not_when_they_go_into_a_folder() -> None:
    bare = SettingsSeen("http://127.0.0.1:8000", sends=False, today=TODAY, senders=(OURS,))
    assert judge_settings(bare) == (FINE,)
    assert len(judge_settings(replace(bare, sends=True))) == 4


def test_keys_that_sign_nothing_need_no_records() -> None:
    senders = (OURS, replace(OURS, address="b@other.press"))
    assert [one.id for one in found_in(senders=senders, dkim_keys=0)] == [Found.DKIM_NONE]


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        *[("localhost", True), ("mail", True), ("", True), ("mail.lan", True), ("Mail.LOCAL.", True)],
        *[("127.0.0.1", True), ("10.1.2.3", True), ("[::1]", True), ("fe80::1%eth0", True)],
        *[("mail.gazette.press", False), ("8.8.8.8", False), ("[2001:4860:4860::8888]", False)],
        *[("local.gazette.press", False), ("mail.home.local", True)],
    ],
)
def test_a_host_is_here_or_elsewhere(host: str, is_one: bool) -> None:
    assert is_local(host) is is_one


@pytest.mark.parametrize(
    ("domain", "is_one"),
    [
        *[("paper.example", True), ("Example.COM.", True), ("news.example.org", True), ("a.test", True)],
        *[("gazette.press", False), ("notexample.com", False), ("example.com.press", False)],
        ("invalid", True),
    ],
)
def test_some_domains_belong_to_nobody(domain: str, is_one: bool) -> None:
    assert is_reserved(domain) is is_one


def test_a_transport_of_a_plugin_is_not_called_without_a_mail() -> None:
    line = "mails go to acme:x by a transport that is a plugin: it is not called without one"
    assert judge_carrier("acme:x") == Finding(Found.SMTP_CARRIER, Level.FINE, line)
