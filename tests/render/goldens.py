"""The mails whose printed form is kept in `golden/`, and the command that prints it anew: `make golden`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from digest.core.notices import NoticeKind
from digest.render.environment import CLASSIC
from tests.mail_lint.mail import Mail
from tests.mail_lint.printing import a_press, answers, confirmations, issue_mail, notices, themes
from tests.mail_lint.scenes import Scene, usual

FOLDER: Final = Path(__file__).parent / "golden"
#: Scene and language; few, so that a change of the look can be read through.
_KEPT: Final = (
    ("eight", "en"),
    ("waiting", "zh-Hans"),
    ("one", "ar"),
    ("pictured", "en"),
    ("bringing", "en"),
)
#: What shows a theme best.
_SHOWN: Final = "eight", "en"


def printed() -> Mapping[str, str]:
    """The parts as they are printed now, by the names of their files."""
    return {
        f"{mail.kind}-{mail.scene}-{mail.theme}-{mail.language}.{ending}": part
        for mail in asyncio.run(_mails())
        for ending, part in (("html", mail.html), ("txt", mail.text))
        if part is not None
    }


def kept() -> Mapping[str, str]:
    """The parts as they were meant to be, by the names of their files."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.*"))}


async def _mails() -> list[Mail]:
    scenes: dict[str, Scene] = {scene.name: scene for scene in usual()}
    wanted = [(name, CLASSIC, language) for name, language in _KEPT]
    wanted += [(_SHOWN[0], theme, _SHOWN[1]) for theme in themes() if theme != CLASSIC]
    async with a_press() as press:
        issues = [await issue_mail(press, scenes[name], *look) for name, *look in wanted]
    others = (
        print_(CLASSIC, "en") for print_ in (confirmations, answers, partial(notices, NoticeKind.PROBE))
    )
    return [*issues, *map(next, others)]


def main() -> int:
    """Write down what is printed now, and say what changed by it."""
    FOLDER.mkdir(exist_ok=True)
    before, now = kept(), printed()
    for name in before.keys() - now.keys():
        (FOLDER / name).unlink()
        print(f"removed {name}")
    for name, text in now.items():
        if before.get(name) != text:
            (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
            print(f"{'changed' if name in before else 'new'} {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
