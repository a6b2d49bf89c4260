"""The mails that the checks of every run look at, printed once."""

from __future__ import annotations

import asyncio

import pytest

from tests.mail_lint.mail import Mail
from tests.mail_lint.printing import LANGUAGES, a_press, mails_of, themes
from tests.mail_lint.scenes import large, usual


@pytest.fixture(scope="session")
def mails() -> list[Mail]:
    """Every usual scene in every look and language."""

    async def print_all() -> list[Mail]:
        async with a_press() as press:
            return await mails_of(press, usual(), themes(), LANGUAGES)

    return asyncio.run(print_all())


@pytest.fixture(scope="session")
def large_mails() -> list[Mail]:
    """In each look the large scenes up to three hundred items."""
    scenes = [scene for scene in large() if len(scene.briefings) <= 300]

    async def print_all() -> list[Mail]:
        async with a_press() as press:
            return await mails_of(press, scenes, themes(), LANGUAGES[:1])

    return [mail for mail in asyncio.run(print_all()) if mail.kind == "issue"]


@pytest.fixture(scope="session")
def few_mails(mails: list[Mail]) -> list[Mail]:
    """In each look a few of them that show all there is, for tools that take their time."""
    few = {("eight", "en"), ("waiting", "ar"), ("named", "en")}
    return [mail for mail in mails if (mail.scene, mail.language) in few]


@pytest.fixture(scope="session")
def good(mails: list[Mail]) -> Mail:
    """An issue of eight items with nothing wrong about it, to be spoilt."""
    return next(mail for mail in mails if mail.name == "issue/classic/en/eight")
