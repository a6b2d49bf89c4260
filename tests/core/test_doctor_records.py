"""DKIM and DMARC records, MX and PTR as receivers judge them (RFC 6376, 7489, 7505)."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.doctor_answers import Answer, Trouble
from digest.core.doctor_findings import Found, Level
from digest.core.doctor_records import (
    KeyWanted,
    dmarc_names,
    judge_dkim,
    judge_dmarc,
    judge_mx,
    judge_ptr,
    parse_tags,
)

PUBLIC = b64encode(b"thirty-two octets of a public key").decode()
OURS = KeyWanted("s1", f"v=DKIM1; k=rsa; p={PUBLIC}")
ABSENT = Answer(trouble=Trouble.ABSENT)
SILENT = Answer(trouble=Trouble.SILENT)


@pytest.mark.parametrize(
    "text",
    [
        f"v=DKIM1; k=rsa; p={PUBLIC}",
        # rsa is what is meant where nothing is said, and blanks may stand within the key
        f"p={PUBLIC[:10]} {PUBLIC[10:]};",
        f" v = DKIM1 ;k=RSA; h=sha256; n=a note; s=email; t=s; p={PUBLIC} ; ",
    ],
    ids=["as told", "least", "all tags"],
)
def test_the_key_that_signs_is_known_in_any_spelling(text: str) -> None:
    assert list(judge_dkim("a.net", OURS, Answer((text,)))) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"v=DKIM1; k=ed25519; p={PUBLIC}", Found.DKIM_DIFFERS),
        (f"v=DKIM1; p={b64encode(b'another').decode()}", Found.DKIM_DIFFERS),
        ("v=DKIM1; p=", Found.DKIM_REVOKED),
        ("v=DKIM1; k=rsa", Found.DKIM_SYNTAX),
        ("v=DKIM2; p=abcd", Found.DKIM_SYNTAX),
        ("v=DKIM1; p=abc", Found.DKIM_SYNTAX),
        (f"v=DKIM1; p={PUBLIC}; p={PUBLIC}", Found.DKIM_SYNTAX),
        ("a word of somebody else", Found.DKIM_SYNTAX),
        (f"t=y:s; p={PUBLIC}", Found.DKIM_TESTING),
    ],
    ids=["other kind", "other key", "empty", "no key", "version", "base64", "twice", "a word", "tried"],
)
def test_any_other_record_is_told(text: str, found: Found) -> None:
    (it,) = judge_dkim("a.net", OURS, Answer((text,)))
    assert it.id is found
    assert "s1._domainkey.a.net" in it.line


def test_the_right_key_beside_an_old_one_is_enough() -> None:
    texts = ("v=DKIM1; p=", OURS.record)
    assert list(judge_dkim("a.net", OURS, Answer(texts))) == []


def test_a_missing_key_is_shown_as_it_has_to_be() -> None:
    (it,) = judge_dkim("a.net", OURS, ABSENT)
    assert (it.id, OURS.record in it.mend) == (Found.DKIM_MISSING, True)


def test_dmarc_is_looked_for_at_the_domain_and_above() -> None:
    assert dmarc_names("News.Mail.a.net.") == ["_dmarc.news.mail.a.net", "_dmarc.mail.a.net", "_dmarc.a.net"]
    assert dmarc_names("localhost") == ["_dmarc.localhost"]


@pytest.mark.parametrize(
    ("own", "above", "found"),
    [
        (["v=DMARC1; p=reject"], [], []),
        (["a word", "v=DMARC1;p=QUARANTINE;adkim=s;aspf=r;pct=50"], [], []),
        ([], ["v=DMARC1; p=reject"], []),
        (["v=DMARC1; p=none"], ["v=DMARC1; p=reject"], [Found.DMARC_NONE]),
        ([], ["v=DMARC1; p=reject; sp=none"], [Found.DMARC_NONE]),
        (["v=DMARC1; p=reject; sp=none"], [], []),
        ([], [], [Found.DMARC_MISSING]),
        (["v=DMARC10; p=none", "p=none"], [], [Found.DMARC_MISSING]),
        (["v=DMARC1; p=reject", "v=DMARC1; p=none"], [], [Found.DMARC_SEVERAL]),
        (["v=DMARC1; p=all"], [], [Found.DMARC_SYNTAX]),
        (["v=DMARC1; sp=none"], [], [Found.DMARC_SYNTAX]),
        (["v=DMARC1; p=none; pct=101"], [], [Found.DMARC_SYNTAX]),
        (["v=DMARC1; p=none; adkim=x"], [], [Found.DMARC_SYNTAX]),
    ],
    ids=range(13),
)
def test_what_receivers_are_asked_to_do_is_judged(
    own: list[str], above: list[str], found: list[Found]
) -> None:
    known = {"_dmarc.mail.a.net": Answer(tuple(own)), "_dmarc.a.net": Answer(tuple(above))}
    assert [one.id for one in judge_dmarc("mail.a.net", known, is_signed=True)] == found


def test_nothing_is_said_of_dmarc_when_nobody_answers() -> None:
    known = {"_dmarc.mail.a.net": SILENT, "_dmarc.a.net": ABSENT}
    assert list(judge_dmarc("mail.a.net", known, is_signed=True)) == []


@given(st.text(max_size=60))
def test_whatever_stands_in_a_record_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert all(parse_tags(text))


@pytest.mark.parametrize(
    ("mx", "addresses", "found"),
    [
        (Answer(("mx.a.net",)), ABSENT, None),
        (SILENT, ABSENT, None),
        (ABSENT, SILENT, None),
        (Answer((".",)), Answer(("192.0.2.1",)), (Found.MX_NOWHERE, Level.ERROR)),
        (ABSENT, Answer(("192.0.2.1",)), (Found.MX_MISSING, Level.WARNING)),
        (ABSENT, ABSENT, (Found.MX_MISSING, Level.ERROR)),
    ],
    ids=["named", "silent", "unknown", "null", "address", "nothing"],
)
def test_what_comes_back_needs_somebody_who_takes_it(
    mx: Answer, addresses: Answer, found: tuple[Found, Level] | None
) -> None:
    assert [(one.id, one.level) for one in judge_mx("a.net", mx, addresses)] == ([found] if found else [])


@pytest.mark.parametrize(
    ("names", "back", "found"),
    [
        (Answer(("m.a.net",)), {"m.a.net": Answer(("192.0.2.1",))}, []),
        (Answer(("x.a.net", "m.a.net")), {"x.a.net": ABSENT, "m.a.net": Answer(("192.0.2.1",))}, []),
        (Answer(("m.a.net",)), {"m.a.net": Answer(("192.0.2.2",))}, [Found.PTR_DIFFERS]),
        (ABSENT, {}, [Found.PTR_MISSING]),
        (SILENT, {}, []),
    ],
    ids=["leads back", "one of two", "elsewhere", "none", "silent"],
)
def test_an_address_has_a_name_that_leads_back(
    names: Answer, back: dict[str, Answer], found: list[Found]
) -> None:
    assert [one.id for one in judge_ptr("192.0.2.1", names, back)] == found
