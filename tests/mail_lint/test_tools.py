"""The tools of others find what they are for, and where one is not here that is said."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from rich.console import Console

from tests.mail_lint.__main__ import Answer, answer_of, as_json, show
from tests.mail_lint.checks import axe, clients, validity
from tests.mail_lint.features import uses_of
from tests.mail_lint.mail import Finding, Mail
from tests.mail_lint.registry import TOOLED, Check

BY_NAME = {check.name: check for check in TOOLED}


def asked(name: str, mails: Sequence[Mail]) -> list[str]:
    """What a tool says; skips with a word where it is not."""
    lacks = BY_NAME[name].lacks()
    if lacks is not None:
        pytest.skip(f"{name} was not asked: {lacks}")
    return [finding.what for finding in BY_NAME[name].findings(mails)]


def with_html(mail: Mail, before: str, after: str) -> Mail:
    assert mail.html is not None
    assert before in mail.html
    return replace(mail, html=mail.html.replace(before, after))


def test_invalid_html_is_found_and_no_exception_is_made_in_vain(
    good: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validity, "EXCEPTIONS", {})
    nested = with_html(good, "The tank works", "<p><ul>The tank works")
    unknown = with_html(good, 'class="byline"', 'byline="yes"')
    said = "\n".join(asked("validity", [good, nested, unknown]))
    assert "Unclosed element “ul”" in said
    assert "Attribute “byline” not allowed on element “p” at this point." in said
    for attribute in ("width", "align", "cellpadding", "cellspacing", "border"):
        assert f"“{attribute}” attribute on the “table” element is obsolete" in said


def test_what_keeps_somebody_from_reading_is_found_and_no_exception_is_made_in_vain(
    good: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    exceptions = axe.EXCEPTIONS
    monkeypatch.setattr(axe, "EXCEPTIONS", {})
    image = with_html(good, "The tank works", '<img src="data:,x" width="9" height="9">The tank works')
    wide = with_html(
        image, "in Eastmoor means", '<span style="white-space: nowrap">' + "wide " * 99 + "</span>"
    )
    said = asked("axe", [wide])
    assert said.pop().endswith("pixels wider than a window of 320")
    rules = [what.split(": ")[1].split(" ")[0] for what in said]
    assert sorted(rules) == sorted([*exceptions, "image-alt"] * 4)


def test_parts_that_say_different_things_are_found(good: Mail) -> None:
    head, part, rest = good.message.split(b"quoted-printable\r\n\r\n", 2)
    other = b"\r\n".join([b"Wholly other words stand here about watches and pills and easy money."] * 40)
    boundary = part[part.rindex(b"\r\n\r\n--=_") :]
    spoilt = b"quoted-printable\r\n\r\n".join([head, other + boundary, rest])
    said = asked("spam", [good, replace(good, message=spoilt)])
    assert any("MPART_ALT_DIFF" in what for what in said)


def test_no_exception_is_made_that_no_mail_needs(mails: list[Mail]) -> None:
    used = [use for mail in mails if mail.html is not None for use in uses_of(mail.page)]
    assert clients.GRACEFUL.keys() <= {use.feature for use in used}
    assert clients.IN_BLOCK.keys() <= {use.feature for use in used if use.in_block}


def test_a_tool_that_is_not_here_is_named_in_one_line(good: Mail) -> None:
    def must_not_be_asked(_: Sequence[Mail]) -> list[tuple[str, str]]:
        raise AssertionError("asked without its tool")

    check = Check("ghost", "what nobody has", must_not_be_asked, lambda: "ghost is not installed")
    answer = answer_of(check, [good], [])
    screen = io.StringIO()
    show([answer], [], Console(file=screen, width=100))
    assert "ghost was not asked: ghost is not installed" in screen.getvalue().splitlines()
    assert json.loads(as_json([answer], []))["checks"] == [
        {"name": "ghost", "mails": 0, "lacks": "ghost is not installed"}
    ]


def test_findings_are_shown_up_to_a_dozen_and_kept_in_full(good: Mail) -> None:
    check = Check("picky", "everything", lambda mails: [(mail.name, "is [not] perfect") for mail in mails])
    answer = answer_of(check, [good] * 15, [])
    screen = io.StringIO()
    show([answer], [], Console(file=screen, width=100))
    shown = screen.getvalue()
    assert shown.count("picky: issue/classic/en/eight: is [not] perfect") == 12
    assert "3 more" in shown
    assert len(json.loads(as_json([answer], answer.findings))["findings"]) == 15
    assert answer == Answer(
        check, 15, [Finding("picky", good.name, "is [not] perfect")] * 15, answer.seconds, None
    )
