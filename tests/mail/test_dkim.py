"""Signed copies: two verifiers believe them, and neither believes one that was changed on the way.

The verifiers are dkimpy and `dkim_reader`; where Debian's libmail-dkim-perl is installed, a third is asked.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.mail.dkim import DkimKey, Signer, body_hash, load_key
from digest.mail.headers import Mailbox
from tests.mail.dkim_reader import PASS, split_fields, verdicts
from tests.mail.headings import header_block_of
from tests.mail.test_heading import COHORT, READER
from tests.mail.wire import HOSTILE

DOMAIN: Final = "news.example"
PLANNED: Final = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
BODY: Final = b"--=_digest_7_3_=\r\n\r\nGood morning,\r\n  all  is well.\r\n\r\n--=_digest_7_3_=--\r\n"
HEADERS: Final = header_block_of(COHORT, READER)
#: The heading of a copy with every field that is ever signed.
FULL: Final = HEADERS + b"Content-Transfer-Encoding: quoted-printable\r\n"
FIELDS: Final = split_fields(FULL)
NAMES: Final = [field.split(b":")[0] for field in FIELDS]


def key_from(folder: Path, selector: str, private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> DkimKey:
    path = folder / f"{selector}.pem"
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return load_key(path, selector)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[DkimKey, DkimKey]:
    folder = tmp_path_factory.mktemp("keys")
    return (
        key_from(folder, "rsa-2026", rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        key_from(folder, "ed-2026", ed25519.Ed25519PrivateKey.generate()),
    )


@pytest.fixture(scope="module")
def signer(keys: tuple[DkimKey, DkimKey]) -> Signer:
    return Signer(keys, DOMAIN)


def signed(signer: Signer, headers: bytes = HEADERS, body: bytes = BODY) -> bytes:
    """A whole message, as the conductor puts it together."""
    return signer.sign(headers, body_hash(body), at=PLANNED) + headers + b"\r\n" + body


def records_of(signer: Signer) -> dict[str, str]:
    return {f"{key.selector}._domainkey.{signer.domain}": key.record for key in signer.keys}


def by_dkimpy(message: bytes, records: Mapping[str, str]) -> list[bool]:
    def txt(name: bytes, timeout: int = 5) -> bytes:
        return records[name.decode().removesuffix(".")].encode()

    count = len(re.findall(rb"^DKIM-Signature:", message.partition(b"\r\n\r\n")[0], re.MULTILINE))
    found = []
    for place in range(count):
        try:
            found.append(dkim.DKIM(message).verify(place, dnsfunc=txt))
        except (dkim.DKIMException, KeyError):
            found.append(False)
    return found


def both_believe(message: bytes, signer: Signer) -> list[bool]:
    """What the verifiers say of each signature; they must agree."""
    records = records_of(signer)
    said = [verdict == PASS for verdict in verdicts(message, records)]
    assert by_dkimpy(message, records) == said
    assert len(said) == len(signer.keys)
    return said


def test_both_verifiers_believe_both_signatures(signer: Signer) -> None:
    assert both_believe(signed(signer), signer) == [True, True]
    assert both_believe(signed(signer, FULL), signer) == [True, True]


@pytest.mark.parametrize("place", [0, 1])
def test_one_kind_of_signature_is_enough(keys: tuple[DkimKey, DkimKey], place: int) -> None:
    signer = Signer([keys[place]], DOMAIN)
    assert both_believe(signed(signer), signer) == [True]


def test_what_a_signature_says_of_itself(signer: Signer) -> None:
    wire = signer.sign(FULL, body_hash(BODY), at=PLANNED)
    rsa_field, ed_field = split_fields(wire)
    for field, algorithm, selector in (
        (rsa_field, b"rsa-sha256", b"rsa-2026"),
        (ed_field, b"ed25519-sha256", b"ed-2026"),
    ):
        tags = dict(re.findall(rb"(\w+)=([^;]*)", re.sub(rb"\r\n ", b" ", field)))
        assert {name: tags[name] for name in (b"v", b"a", b"c", b"d", b"s", b"t")} == {
            b"v": b"1",
            b"a": algorithm,
            b"c": b"relaxed/relaxed",
            b"d": b"news.example",
            b"s": selector,
            b"t": b"1795503600",
        }
        assert not {b"l", b"x"} & tags.keys()
        listed = [name.strip() for name in tags[b"h"].split(b":")]
        twice = [b"From", b"Reply-To", b"Subject", b"To", b"Date", b"Content-Type"]
        assert sorted(listed) == sorted(NAMES + twice)


def test_a_signature_keeps_the_rules_of_the_wire(signer: Signer) -> None:
    wire = signer.sign(FULL, body_hash(BODY), at=PLANNED)
    assert wire.endswith(b"\r\n")
    lines = wire.removesuffix(b"\r\n").split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert all(re.fullmatch(rb"[ -~]*[!-~]", line) for line in lines)
    assert [line for line in lines if not line.startswith(b" ")] == [
        line for line in lines if line.startswith(b"DKIM-Signature: v=1;")
    ]


def test_the_next_try_has_the_same_bytes(keys: tuple[DkimKey, DkimKey], signer: Signer) -> None:
    assert signed(Signer(keys, DOMAIN)) == signed(signer) == signed(signer)


@pytest.mark.parametrize("changed", range(len(FIELDS)), ids=[name.decode() for name in NAMES])
def test_a_changed_field_is_seen(signer: Signer, changed: int) -> None:
    for other in (FIELDS[changed] + b"x", NAMES[changed] + b": x", None):
        fields = [other if place == changed else field for place, field in enumerate(FIELDS)]
        head = b"".join(field + b"\r\n" for field in fields if field is not None)
        forged = signed(signer, FULL).replace(FULL, head)
        assert both_believe(forged, signer) == [False, False]


@pytest.mark.parametrize("name", [b"From", b"Reply-To", b"Subject", b"To", b"Date", b"Content-Type"])
@pytest.mark.parametrize("above", [True, False])
def test_a_second_field_of_the_same_name_is_seen(signer: Signer, name: bytes, above: bool) -> None:
    message = signed(signer, FULL)
    second = name + b": evil@example.org\r\n"
    forged = second + message if above else message.replace(FULL, FULL + second)
    assert both_believe(forged, signer) == [False, False]


@pytest.mark.parametrize("place", [at for at, octet in enumerate(BODY) if octet not in b" \r\n"])
def test_a_changed_letter_of_the_body_is_seen(signer: Signer, place: int) -> None:
    changed = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
    assert both_believe(signed(signer).replace(BODY, changed), signer) == [False, False]


@pytest.mark.parametrize("tail", [b"x\r\n", b"\r\n<p>buy</p>\r\n", b".\r\n"])
def test_words_below_the_body_are_seen(signer: Signer, tail: bytes) -> None:
    assert both_believe(signed(signer) + tail, signer) == [False, False]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"t=1795503600", b"t=1795503601"),
        (b"h=Content-Type: ", b"h="),
        (b"a=ed25519-sha256", b"a=rsa-sha256"),
        (b"c=relaxed/relaxed", b"c=relaxed/simple"),
        (b"s=ed-2026", b"s=rsa-2026"),
    ],
)
def test_a_changed_signature_is_seen(keys: tuple[DkimKey, DkimKey], before: bytes, after: bytes) -> None:
    ed_alone = Signer([keys[1]], DOMAIN)
    records = records_of(Signer(keys, DOMAIN))
    message = signed(ed_alone)
    assert before in message
    forged = message.replace(before, after)
    assert by_dkimpy(forged, records) == [False]
    assert PASS not in verdicts(forged, records)


def test_a_key_of_somebody_else_proves_nothing(signer: Signer, tmp_path: Path) -> None:
    stranger = Signer([key_from(tmp_path, "ed-2026", ed25519.Ed25519PrivateKey.generate())], DOMAIN)
    records = records_of(signer)
    message = signed(stranger)
    assert by_dkimpy(message, records) == [False]
    assert verdicts(message, records) == ["header changed"]


def relays_that_do_no_harm() -> list[Callable[[bytes], bytes]]:
    return [
        lambda message: b"Received: from a by b;\r\n\tTue, 24 Nov 2026 07:00:01 +0000\r\n" + message,
        lambda message: message.replace(b"Subject: Gallium rules", b"subject:  Gallium\r\n\trules"),
        lambda message: message.replace(b"\r\n <mailto", b" <mailto"),
        lambda message: message.replace(b"all  is well.", b"all is  well. \t"),
        lambda message: message + b"\r\n\r\n",
    ]


@pytest.mark.parametrize("relay", relays_that_do_no_harm())
def test_what_servers_may_do_on_the_way_does_no_harm(signer: Signer, relay: Callable[[bytes], bytes]) -> None:
    carried = relay(signed(signer))
    assert carried != signed(signer)
    assert both_believe(carried, signer) == [True, True]


VALUES: Final = st.lists(
    st.sampled_from([b" ", b"\t", b"\r\n ", b"\r\n\t ", b"a", b"B:", b";", b"b=c", "é".encode()]),
    max_size=8,
).map(lambda scraps: b"".join([*scraps, b"z"]))
SOME_FIELDS: Final = st.lists(
    st.tuples(
        st.sampled_from(
            [b"Subject", b"to", b"DATE", b"List-Id", b"list-x", b"X-Other", b"Message-ID", b"Feedback-ID"]
        ),
        VALUES,
    ),
    max_size=8,
)
BODIES: Final = st.lists(
    st.sampled_from([b"a", b" ", b"\t ", b"\r\n", b"\r\n\r\n", b"b c", b"=C3=A9"]), max_size=12
).map(lambda scraps: b"".join([*scraps, b"\r\n"]))


@given(SOME_FIELDS, st.integers(0, 8), BODIES)
@settings(max_examples=60, deadline=None)
def test_any_headers_and_any_body_can_be_signed(
    signer: Signer, some_fields: list[tuple[bytes, bytes]], place: int, body: bytes
) -> None:
    fields = [b"%s:%s\r\n" % field for field in some_fields]
    fields.insert(place, b"From: The Daily <daily@news.example>\r\n")
    assert both_believe(signed(signer, b"".join(fields), body), signer) == [True, True]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_copies_with_hostile_words_can_be_signed(signer: Signer, hostile: str) -> None:
    cohort = replace(COHORT, subject=hostile, sender=Mailbox("daily@news.example", hostile))
    for address in ("ann@reader.example", "jürgen@bücher.example"):
        headers = header_block_of(cohort, READER._replace(to=Mailbox(address, hostile)))
        assert both_believe(signed(signer, headers), signer) == [True, True]


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"Subject: x\r\n",
        b"From: a@news.example\r\nfrom: b@news.example\r\n",
        b"From: a@news.example",
        b"From: a@news.example\r\n\r\n",
        b"From: a@news.example\r\nno colon\r\n",
        b" From: a@news.example\r\n",
        b": x\r\nFrom: a@news.example\r\n",
    ],
)
def test_what_is_no_header_block_with_one_from_is_refused(signer: Signer, block: bytes) -> None:
    with pytest.raises(ValueError):
        signer.sign(block, body_hash(BODY), at=PLANNED)


_PERL: Final = r"""
use strict; use warnings; use JSON::PP; use Mail::DKIM::Verifier; use Net::DNS;
my $asked = decode_json(do { local $/; <STDIN> });
{
    no warnings 'redefine';
    *Mail::DKIM::DNS::query = sub {
        my $text = $asked->{records}{$_[0]} or return ();
        return Net::DNS::RR->new(owner => $_[0], type => 'TXT', txtdata => [unpack '(A250)*', $text]);
    };
}
for my $message (@{ $asked->{messages} }) {
    my $verifier = Mail::DKIM::Verifier->new;
    $verifier->PRINT($message);
    $verifier->CLOSE;
    print join(' ', map { $_->result } $verifier->signatures), "\n";
}
"""


def by_perl(messages: Sequence[bytes], records: Mapping[str, str]) -> list[str]:
    perl = shutil.which("perl")
    probe = [perl or "perl", "-MMail::DKIM::Verifier", "-MNet::DNS", "-e1"]
    if perl is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("no third verifier: install Debian's libmail-dkim-perl")
    asked = json.dumps({"records": records, "messages": [message.decode() for message in messages]})
    told = subprocess.run([perl, "-e", _PERL], input=asked, capture_output=True, text=True, check=True)
    return told.stdout.splitlines()


def test_a_verifier_in_another_language_believes_rsa(keys: tuple[DkimKey, DkimKey]) -> None:
    signer = Signer([keys[0]], DOMAIN)
    good = signed(signer, FULL)
    forged = [good.replace(b"well", b"bad!"), good.replace(b"Gallium", b"Silicon"), b"Subject: x\r\n" + good]
    assert by_perl([good, *forged], records_of(signer)) == ["pass", "fail", "fail", "fail"]
