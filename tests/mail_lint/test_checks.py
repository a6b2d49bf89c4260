"""The mails pass the checks; what needs a tool is asked where the tool is."""

from __future__ import annotations

import pytest

from tests.mail_lint.mail import Mail
from tests.mail_lint.printing import PRINTED, kinds
from tests.mail_lint.registry import PLAIN, TOOLED, Check


def named(check: Check) -> str:
    return check.name


@pytest.mark.parametrize("check", PLAIN, ids=named)
def test_every_mail_passes(check: Check, mails: list[Mail], large_mails: list[Mail]) -> None:
    assert list(check.findings([*mails, *large_mails])) == []


@pytest.mark.wide
@pytest.mark.parametrize("check", TOOLED, ids=named)
def test_a_few_mails_pass_the_tools(check: Check, few_mails: list[Mail]) -> None:
    lacks = check.lacks()
    if lacks is not None:
        pytest.skip(f"{check.name} was not asked: {lacks}")
    assert list(check.findings(few_mails)) == []


def test_no_mail_is_passed_over() -> None:
    assert kinds() == PRINTED, "print a mail of each folder of templates: see tests/mail_lint/printing.py"
