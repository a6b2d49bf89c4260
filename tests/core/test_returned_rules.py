"""The table of reports, row by row: only clear evidence makes a hard bounce."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.returned import Kind
from digest.core.returned_rules import Said, clearest, codes_in, is_guess, is_vague, rule_on


def kind(text: str, enhanced: str = "", *, action: str = "failed") -> Kind:
    reply, found = codes_in(text)
    return rule_on(Said(action, reply, clearest(found, enhanced), text)).kind


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 <ada@pier.example>: Recipient address rejected: User unknown in virtual alias table",
        "550 5.7.1 user unknown",
        "550 5.7.1 No such user!",
        "550 No such user here",
        "554 delivery error: dd This user doesn't have a pier.example account",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup",
        "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)",
        "550-5.1.1 The email account that you tried to reach does not exist.",
        "550 5.2.1 The email account that you tried to reach is disabled.",
        "550 Requested action not taken: mailbox unavailable",
        "550 5.1.1 <ada@antispam.example> unknown",
        "host mx.spamfilter.example said: 550 invalid recipient",
        "550 5.1.6 Recipient has moved to another place",
        "550 5.4.4 Host or domain name not found. Name service error for name=x type=A: Host not found",
        "550 5.1.2 Host unknown (Name server: nowhere.example.: host not found)",
        "556 5.1.10 domain has declared that it takes no mail (null MX)",
        "550 Benutzer unbekannt",
        "550 destinataire inconnu",
        "550 usuario desconocido",
        "550 用户不存在",
        "550 宛先不明",
        "conta inexistente Remetente: bo@elsewhere.example",
        "I could not find a mail exchanger or IP address: 550 no such domain",
        "550 нет такого пользователя",
        "5.1.0 - Unknown address error 550-'5.4.1 Recipient address rejected: Access denied.'",
        "550 5.7.27 Host does not accept mail",
        "an MX or SRV record indicated no SMTP service",
        "550 domain pier.example does not exist",
        "554 RCPT (ada@pier.example) dosn't exist",
        "550 ** No mailbox available for this user **",
        "550 BAD_RECIPIENT",
        "550 this user doesn\u2019t exist",
        "550 this mailbox was blocked due to inactivity",
        "550 ada@pier.example not known here",
        "550 Esta casilla ha expirado",
        "550 E-postadressen hittades inte",
        "550 Nie można odnaleźć adresu",
        "550 ディレクトリに見つかりません",
    ],
)
def test_clear_words_make_it_hard(text: str) -> None:
    assert kind(text) is Kind.HARD


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("550 5.1.1 message blocked by spam filter", Kind.BLOCKED),
        ("550 5.1.1 mailbox full", Kind.FULL),
        ("550 5.1.1 rejected due to policy", Kind.BLOCKED),
        ("550 5.1.1 Sender address rejected: user unknown", Kind.BLOCKED),
        ("550 5.1.8 Sender domain not found", Kind.BLOCKED),
        ("550 unknown user in your MAIL FROM: sender unknown", Kind.BLOCKED),
        ("553 http://www.spamhaus.org/query/bl?ip=192.0.2.7", Kind.BLOCKED),
        ("550 5.1.1 account temporarily disabled", Kind.SOFT),
        ("550 5.2.1 The user you are trying to contact is receiving mail too quickly", Kind.BLOCKED),
        ("450 4.1.1 user unknown", Kind.SOFT),
        ("450 4.2.2 over quota", Kind.FULL),
        ("421 4.7.0 try again later", Kind.SOFT),
        ("421 4.7.28 our system has seen an unusual rate of mail", Kind.BLOCKED),
        ("552 5.3.4 message size exceeds fixed limit", Kind.SOFT),
        ("554 5.4.6 too many hops", Kind.SOFT),
        ("550 5.7.1 relaying denied", Kind.SOFT),
        ("550 5.7.26 this mail is unauthenticated", Kind.BLOCKED),
        ("550 5.7.1 refused", Kind.BLOCKED),
        ("4.4.7 message expired", Kind.SOFT),
        ("4.4.3 Host or domain name not found: try again", Kind.SOFT),
        ("550 5.0.0 no", Kind.SOFT),
        ("554 5.4.1 no", Kind.SOFT),
        ("554 transaction failed", Kind.SOFT),
        ("553 5.1.3 in the list http://dnsbl.example/", Kind.BLOCKED),
        ("550 dirección del remitente desconocida", Kind.BLOCKED),
        ("550 Adresse des Absenders unbekannt", Kind.BLOCKED),
        ("550 adres nadawcy nie istnieje", Kind.BLOCKED),
        ("550 адрес отправителя не существует", Kind.BLOCKED),
        ("550 差出人のアドレスが見つかりません", Kind.BLOCKED),
        ("550 不存在的发件人", Kind.BLOCKED),
        ("550 IP-Adresse ungültig", Kind.BLOCKED),
        ("550 用户名或密码错误", Kind.BLOCKED),
        ("550 5.4.5 Daily sending quota exceeded", Kind.BLOCKED),
        ("550 your account has been disabled for sending", Kind.BLOCKED),
        ("550 the account you used to send this is inactive", Kind.BLOCKED),
        ("550 no valid MX records for sender domain", Kind.BLOCKED),
        ("550 unknown recipient limit reached", Kind.BLOCKED),
        ("550 invalid address in To header", Kind.BLOCKED),
        ("550 account is closed for maintenance", Kind.SOFT),
        ("550 mailbox is inactive until Monday", Kind.SOFT),
        ("550 the mailbox has been moved to a new server, try again", Kind.SOFT),
        ("550 DNS timeout, host unknown", Kind.SOFT),
        ("550 Administrative prohibition", Kind.BLOCKED),
        ("550 5.1.1 this account is not allowed to receive mail from outside", Kind.BLOCKED),
        ("550 this address no longer accepts mail from news@harbour.example", Kind.BLOCKED),
        ("550 5.7.1 invalid address in From: header", Kind.BLOCKED),
        ("550 5.6.9 8-bit data in a header", Kind.BLOCKED),
        ("550 5.2.0 Mail rejected. ABC_506", Kind.BLOCKED),
        ("554 DT:SPM smtp", Kind.BLOCKED),
        ("550 sender frequency limited", Kind.BLOCKED),
        ("part of their network is on our block list", Kind.BLOCKED),
        ("550 <ada@pier.example>: Relay access denied", Kind.SOFT),
        ("501 5.5.4 Invalid domain name", Kind.SOFT),
        ("431 4.3.1 not enough disk space on the server", Kind.SOFT),
        ("550 Unknown user (in reply to end of DATA command)", Kind.SOFT),
        ("552 the account does not have enough space", Kind.FULL),
        ("550 his mailbox has overdrawn its disk space, try again later", Kind.FULL),
        ("550 user has too many messages on the server", Kind.FULL),
        ("550 destinatario desconocido o mailbox lleno", Kind.FULL),
        ("Message from Harbour Security Suite: not delivered", Kind.SOFT),
        ("", Kind.SOFT),
    ],
)
def test_what_may_pass_or_is_about_us_is_never_hard(text: str, meant: Kind) -> None:
    assert kind(text) is meant


@pytest.mark.parametrize("code", ["5.4.1", "5.1.0"])
def test_who_is_not_in_the_directory_of_exchange_has_its_code_in_a_field_alone(code: str) -> None:
    said = Said("failed", "550", code, "Recipient address rejected: Access denied")
    assert rule_on(said).kind is (Kind.HARD if code == "5.4.1" else Kind.BLOCKED)


def test_what_a_code_says_of_the_address_counts_also_after_the_mail() -> None:
    assert kind("550 5.1.10 no such recipient (in reply to end of DATA command)") is Kind.HARD


def test_a_month_is_no_guess() -> None:
    assert not is_guess("On Thu, 9 May 2026 the user did not exist")
    assert is_guess("The user may not exist")


@pytest.mark.parametrize("code", ["5.1.1", "5.1.10", "5.1.2", "5.1.3", "5.1.6", "5.2.1"])
def test_a_clear_code_is_enough_where_words_say_nothing(code: str) -> None:
    assert kind("refused", code) is Kind.HARD
    assert kind("refused", f"4{code[1:]}") is Kind.SOFT


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "delayed"])
def test_what_has_not_failed_is_no_failure_whatever_it_says(action: str) -> None:
    ruling = rule_on(Said(action, "550", "5.1.1", "user unknown"))
    assert ruling.kind in {Kind.DELIVERED, Kind.DELAYED}
    assert not ruling.permanent


@given(
    st.sampled_from(["", "failed"]),
    st.sampled_from(["", "450", "550", "554"]),
    st.sampled_from(["", "4.2.0", "5.0.0", "5.1.0", "5.3.0", "5.5.0", "5.7.1"]),
    st.text(alphabet=st.characters(exclude_categories=["L", "N"]), max_size=60),
)
def test_nothing_is_hard_without_a_word_or_a_clear_code(
    action: str, reply: str, code: str, text: str
) -> None:
    assert rule_on(Said(action, reply, code, text)).kind is not Kind.HARD


@given(st.text(max_size=300))
def test_codes_are_codes_or_nothing(text: str) -> None:
    reply, enhanced = codes_in(text)
    assert re.fullmatch(r"(?:[45]\d\d)?", reply)
    assert re.fullmatch(r"(?:[245]\.\d{1,3}\.\d{1,3})?", enhanced)
    assert not (reply and enhanced) or reply[0] == enhanced[0]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("550 5.1.1 no", ("550", "5.1.1")),
        ("550-5.7.1 no 550 5.7.1 no", ("550", "5.7.1")),
        ("no mailbox (#5.1.1)", ("", "5.1.1")),
        ("192.5.0.1 said 554: no", ("554", "")),
        ("250 ok, then 452 4.2.2 full", ("452", "4.2.2")),
        ("550 5.0.0 and 5.1.1", ("550", "5.1.1")),
        ("550 5.0.0 and 5.1.0", ("550", "5.1.0")),
        ("550 5.0.0 and nothing more", ("550", "5.0.0")),
        ("call 555-0100-22", ("", "")),
    ],
)
def test_codes_are_found_among_words(text: str, codes: tuple[str, str]) -> None:
    assert codes_in(text) == codes


@pytest.mark.parametrize(
    ("codes", "clear"),
    [
        (("5.0.0", "5.1.1"), "5.1.1"),
        (("5.0.0", "4.0.0"), "5.0.0"),
        (("", "none", "5.1", "5.2.2"), "5.2.2"),
        (("5.1.1", "5.2.2"), "5.1.1"),
        (("", "9.1.1"), ""),
        ((), ""),
    ],
)
def test_of_several_codes_the_first_counts_that_says_something(codes: tuple[str, ...], clear: str) -> None:
    assert clearest(*codes) == clear


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("250 2.0.0 queued, then 550 5.1.1 no", ("550", "5.1.1")),
        ("550 no such user (4.2.2, 5.1.1)", ("550", "5.1.1")),
        ("550 5.0.0 no 5.1.1 user", ("550", "5.1.1")),
        ("5.1.0 - Unknown address error 550-'5.1.1 no'", ("550", "5.1.1")),
        ("status 5.2.2", ("", "5.2.2")),
        ("", ("", "")),
    ],
)
def test_the_code_that_counts_is_of_the_class_of_the_reply(text: str, found: tuple[str, str]) -> None:
    assert codes_in(text) == found


def test_what_says_nothing_leaves_room_for_other_words() -> None:
    def ruled(text: str) -> bool:
        reply, enhanced = codes_in(text)
        return is_vague(rule_on(Said("failed", reply, enhanced, text)))

    assert ruled("something happened")
    assert ruled("451 something happened")
    assert not ruled("550 5.1.1 user unknown")
