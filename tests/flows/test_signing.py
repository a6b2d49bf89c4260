"""With keys in the settings every letter is signed for the domain of its sender, and alike on every try."""

from __future__ import annotations

from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from digest.config import Settings
from digest.errors import SettingsError
from digest.flows.press import Press
from digest.mail.dkim import DkimKey
from digest.store.database import Database
from digest.wiring import dkim_keys_of
from tests.flows.newsroom import TUESDAY, at, claim_all, item, join, plan_all, publish_news
from tests.jobs.office import BASE_URL, KEY

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[DkimKey, ...]:
    """An RSA and an Ed25519 key, read as the settings name them."""
    folder = tmp_path_factory.mktemp("keys")
    made: dict[str, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey] = {
        "s1": rsa.generate_private_key(65537, 2048),
        "s2": ed25519.Ed25519PrivateKey.generate(),
    }
    for selector, key in made.items():
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{selector}.pem").write_bytes(pem)
    return dkim_keys_of(settings(", ".join(f"{name}:{folder / name}.pem" for name in made)))


def settings(dkim_keys: str) -> Settings:
    return Settings(dkim_keys=dkim_keys, smtp_url=SecretStr("file:outbox"))


async def test_every_letter_carries_a_signature_of_each_key(
    sqlite_store: Database, keys: tuple[DkimKey, ...]
) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Tariffs fall", "economy"))
    for name, form in (("ann", "html"), ("bob", "text")):
        await join(sqlite_store, f"{name}@example.org", TUESDAY, format=form, name="Zoë")
    await plan_all(sqlite_store, at(24, 7))
    records = {f"{key.selector}._domainkey.newsroom.example.": key.record.encode() for key in keys}
    for copy in (await claim_all(sqlite_store, at(24, 7), 1)).copies:
        presses = [Press(store=sqlite_store, keys=[KEY], base_url=BASE_URL, dkim_keys=keys) for _ in range(2)]
        letter, again = [(await press.letter(copy)).content for press in presses]
        assert letter == again
        assert letter.count(b"DKIM-Signature:") == len(keys)
        for place in range(len(keys)):
            found = dkim.DKIM(letter)
            assert found.verify(place, dnsfunc=lambda name, timeout=5: records[name.decode()])


async def test_a_letter_whose_seal_is_still_being_made_says_how_long_it_will_be(
    sqlite_store: Database, keys: tuple[DkimKey, ...]
) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Tariffs fall", "economy"))
    for name in ("ann", "bob", "cas", "dee"):
        await join(sqlite_store, f"{name}@example.org", TUESDAY, name="Zoë" if name < "c" else "")
    await plan_all(sqlite_store, at(24, 7))
    press, slow_press = (
        Press(store=sqlite_store, keys=[KEY], base_url=BASE_URL, dkim_keys=keys) for _ in range(2)
    )
    copies = (await claim_all(sqlite_store, at(24, 7), 1)).copies
    await press.prepare(copies)
    soon = [press.letter_at_once(copy) for copy in copies]
    for letter, copy in zip(soon, copies, strict=True):
        assert letter is not None
        size = letter.size
        await letter.sealed()
        assert letter.is_sealed
        assert letter.content == (await slow_press.letter(copy)).content
        assert len(letter.content) == size


@pytest.mark.parametrize("words", ["s1", "s1:", ":key.pem", "s1:nowhere.pem", "-:key.pem"])
def test_a_key_that_cannot_be_used_is_named(words: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        dkim_keys_of(settings(words))
    assert "\n" not in str(refused.value)
