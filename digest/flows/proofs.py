"""How somebody proves to be who an account belongs to: passwords, one-time codes, recovery codes, tokens."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import unicodedata
from datetime import datetime
from functools import cache
from typing import Final
from weakref import WeakKeyDictionary

import pyotp
from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from digest.errors import InputError

#: NIST SP 800-63B, 3.1.1: length is what counts, and no rule about kinds of characters helps.
LEAST_PASSWORD: Final = 12
MOST_PASSWORD: Final = 500
#: Seconds of one code, and how many codes before and after now are good: clocks differ (RFC 6238, 5.2).
STEP_SECONDS: Final = 30
_STEPS_APART: Final = 1
#: What each guess costs who has stolen a hash: three passes over 64 MB (RFC 9106, 4, the second choice).
COST_OF_A_GUESS: Final[Parameters] = RFC_9106_LOW_MEMORY
RECOVERY_CODES: Final = 10
#: Without letters that are taken for others.
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_KEY_BEGINS: Final = "digest_"
#: How many hashes are made at once: each takes 64 MB.
_AT_ONCE: Final = 2
_PLACES: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]] = WeakKeyDictionary()


def checked_password(text: str, name: str = "") -> str:
    """A password as it is hashed; raises InputError for one that is too easily guessed."""
    password = _normal(text)
    if len(password) < LEAST_PASSWORD:
        raise InputError(f"the password is too short: take at least {LEAST_PASSWORD} characters")
    if len(password) > MOST_PASSWORD:
        raise InputError(f"the password is too long: take at most {MOST_PASSWORD} characters")
    if len(set(password)) < 5 or (name and password.casefold().strip() == name.casefold()):
        raise InputError("the password is too simple: take several words that do not belong together")
    return password


async def hashed(password: str) -> str:
    """The argon2id hash of a password, with its parameters and salt; made in a thread."""
    async with _places():
        return await asyncio.to_thread(_hasher().hash, _normal(password))


async def is_password(password: str, against: str | None) -> bool:
    """True when it is the password of that hash. Without a hash, or with `NO_PASSWORD`, it takes as long, and
    is not.

    Who asks for names that do not exist learns nothing from the time.
    """
    async with _places():
        return await asyncio.to_thread(_verified, _normal(password)[:MOST_PASSWORD], against)


def needs_rehash(hash_: str) -> bool:
    """True for a hash made with weaker parameters than today's."""
    return _hasher().check_needs_rehash(hash_)


def new_code_secret() -> str:
    """A secret for one-time codes: 160 bits in base32 (RFC 4226, 4, R6)."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, name: str, issuer: str) -> str:
    """What an authenticator app reads from a picture."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=name, issuer_name=issuer)


def step_of_code(secret: str, code: str, now: datetime) -> int | None:
    """The step whose code this is, of those around now; None for a wrong one. Steps count from 1970."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    present = int(now.timestamp()) // STEP_SECONDS
    codes = pyotp.TOTP(secret, interval=STEP_SECONDS)
    for step in range(present - _STEPS_APART, present + _STEPS_APART + 1):
        if secrets.compare_digest(codes.at(step * STEP_SECONDS), digits):
            return step
    return None


def new_recovery_codes() -> tuple[str, ...]:
    """Codes to write down: ten characters each, some 49 bits."""
    return tuple(f"{_letters(5)}-{_letters(5)}" for _ in range(RECOVERY_CODES))


def hash_of_recovery_code(code: str) -> bytes:
    """How a recovery code is kept; written with or without its hyphen, in either case."""
    folded = "".join(sign for sign in code.casefold() if sign in _ALPHABET)
    return hashlib.sha256(b"recovery\0" + folded.encode()).digest()


def new_token() -> str:
    """A token of a session: 256 random bits. It is no password, so a plain hash keeps it (see `hash_of`)."""
    return secrets.token_urlsafe(32)


def new_api_key() -> str:
    """A key for a program; its beginning says what it is, so that scanners for leaked secrets know it."""
    return _KEY_BEGINS + secrets.token_urlsafe(32)


def beginning_of(key: str) -> str:
    """As much of a key as may be shown, to tell it by."""
    return key[: len(_KEY_BEGINS) + 5]


def hash_of(token: str) -> bytes:
    """How a token or key is kept."""
    return hashlib.sha256(token.encode()).digest()


def csrf_of(token: str) -> str:
    """What a form of this session carries: it follows from the token, and says nothing about it."""
    return hashlib.sha256(b"csrf\0" + token.encode()).hexdigest()


def _normal(password: str) -> str:
    """The same password typed on two keyboards is the same (RFC 8265, 4.2.2).

    Of what is longer than any password the beginning: to bring millions of marks into order takes hours.
    """
    return unicodedata.normalize("NFC", password[: 4 * MOST_PASSWORD])


def _verified(password: str, against: str | None) -> bool:
    try:
        return _hasher().verify(against or _of_nobody(), password) and bool(against)
    except (VerificationError, InvalidHashError):
        return False


def _hasher() -> PasswordHasher:
    return PasswordHasher.from_parameters(COST_OF_A_GUESS)


@cache
def _of_nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def _places() -> asyncio.Semaphore:
    """The places of the running loop; a loop that is gone takes its own with it."""
    return _PLACES.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE))


def _letters(count: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(count))
