"""SPF records as receivers read them (RFC 7208): which words are terms, and how much they make one ask."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.doctor_answers import Answer, Trouble
from digest.core.doctor_findings import Found
from digest.core.doctor_spf import judge_spf, parse_spf, records_of, walk

ABSENT = Answer(trouble=Trouble.ABSENT)


@pytest.mark.parametrize(
    "words",
    [
        "-all",
        "mx a ptr ~all",
        "a:mail.post.net/24 a/24//64 mx:post.net//48 ?all",
        "ip4:192.0.2.1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ip6:::1 -all",
        # hosts behind the prefix, as receivers allow it
        "ip4:192.0.2.9/24 ip6:2001:db8::9/32 exists:a.net -all",
        "+include:_spf.post.net -exists:%{i}._spf.%{d2r.-} -all",
        "redirect=_spf.post.net",
        "mx exp=why.post.net unknown-modifier=anything -all",
        "MX  A -ALL",
    ],
    ids=lambda words: words.split()[0],
)
def test_words_of_a_record_are_read(words: str) -> None:
    assert len(parse_spf(f"v=spf1 {words}")) == len(words.split())


@pytest.mark.parametrize(
    "word",
    [
        *("ip4", "ip4:", "ip4:192.0.2.300", "ip4:192.0.2.0/33", "ip6:192.0.2.1", "ip6:2001:db8::/129"),
        *("include", "include:", "include:a!", "exists:", "all:post.net", "a:", "a/xyz", "a/33", "a//129"),
        *("mx/24/64", "spf2", "-", "redirect=", "exp=", "ipv4:192.0.2.1", "a:%{", "=x"),
    ],
    ids=lambda word: f"<{word}>",
)
def test_word_that_is_no_term_is_refused_by_name(word: str) -> None:
    with pytest.raises(ValueError, match=r"is no term|is not made as|names no domain") as refused:
        parse_spf(f"v=spf1 mx {word} -all")
    assert repr(word) in str(refused.value)


def test_a_record_leads_on_once_at_most() -> None:
    with pytest.raises(ValueError, match="redirect= stands in it more than once"):
        parse_spf("v=spf1 redirect=a.net redirect=b.net")


def test_only_texts_with_the_version_are_records() -> None:
    texts = ("v=spf1", "V=SPF1 -all", "v=spf10 -all", "v=spf1-all", "spf2.0/pra -all", "v=DMARC1; p=none")
    assert records_of(texts) == ("v=spf1", "V=SPF1 -all")


@given(st.text(max_size=80))
def test_whatever_stands_in_a_record_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert all(term.name for term in parse_spf(f"v=spf1 {text}"))


def test_walk_says_what_has_to_be_asked_next() -> None:
    known = {"a.net": Answer(("v=spf1 include:B.net include:%{d}.c.net redirect=d.net",))}
    assert walk("a.net", known).needs == {"b.net", "d.net"}
    known["b.net"] = Answer(("v=spf1 include:e.net -all",))
    assert walk("a.net", known).needs == {"d.net", "e.net"}
    known |= {"d.net": ABSENT, "e.net": Answer(("v=spf1 ip4:192.0.2.1 -all",))}
    walked = walk("a.net", known)
    assert (walked.needs, walked.lookups, walked.lost) == (frozenset(), 4, ("d.net",))


def test_redirect_behind_all_is_never_followed() -> None:
    assert walk("a.net", {"a.net": Answer(("v=spf1 -all redirect=b.net",))}).needs == frozenset()


def test_a_record_that_two_include_counts_twice() -> None:
    known = {
        "a.net": Answer(("v=spf1 include:b.net include:c.net -all",)),
        "b.net": Answer(("v=spf1 include:d.net -all",)),
        "c.net": Answer(("v=spf1 include:d.net -all",)),
        "d.net": Answer(("v=spf1 mx -all",)),
    }
    assert walk("a.net", known).lookups == 6


@pytest.mark.parametrize(("hosts", "found"), [(10, []), (11, [Found.SPF_LOOKUPS])], ids=["ten", "eleven"])
def test_ten_lookups_are_the_most(hosts: int, found: list[Found]) -> None:
    terms = " ".join(f"a:h{number}.net" for number in range(hosts))
    known = {"a.net": Answer((f"v=spf1 {terms} ip4:192.0.2.1 -all",))}
    assert [one.id for one in judge_spf("a.net", known)] == found


@pytest.mark.parametrize(
    ("end", "found"),
    [
        ("-all", []),
        ("~all", []),
        ("redirect=b.net", []),
        ("+all", [Found.SPF_OPEN]),
        ("all", [Found.SPF_OPEN]),
        ("?all", [Found.SPF_OPEN]),
        ("mx", [Found.SPF_OPEN]),
    ],
    ids=["fail", "softfail", "redirect", "pass", "bare", "neutral", "none"],
)
def test_a_record_has_to_end_somehow(end: str, found: list[Found]) -> None:
    known = {"a.net": Answer((f"v=spf1 a {end}",)), "b.net": Answer(("v=spf1 -all",))}
    assert [one.id for one in judge_spf("a.net", known)] == found


def test_a_name_that_nobody_answers_for_is_not_called_lost() -> None:
    known = {"a.net": Answer(("v=spf1 include:b.net -all",)), "b.net": Answer(trouble=Trouble.SILENT)}
    assert list(judge_spf("a.net", known)) == []


def test_a_fault_in_what_is_included_is_told_with_its_name() -> None:
    known = {"a.net": Answer(("v=spf1 include:b.net -all",)), "b.net": Answer(("v=spf1 ipv4:192.0.2.1",))}
    (found,) = judge_spf("a.net", known)
    assert found.id is Found.SPF_SYNTAX
    assert "of b.net" in found.line
    assert "out of a.net" in found.mend
