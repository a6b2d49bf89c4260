"""The HTML is valid: the Nu HTML checker has nothing to say but of what mail cannot do without."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tests.mail_lint.mail import Mail
from tests.mail_lint.tools import VALIDATOR

#: What the checker says of every mail that Outlook shows as it should, and why it stays.
EXCEPTIONS: Final = {
    re.compile(
        r"“(?:width|align|cellpadding|cellspacing|border)” attribute on the “table” element is obsolete"
    ): ("Outlook for Windows lays tables out by these attributes; all others go by the style beside them"),
}
_PATIENCE: Final = 600


def look_at(mails: Sequence[Mail]) -> Iterator[tuple[str, str]]:
    """Errors and warnings with the name of the mail; one start of the checker for all."""
    with tempfile.TemporaryDirectory(prefix="digest-lint-") as folder:
        by_file = {}
        for number, mail in enumerate(mails):
            if mail.html is not None:
                path = Path(folder) / f"{number:05}.html"
                path.write_text(mail.html, encoding="utf-8")
                by_file[path.name] = mail.name
        if not by_file:
            return
        for message in messages(folder):
            said = message["message"]
            if not any(pattern.search(said) for pattern in EXCEPTIONS):
                kind = message.get("subType") or message["type"]
                yield (
                    by_file[Path(message["url"]).name],
                    f"line {message.get('lastLine', '?')}, {kind}: {said}",
                )


def messages(folder: str) -> list[dict[str, Any]]:
    """All that the checker says of the files in a folder: `message`, `type`, `url`, `lastLine`."""
    asked = ["java", "-Xss8m", "-jar", str(VALIDATOR), "--format", "json", "--stdout", "--exit-zero-always"]
    done = subprocess.run(
        [*asked, "--skip-non-html", folder], check=True, capture_output=True, text=True, timeout=_PATIENCE
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)["messages"]
    return found
