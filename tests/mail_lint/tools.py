"""The tools of others that look at mails: where they are here, and what is said when they are not."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Final

NODE: Final = Path(__file__).parent / "node"
_MODULES: Final = NODE / "node_modules"
VALIDATOR: Final = _MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
AXE: Final = _MODULES / "axe-core" / "axe.min.js"
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
_FETCH: Final = "make lint-mail fetches it where npm is installed"


def browser() -> str | None:
    """The path of a Chromium."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def lacks_validator() -> str | None:
    """What the Nu HTML checker needs and this machine does not have; None when all is there."""
    if shutil.which("java") is None:
        return "java is not installed (Debian: default-jre-headless)"
    return None if VALIDATOR.is_file() else f"the Nu HTML checker is not here: {_FETCH}"


def lacks_axe() -> str | None:
    """What axe needs and this machine does not have."""
    return lacks_browser() or (None if AXE.is_file() else f"axe-core is not here: {_FETCH}")


def lacks_browser() -> str | None:
    """What it takes to see a page, and this machine does not have."""
    if browser() is None:
        return "no Chromium is installed (Debian: chromium)"
    if importlib.util.find_spec("playwright") is None:
        return "Python's playwright is not installed"
    return None


def lacks_spamassassin() -> str | None:
    """What a judgement on spam needs and this machine does not have."""
    return None if shutil.which("spamassassin") else "SpamAssassin is not installed (Debian: spamassassin)"
