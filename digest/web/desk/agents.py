"""Which browser somebody is logged in with, in words: what browsers say of themselves is for servers."""

from __future__ import annotations

import re
from typing import Final

#: What says which browser it is, the first that fits: most claim to be Chrome and Safari as well.
_BROWSERS: Final = (
    ("Edge", r"Edg(?:A|iOS)?/(\d+)"),
    ("Opera", r"OPR/(\d+)"),
    ("Samsung Internet", r"SamsungBrowser/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:Chrome|CriOS|HeadlessChrome)/(\d+)"),
    ("Safari", r"Version/(\d+)[\d.]* (?:Mobile/\w+ )?Safari/"),
)
#: Android says Linux, too, and a phone of Apple's Mac OS X.
_SYSTEMS: Final = (
    ("iPad", r"iPad"),
    ("iPhone", r"iPhone"),
    ("Android", r"Android"),
    ("ChromeOS", r"CrOS"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("Linux", r"Linux|X11"),
)


def browser_in_words(agent: str) -> str:
    """Such as `Firefox 140 on Windows`; what is not known stays as it was said, but for its length."""
    if not agent:
        return "unknown"
    browser = next(
        (f"{name} {found[1]}" for name, sign in _BROWSERS if (found := re.search(sign, agent))), ""
    )
    system = next((name for name, sign in _SYSTEMS if re.search(sign, agent)), "")
    if not browser:
        return agent[:60]
    return f"{browser} on {system}" if system else browser
