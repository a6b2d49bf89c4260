"""Print every mail, let every check look at it, and say what was found: `make lint-mail`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table

from tests.mail_lint.browser import take_pictures
from tests.mail_lint.mail import Finding, Mail
from tests.mail_lint.printing import LANGUAGES, PRINTED, a_press, kinds, mails_of, themes
from tests.mail_lint.registry import CHECKS, Check
from tests.mail_lint.scenes import large, usual
from tests.mail_lint.tools import lacks_browser

#: Findings of a check that the screen shows; the JSON file holds all.
_SHOWN: Final = 12
_WIDTH: Final = 130
#: Scenes of which pictures are taken.
_PICTURED: Final = ("eight", "waiting", "named")


class Answer(NamedTuple):
    """What came of a check."""

    check: Check
    mails: int
    findings: list[Finding]
    seconds: float
    #: why it was not asked; None when it was
    lacks: str | None


def main() -> int:
    """Exit status 0 when nothing was found, 1 when something was, 2 when the call is wrong."""
    wishes = _wishes()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    mails, huge = asyncio.run(_print())
    console.print(f"{len(mails) + len(huge)} mails: {', '.join(themes())} in {', '.join(LANGUAGES)}")
    answers = [answer_of(check, mails, huge) for check in CHECKS if check.name in wishes.only]
    unprinted = [
        Finding("mails", kind, "has templates and is printed by no scene") for kind in kinds() - PRINTED
    ]
    findings = unprinted + [finding for answer in answers for finding in answer.findings]
    show(answers, unprinted, console)
    if wishes.json is not None:
        wishes.json.write_text(as_json(answers, findings), encoding="utf-8")
    if wishes.screenshots is not None:
        _take_pictures(mails, wishes.screenshots, console)
    return 1 if findings else 0


def _wishes() -> argparse.Namespace:
    names = [check.name for check in CHECKS]
    parser = argparse.ArgumentParser(prog="python -m tests.mail_lint", description=__doc__)
    parser.add_argument(
        "--only", metavar="NAME", nargs="+", choices=names, default=names, help=f"of {', '.join(names)}"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all findings into a file")
    parser.add_argument(
        "--screenshots", metavar="FOLDER", type=Path, help="take pictures: phone and desktop, light and dark"
    )
    return parser.parse_args()


async def _print() -> tuple[list[Mail], list[Mail]]:
    """Every look and language of the usual scenes; the large ones in every look, and in one language."""
    async with a_press() as press:
        mails = await mails_of(press, usual(), themes(), LANGUAGES)
        huge = await mails_of(press, large(), themes(), LANGUAGES[:1])
    return mails, [mail for mail in huge if mail.kind == "issue"]


def answer_of(check: Check, mails: Sequence[Mail], huge: Sequence[Mail]) -> Answer:
    """Ask a check, or note why it cannot be asked."""
    lacks = check.lacks()
    if lacks is not None:
        return Answer(check, 0, [], 0, lacks)
    looked_at = [*mails, *huge] if check.of_huge else list(mails)
    began = time.perf_counter()
    findings = list(check.findings(looked_at))
    return Answer(check, len(looked_at), findings, time.perf_counter() - began, None)


def show(answers: Sequence[Answer], unprinted: Sequence[Finding], console: Console) -> None:
    """The findings, some of each check, a table, and what was not asked."""
    for answer in answers:
        for finding in answer.findings[:_SHOWN]:
            console.print(f"{finding.check}: {finding.mail}: {finding.what}", markup=False, soft_wrap=True)
        if len(answer.findings) > _SHOWN:
            console.print(f"{answer.check.name}: {len(answer.findings) - _SHOWN} more; --json FILE holds all")
    for finding in unprinted:
        console.print(f"{finding.check}: {finding.mail}: {finding.what}", markup=False)
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("check", "asks", "mails", "findings", "seconds"):
        table.add_column(heading, justify="right" if heading in {"mails", "findings", "seconds"} else "left")
    for answer in answers:
        if answer.lacks is None:
            row = str(answer.mails), str(len(answer.findings)), f"{answer.seconds:.1f}"
        else:
            row = "-", "not asked", ""
        table.add_row(answer.check.name, answer.check.asks, *row)
    console.print(table)
    for answer in answers:
        if answer.lacks is not None:
            console.print(f"{answer.check.name} was not asked: {answer.lacks}", markup=False)


def as_json(answers: Sequence[Answer], findings: Sequence[Finding]) -> str:
    """All findings as one document."""
    document = {
        "checks": [
            {"name": answer.check.name, "mails": answer.mails, "lacks": answer.lacks} for answer in answers
        ],
        "findings": [finding._asdict() for finding in findings],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _take_pictures(mails: Sequence[Mail], folder: Path, console: Console) -> None:
    lacks = lacks_browser()
    if lacks is not None:
        console.print(f"no pictures were taken: {lacks}", markup=False)
        return
    pictured = [mail for mail in mails if mail.html is not None and mail.scene in _PICTURED]
    console.print(f"{len(take_pictures(pictured, folder))} pictures in {folder}")


if __name__ == "__main__":
    sys.exit(main())
