"""A theme that a plugin brings: seen in a real mail, and in no other newsletter's."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

from tests.cli.shell import Shell

#: Of the theme: its accent by day, and the waves beside a heading.
ACCENT, WAVE = "#0b5a7a", "∼ "


def htmls(outbox: Path) -> list[str]:
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in outbox.glob("*.eml")
    ]
    bodies = [mail.get_body(("html",)) for mail in mails]
    return [body.get_content() for body in bodies if body is not None]


def test_mail_is_printed_in_the_theme_of_a_plugin(shell: Shell) -> None:
    assert shell.process("newsletters", "edit", "daily", "--theme", "harbour").status == 0
    assert shell.process("run").status == 0
    found = htmls(shell.folder / "var" / "outbox")
    assert len(found) == 3
    for html in found:
        assert ACCENT in html
        assert WAVE in html.replace("&sim;", "∼")


def test_folder_of_ones_own_stands_before_the_plugin(shell: Shell) -> None:
    own = shell.folder / "themes" / "harbour" / "issue"
    own.mkdir(parents=True)
    (own / "_topic.html").write_text('<tr><td class="topic">MINE {{ group.title }}</td></tr>\n')
    mine = shell.with_(DIGEST_THEMES_DIR=str(shell.folder / "themes"))
    assert mine.process("newsletters", "edit", "daily", "--theme", "harbour").status == 0
    assert mine.process("preview", "daily", "--for", "ana@readers.example", "--out", "out").status == 0
    html = (shell.folder / "out" / "body.html").read_text(encoding="utf-8")
    assert "MINE " in html
    assert ACCENT in html


def test_theme_that_is_no_longer_installed_is_refused_by_name(shell: Shell) -> None:
    assert shell.process("newsletters", "edit", "daily", "--theme", "harbour").status == 0
    without = Shell(shell.folder)
    assert (
        "theme 'harbour' is not known: say classic, quiet"
        in without.process("preview", "daily", "--for", "ana@readers.example").complaint
    )
    # the issue stays planned, and goes out when the theme is there again
    broken_off = without.process("run")
    assert broken_off.status == 1
    assert "theme 'harbour' is not known" in broken_off.err
    assert "Traceback" not in broken_off.err
    assert shell.process("run").status == 0
    assert len(htmls(shell.folder / "var" / "outbox")) == 3
