"""The setting that names providers: what is taken, what is refused in one line, and what is missing."""

from __future__ import annotations

import base64
import sys

import pytest

from digest.core.webhooks import key_of
from digest.errors import SettingsError
from digest.mail.hooks.called import Provider, Refusal, RefusedError
from digest.mail.hooks.secrets import secrets_of
from digest.settings_file import load_settings
from tests.mail.hooks.samples import UNKNOWN_READER
from tests.mail.hooks.signing import KEYS, call_of, read


def test_secrets_of_all_providers_are_taken_two_of_one_while_it_is_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pairs = [(provider, secret) for provider, keys in KEYS.items() for secret in (keys.secret, keys.other)]
    monkeypatch.setenv("DIGEST_HOOK_SECRETS", ", ".join(f"{name}:{secret}" for name, secret in pairs))
    settings = load_settings(None)
    found = secrets_of(settings.hook_secrets.get_secret_value())
    assert found == {provider: (keys.secret, keys.other) for provider, keys in KEYS.items()}
    assert not [secret for _, secret in pairs if secret in repr(settings)]


def test_without_the_setting_there_is_no_secret() -> None:
    assert secrets_of(load_settings(None).hook_secrets.get_secret_value()) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a-password-for-tests", "number 1 does not begin with one of ses, postmark"),
        ("postmark:a-password-for-tests-1,mandrill:x", "number 2 does not begin with"),
        ("postmark:short", "after postmark:, a password of 16 characters or more"),
        ("ses:arn:aws:sqs:eu-west-1:123456789012:mail", "after ses:, the ARN of a topic"),
        ("sendgrid:abc", "after sendgrid:, the verification key"),
        ("generic:whsec_short", "after generic:, whsec_ and base64"),
        ("sparkpost:", "after sparkpost:, a password"),
    ],
    ids=["no-name", "unknown", "short", "no-topic", "no-key", "no-whsec", "none"],
)
def test_what_is_no_secret_is_refused_with_what_it_should_be(
    text: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_HOOK_SECRETS", text)
    with pytest.raises(SettingsError) as caught:
        load_settings(None)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("provider", [Provider.SES, Provider.SENDGRID])
def test_missing_library_is_named_with_how_to_get_it(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = call_of(provider, UNKNOWN_READER[provider])
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(RefusedError, match=r"pip install 'newsroom-digest\[dkim\]'") as caught:
        read(provider, call, KEYS[provider].secret, pem=b"any")
    assert caught.value.why is Refusal.NO_LIBRARY


@pytest.mark.parametrize("size", range(80))
def test_secret_of_the_generic_form_is_taken_when_it_can_sign(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "whsec_" + base64.b64encode(bytes(range(size))).decode()
    monkeypatch.setenv("DIGEST_HOOK_SECRETS", f"generic:{secret}")
    if size in range(24, 65):
        assert (
            len(key_of(secrets_of(load_settings(None).hook_secrets.get_secret_value())[Provider.GENERIC][0]))
            == size
        )
    else:
        with pytest.raises(SettingsError):
            load_settings(None)
