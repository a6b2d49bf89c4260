"""Keys and names for DKIM: what can be used, and one clear line for what cannot."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from digest.errors import SettingsError
from digest.mail.dkim import Algorithm, DkimKey, Signer, load_key

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
PKCS8 = (Encoding.PEM, PrivateFormat.PKCS8)
OPEN = NoEncryption()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "dkim.pem"


@pytest.mark.parametrize("private_format", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_an_rsa_key_is_known_by_its_public_half(key_file: Path, private_format: PrivateFormat) -> None:
    key_file.write_bytes(RSA.private_bytes(Encoding.PEM, private_format, OPEN))
    key = load_key(key_file, "2026-a")
    assert (key.selector, key.algorithm) == ("2026-a", Algorithm.RSA)
    assert re.fullmatch(r"v=DKIM1; k=rsa; p=[A-Za-z0-9+/]{392}", key.record)
    assert len(key.signature(bytes(32))) == 256


def test_an_ed25519_key_is_known_by_its_public_half(key_file: Path) -> None:
    key_file.write_bytes(ED25519.private_bytes(*PKCS8, OPEN))
    key = load_key(key_file, "ed.2026")
    assert key.algorithm is Algorithm.ED25519
    assert re.fullmatch(r"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=", key.record)
    assert len(key.signature(bytes(32))) == 64


def test_a_key_does_not_show_itself(key_file: Path) -> None:
    key_file.write_bytes(ED25519.private_bytes(*PKCS8, OPEN))
    assert "signature" not in repr(load_key(key_file, "a"))


WRONG_FILES = {
    "1024 bits": rsa.generate_private_key(public_exponent=65537, key_size=1024).private_bytes(*PKCS8, OPEN),
    "neither RSA nor Ed25519": ec.generate_private_key(ec.SECP256R1()).private_bytes(*PKCS8, OPEN),
    "password": RSA.private_bytes(*PKCS8, BestAvailableEncryption(b"secret")),
    "only what is public": RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "no private key in PEM": RSA.private_bytes(Encoding.DER, PrivateFormat.PKCS8, OPEN),
}


@pytest.mark.parametrize(
    ("words", "content"),
    [
        *WRONG_FILES.items(),
        ("no private key in PEM", b""),
        ("no private key in PEM", RSA.private_bytes(*PKCS8, OPEN)[:900]),
    ],
)
def test_a_file_that_cannot_sign_is_refused_in_one_line(key_file: Path, words: str, content: bytes) -> None:
    key_file.write_bytes(content)
    with pytest.raises(SettingsError, match=re.escape(str(key_file))) as refusal:
        load_key(key_file, "a")
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert "openssl" in str(refusal.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        load_key(tmp_path / "none.pem", "a")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_key(tmp_path, "a")


@pytest.mark.parametrize("selector", ["", "a b", "a;b", "-a", "a-", "a..b", "ä", "a\n", "_a", "x" * 64])
def test_a_selector_that_is_no_name_in_dns_is_refused(key_file: Path, selector: str) -> None:
    key_file.write_bytes(ED25519.private_bytes(*PKCS8, OPEN))
    with pytest.raises(SettingsError, match="selector"):
        load_key(key_file, selector)


@pytest.fixture
def key(key_file: Path) -> DkimKey:
    key_file.write_bytes(ED25519.private_bytes(*PKCS8, OPEN))
    return load_key(key_file, "a")


@pytest.mark.parametrize(
    "domain", ["", "news", "news..example", "news.example;", "bücher.example", "a b.example"]
)
def test_a_domain_that_cannot_stand_in_a_signature_is_refused(key: DkimKey, domain: str) -> None:
    with pytest.raises(SettingsError, match="domain"):
        Signer([key], domain)


def test_a_signer_needs_a_key_and_a_name_for_each(key: DkimKey) -> None:
    with pytest.raises(SettingsError, match="no key"):
        Signer([], "news.example")
    with pytest.raises(SettingsError, match="'a' stands for two keys"):
        Signer([key, key], "news.example")


def test_without_the_extra_the_message_says_what_to_install(key_file: Path) -> None:
    without = f"""
import sys
from pathlib import Path
sys.modules["cryptography"] = None
from digest.mail.dkim import load_key
from digest.errors import SettingsError
try:
    load_key(Path({str(key_file)!r}), "a")
except SettingsError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, check=True)
    assert said.stdout == "DKIM needs the package cryptography: pip install 'newsroom-digest[dkim]'\n"
