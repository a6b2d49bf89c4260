"""Each finding about names is told in full: how bad it is, what is so, and what to do about it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Final

import pytest

from digest.core.doctor_answers import Answer, Trouble
from digest.core.doctor_findings import Finding, Found, Level
from digest.core.doctor_records import KeyWanted, judge_dkim, judge_dmarc, judge_mx, judge_ptr
from digest.core.doctor_spf import judge_spf, walk
from digest.core.doctor_spf_address import hosts_named, judge_spf_address

ADVICE, WARNING, ERROR = Level.ADVICE, Level.WARNING, Level.ERROR
ABSENT: Final = Answer(trouble=Trouble.ABSENT)
PUBLIC: Final = b64encode(b"thirty-two octets of a public key").decode()
KEY: Final = KeyWanted("S1", f"v=DKIM1; k=rsa; p={PUBLIC}")
PLACE: Final = "s1._domainkey.a.net"
PUBLISH: Final = f'publish a TXT record at {PLACE}: "{KEY.record}"'


def told(findings: Iterable[Finding]) -> list[tuple[Found, Level, str, str]]:
    return [(one.id, one.level, one.line, one.mend) for one in findings]


@pytest.mark.parametrize(
    ("text", "found", "level", "line", "mend"),
    [
        (
            None,
            *(Found.DKIM_MISSING, ERROR, f"there is no key at {PLACE}: signatures cannot be checked"),
            PUBLISH,
        ),
        (
            "k=rsa",
            *(Found.DKIM_SYNTAX, ERROR),
            f"the record at {PLACE} cannot be read: it is no DKIM1 record with a key, p=",
            PUBLISH,
        ),
        (
            "v=DKIM1; p=" + PUBLIC[:8] + "!" + PUBLIC[8:],
            *(Found.DKIM_SYNTAX, ERROR),
            f"the record at {PLACE} cannot be read: Only base64 data is allowed",
            PUBLISH,
        ),
        (
            "p=",
            *(Found.DKIM_REVOKED, ERROR, f"the key at {PLACE} was revoked: its p= is empty"),
            f"make a new key under a new selector, or {PUBLISH}",
        ),
        (
            f"k=ed25519; p={PUBLIC}",
            *(
                Found.DKIM_DIFFERS,
                ERROR,
                f"the key at {PLACE} is not the one that signs: every signature fails",
            ),
            PUBLISH,
        ),
        (
            f"t=s : y; p={PUBLIC}",
            *(Found.DKIM_TESTING, ADVICE),
            f"the record at {PLACE} says that DKIM is only tried (t=y): "
            "receivers then treat mail as unsigned",
            "take t=y out of the record",
        ),
    ],
    ids=["missing", "no-key", "no-base64", "revoked", "another", "tried"],
)
def test_of_a_key(text: str | None, found: Found, level: Level, line: str, mend: str) -> None:
    answer = ABSENT if text is None else Answer((text,))
    assert told(judge_dkim("a.net", KEY, answer)) == [(found, level, line, mend)]


def test_of_several_records_the_best_counts() -> None:
    found = judge_dkim("a.net", KEY, Answer(("p=", f"t=y; p={PUBLIC}", f"p={PUBLIC}")))
    assert told(found) == []


AT: Final = "_dmarc.a.net"
SYNTAX: Final = f"the record at {AT} cannot be read"
CORRECT: Final = 'correct it, such as "v=DMARC1; p=quarantine"'


@pytest.mark.parametrize(
    ("texts", "found", "level", "line", "mend"),
    [
        (
            (),
            *(Found.DMARC_MISSING, ERROR),
            "a.net has no DMARC record, which large providers want of who sends to many",
            'publish a TXT record at _dmarc.a.net, to begin with "v=DMARC1; p=none; rua=mailto:ADDRESS"',
        ),
        (
            ("v=DMARC1; p=reject", " v=DMARC1; p=none"),
            *(Found.DMARC_SEVERAL, ERROR),
            f"there are 2 DMARC records at {AT}, and receivers then heed none",
            "leave one of them",
        ),
        (
            ("v=DMARC1; p=none",),
            *(Found.DMARC_NONE, ADVICE, f"the DMARC record at {AT} asks receivers for nothing (p=none)"),
            "when its reports are quiet, go on to p=quarantine or p=reject",
        ),
        (("v=DMARC1",), Found.DMARC_SYNTAX, ERROR, f"{SYNTAX}: it has no policy, p=", CORRECT),
        (("v=DMARC1; ; word",), Found.DMARC_SYNTAX, ERROR, f"{SYNTAX}: 'word' is no tag", CORRECT),
        (
            ("v=DMARC1; p=none; P=none",),
            *(Found.DMARC_SYNTAX, ERROR, f"{SYNTAX}: P= stands in it more than once", CORRECT),
        ),
        (
            ("v=DMARC1; p=drop",),
            *(Found.DMARC_SYNTAX, ERROR, f"{SYNTAX}: p=drop is none of none, quarantine, reject", CORRECT),
        ),
        (
            ("v=DMARC1; p=none; sp=drop",),
            *(Found.DMARC_SYNTAX, ERROR, f"{SYNTAX}: sp=drop is none of none, quarantine, reject", CORRECT),
        ),
        (
            ("v=DMARC1; p=none; adkim=x",),
            *(Found.DMARC_SYNTAX, ERROR, f"{SYNTAX}: adkim=x is none of r, s", CORRECT),
        ),
        (
            ("v=DMARC1; p=none; aspf=x",),
            *(Found.DMARC_SYNTAX, ERROR, f"{SYNTAX}: aspf=x is none of r, s", CORRECT),
        ),
        (
            ("v=DMARC1; p=none; pct=101",),
            *(Found.DMARC_SYNTAX, ERROR, f"{SYNTAX}: pct=101 is not from 0 to 100", CORRECT),
        ),
    ],
    ids=["missing", "several", "none", "no-policy", "no-tag", "twice", "p", "sp", "adkim", "aspf", "pct"],
)
def test_of_a_policy(texts: tuple[str, ...], found: Found, level: Level, line: str, mend: str) -> None:
    assert told(judge_dmarc("a.net", {AT: Answer(texts)}, is_signed=True)) == [(found, level, line, mend)]


def test_a_policy_rests_on_spf_alone_where_nothing_is_signed() -> None:
    known = {AT: Answer(("v=DMARC1; p=reject; sp=none; adkim=r; aspf=s; pct=100",))}
    assert told(judge_dmarc("a.net", known, is_signed=True)) == []
    assert told(judge_dmarc("a.net", known, is_signed=False)) == [
        (
            *(Found.DMARC_ALIGNMENT, WARNING),
            f"DMARC at {AT} rests on SPF alone, which fails when a mail is passed on: we sign nothing",
            "set DIGEST_DKIM_KEYS",
        )
    ]
    # of a domain below, sp= is what counts
    below = {"_dmarc.news.a.net": ABSENT, **known}
    assert [one.id for one in judge_dmarc("news.a.net", below, is_signed=True)] == [Found.DMARC_NONE]


MAIL: Final = "let an MX record of a.net name who takes its mail"


@pytest.mark.parametrize(
    ("mx", "addresses", "found"),
    [
        (
            Answer((".",)),
            ABSENT,
            (
                *(Found.MX_NOWHERE, ERROR),
                "a.net says that it takes no mail (a null MX, RFC 7505), and receivers refuse mail from it",
                MAIL,
            ),
        ),
        (
            ABSENT,
            Answer(("192.0.2.1",)),
            (
                *(Found.MX_MISSING, WARNING),
                "a.net has no MX record: returned mail goes to its own address, if anything listens there",
                MAIL,
            ),
        ),
        (
            ABSENT,
            ABSENT,
            (
                *(Found.MX_MISSING, ERROR),
                "a.net has no MX record and no address: returned mail and answers are lost",
                MAIL,
            ),
        ),
    ],
    ids=["nowhere", "address", "lost"],
)
def test_of_who_takes_its_mail(mx: Answer, addresses: Answer, found: tuple[Found, Level, str, str]) -> None:
    assert told(judge_mx("a.net", mx, addresses)) == [found]


def test_of_the_name_of_an_address() -> None:
    assert told(judge_ptr("192.0.2.1", ABSENT, {})) == [
        (
            *(Found.PTR_MISSING, ERROR),
            "192.0.2.1 has no name (PTR record), and large providers refuse mail from such addresses",
            "ask who gave you the address to set one",
        )
    ]
    names, back = Answer(("x.net", "y.net")), {"x.net": Answer(("192.0.2.9",))}
    assert told(judge_ptr("192.0.2.1", names, back)) == [
        (
            *(Found.PTR_DIFFERS, WARNING),
            "192.0.2.1 is called x.net, and that name does not lead back to it",
            "let an address record of x.net hold 192.0.2.1",
        )
    ]
    assert told(judge_ptr("192.0.2.9", names, back)) == []


# --- SPF ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "found"),
    [
        (
            {"a.net": ()},
            (
                *(Found.SPF_MISSING, ERROR),
                "a.net has no SPF record: anybody may send in its name, and large providers refuse its mail",
                'publish a TXT record at a.net such as "v=spf1 mx include:PROVIDER -all"',
            ),
        ),
        (
            {"a.net": ("v=spf1 mx -all", "v=spf1 a -all")},
            (
                *(Found.SPF_SEVERAL, ERROR),
                "a.net has 2 SPF records, and receivers then heed none (RFC 7208 section 4.5)",
                "put what they say into one record",
            ),
        ),
        (
            {"a.net": ("v=spf1 spf -all",)},
            (
                *(Found.SPF_SYNTAX, ERROR, "the SPF record of a.net cannot be read: 'spf' is no term"),
                "correct that word",
            ),
        ),
        (
            {"a.net": ("v=spf1 include:b.net -all",), "b.net": ("v=spf1 spf -all",)},
            (
                *(Found.SPF_SYNTAX, ERROR, "the SPF record of b.net cannot be read: 'spf' is no term"),
                "ask who runs b.net, or take it out of a.net",
            ),
        ),
        (
            {"a.net": ("v=spf1 include:b.net -all",), "b.net": ()},
            (
                *(Found.SPF_INCLUDE, ERROR),
                "the SPF record of a.net leads to b.net, which has none (or several): the check then fails",
                "take b.net out of the record, or correct the name",
            ),
        ),
        (
            {"a.net": (f"v=spf1 {'mx:b.net ' * 11}-all",)},
            (
                *(Found.SPF_LOOKUPS, ERROR),
                "the SPF record of a.net makes receivers ask 11 times, and they give up after 10",
                "take out what does not send any more, or name its networks by ip4: and ip6:",
            ),
        ),
        (
            {"a.net": ("v=spf1 mx",)},
            (
                *(Found.SPF_OPEN, WARNING),
                "the SPF record of a.net does not say what becomes of all other senders",
                "let it end with -all, or with ~all while you try it",
            ),
        ),
        (
            {"a.net": ("v=spf1 mx ?all",)},
            (
                *(Found.SPF_OPEN, WARNING),
                "the SPF record of a.net ends with ?all: everybody may send in its name",
                "let it end with -all, or with ~all while you try it",
            ),
        ),
    ],
    ids=["missing", "several", "syntax", "of-another", "include", "lookups", "no-end", "open-end"],
)
def test_of_who_may_send(records: dict[str, tuple[str, ...]], found: tuple[Found, Level, str, str]) -> None:
    known = {name: Answer(texts) for name, texts in records.items()}
    assert told(judge_spf("a.net", known)) == [found]


def test_ten_times_are_asked_and_the_ends_of_others_are_their_own() -> None:
    known = {
        "a.net": Answer((f"v=spf1 {'mx:b.net ' * 9}include:B.net. -all",)),
        "b.net": Answer(("v=spf1 ip4:192.0.2.1",)),
    }
    assert told(judge_spf("a.net", known)) == []
    assert told(judge_spf("a.net", {"a.net": Answer(("v=spf1 redirect=%{d}.b.net",))})) == []
    assert told(judge_spf("a.net", {"a.net": Answer(("v=spf1",))})) == []


def test_a_record_that_leads_in_a_circle_comes_to_an_end() -> None:
    walked = walk("A.net", {"a.net": Answer(("v=spf1 include:a.net -all",))})
    assert 10 < walked.lookups <= 22
    assert walked.needs == frozenset()


def test_what_has_to_be_asked_first_is_named_and_silence_is_no_fault() -> None:
    known = {"a.net": Answer(("v=spf1 include:b.net include:c.net include:d.net -all",))}
    assert walk("a.net", known).needs == {"b.net", "c.net", "d.net"}
    silent = Answer(trouble=Trouble.SILENT)
    assert walk("a.net", {**known, "b.net": ABSENT, "c.net": ABSENT}).lost == ("b.net", "c.net")
    walked = walk("a.net", {**known, "b.net": silent, "c.net": ABSENT, "d.net": Answer(("v=spf1 ip4 -all",))})
    assert walked.lost == ("c.net",)
    assert walked.faults == (("d.net", "'ip4' is not made as ip4 is"),)
    assert not walk("a.net", {"a.net": ABSENT}).lost


def test_a_fault_hides_nothing_that_comes_after_it() -> None:
    known = {
        "a.net": Answer(("v=spf1 include:b.net. include:c.net -all",)),
        "b.net": Answer(("v=spf1 exp=x.net exp=y.net",)),
        "c.net": Answer(("v=spf1 exists:a! -all",)),
    }
    assert walk("a.net", known).faults == (
        ("b.net", "exp= stands in it more than once"),
        ("c.net", "'exists:a!' is not made as exists is"),
    )


def test_a_redirect_counts_only_where_nothing_says_all() -> None:
    others = {"b.net": Answer(("v=spf1 ip4:192.0.2.1 -all",))}
    leads = walk("a.net", {"a.net": Answer(("v=spf1 redirect=b.net",)), **others})
    assert [term.name for _, term in leads.terms] == ["redirect", "ip4", "all"]
    stays = walk("a.net", {"a.net": Answer(("v=spf1 -all redirect=b.net",)), **others})
    assert [term.name for _, term in stays.terms] == ["all", "redirect"]


def test_an_address_that_may_not_send_is_told_with_the_word_that_lets_it() -> None:
    walked = walk("a.net", {"a.net": Answer(("v=spf1 mx:B.net. a -all",))})
    hosts = {("a", "a.net"): Answer(("192.0.2.1",)), ("mx", "b.net"): Answer(("192.0.2.2",))}
    assert hosts_named(walked) == hosts.keys()
    for address, word in (("192.0.2.9", "ip4:192.0.2.9"), ("2001:db8::9", "ip6:2001:db8::9")):
        assert told(judge_spf_address("a.net", address, walked, hosts)) == [
            (
                *(Found.SPF_ADDRESS, ERROR),
                f"mail leaves from {address}, and the SPF record of a.net does not let it",
                f"put {word} into the record, before its all",
            )
        ]


@pytest.mark.parametrize(
    "record",
    ["spf -all", "include:lost.net -all", "ptr -all", "a:%{d}.b.net -all"],
    ids=["fault", "lost", "ptr", "macro"],
)
def test_where_it_cannot_be_told_who_may_send_nothing_is(record: str) -> None:
    known = {"a.net": Answer((f"v=spf1 ip4:198.51.100.1 {record}",)), "lost.net": ABSENT}
    assert told(judge_spf_address("a.net", "192.0.2.9", walk("a.net", known), {})) == []
    assert told(judge_spf_address("a.net", "192.0.2.9", walk("a.net", {"a.net": ABSENT}), {})) == []


def test_what_only_keeps_others_out_need_not_be_known() -> None:
    walked = walk("a.net", {"a.net": Answer(("v=spf1 ip4:192.0.2.9 -exists:%{i}.b.net -ptr -all",))})
    assert told(judge_spf_address("a.net", "192.0.2.8", walked, {})) != []
    assert told(judge_spf_address("a.net", "192.0.2.9", walked, {})) == []
