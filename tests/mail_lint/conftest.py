"""The mails that the checks of every run look at, printed once."""

from __future__ import annotations

import asyncio

import pytest

from digest.render.environment import CLASSIC
from tests.mail_lint.mail import Mail
from tests.mail_lint.printing import LANGUAGES, a_press, issue_mail, mails_of, themes
from tests.mail_lint.scenes import large, usual
from tests.tiers import first_of


@pytest.fixture(scope="session", params=first_of(LANGUAGES))
def mails(request: pytest.FixtureRequest) -> list[Mail]:
    """Every usual scene in every look, in one language after the other."""

    async def print_all() -> list[Mail]:
        async with a_press() as press:
            return await mails_of(press, usual(), themes(), [request.param])

    return asyncio.run(print_all())


@pytest.fixture(scope="session")
def large_mails() -> list[Mail]:
    """In each look the large scenes up to three hundred items."""
    scenes = [scene for scene in large() if len(scene.briefings) <= 300]

    async def print_all() -> list[Mail]:
        async with a_press() as press:
            return [await issue_mail(press, scene, theme, "en") for scene in scenes for theme in themes()]

    return asyncio.run(print_all())


@pytest.fixture(scope="session")
def few_mails(mails: list[Mail]) -> list[Mail]:
    """In each look a few of them that show all there is, for tools that take their time."""
    return [mail for mail in mails if mail.scene in {"eight", "waiting", "named"}]


@pytest.fixture(scope="session")
def good() -> Mail:
    """An issue of eight items with nothing wrong about it, to be spoilt."""

    async def print_it() -> Mail:
        async with a_press() as press:
            return await issue_mail(press, next(one for one in usual() if one.name == "eight"), CLASSIC, "en")

    return asyncio.run(print_it())
