"""What mails look like changes on purpose only: their parts are those that were looked at and kept."""

from __future__ import annotations

from difflib import unified_diff

from tests.render.goldens import kept, printed

#: Lines of a difference that are shown; git shows the whole of it after `make golden`.
_SHOWN = 60


def test_mails_are_printed_as_they_were_kept() -> None:
    meant, now = kept(), printed()
    changed = [name for name in {**meant, **now} if meant.get(name) != now.get(name)]
    lines = [
        line
        for name in changed
        for line in unified_diff(
            meant.get(name, "").splitlines(),
            now.get(name, "").splitlines(),
            f"kept/{name}",
            f"now/{name}",
            n=1,
        )
    ]
    shown = "\n".join(line[:200] for line in lines[:_SHOWN])
    assert not changed, f"{', '.join(changed)}: if that is meant, say `make golden` and commit\n{shown}"
