"""SpamAssassin would not take the mail for spam: less than 2.0 points, and both parts alike.

It runs with its local rules alone (`-L`): what lies in the network, such as lists of bad hosts and keys of
DKIM, says nothing about a mail that was never sent. Only points against a mail are counted: its being from
a mailing list, which speaks for it, shall not make up for what it says.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.mail_lint.mail import Mail

#: Points that a mail stays below; 5.0 make it spam.
MOST: Final = 2.0
#: Never to be seen, whatever the points: the parts say different things, or one is not there.
_NEVER: Final = frozenset({"MPART_ALT_DIFF", "MPART_ALT_DIFF_COUNT", "MIME_HTML_ONLY"})
_SETTINGS: Final = (
    "clear_headers",
    "add_header all Points _TESTSSCORES(,)_",
    "fold_headers 0",
    "report_safe 0",
    "use_bayes 0",
)
_ANSWER: Final = re.compile(rb"^X-Spam-Points: ?(.*)\nX-Lint-Number: (\d+)$", re.MULTILINE)
_PATIENCE: Final = 900


def look_at(mails: Sequence[Mail]) -> Iterator[tuple[str, str]]:
    """Mails with too many points, with the rules that gave them."""
    for mail, points in zip(mails, points_of(mails), strict=True):
        against = {rule: given for rule, given in points.items() if given > 0}
        if sum(against.values()) >= MOST:
            rules = ", ".join(f"{rule} {given}" for rule, given in against.items())
            yield mail.name, f"{sum(against.values()):.1f} points: {rules}"
        for rule in sorted(_NEVER & points.keys()):
            yield mail.name, f"{rule}: the parts do not say the same"


def points_of(mails: Sequence[Mail]) -> list[Mapping[str, float]]:
    """The points of each mail by rule; one start of SpamAssassin for all."""
    if not mails:
        return []
    with tempfile.TemporaryDirectory(prefix="digest-lint-") as folder:
        mailbox, wishes = Path(folder) / "mails", Path(folder) / "wishes"
        mailbox.mkdir()
        wishes.touch()
        for number, mail in enumerate(mails):
            # a mark that comes back tells which answer is whose
            marked = f"X-Lint-Number: {number}\r\n".encode() + mail.message
            (mailbox / f"{number:05}").write_bytes(marked.replace(b"\r\n", b"\n"))
        settings = [f"--cf={line}" for line in _SETTINGS]
        asked = ["spamassassin", "--local", f"--prefspath={wishes}", *settings, str(mailbox)]
        done = subprocess.run(asked, check=True, capture_output=True, timeout=_PATIENCE)
    answers = {int(number): _points_in(said.decode()) for said, number in _ANSWER.findall(done.stdout)}
    return [answers[number] for number in range(len(mails))]


def _points_in(said: str) -> Mapping[str, float]:
    """Points by rule, out of `HTML_MESSAGE=0.001,NO_RELAYS=-0.001`; `none` when no rule had a say."""
    pairs = (part.split("=") for part in said.split(",") if "=" in part)
    return {rule: float(points) for rule, points in pairs}
