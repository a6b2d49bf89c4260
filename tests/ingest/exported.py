"""Exports of other systems in their real layouts, with people of our own invention."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "exports"
SUBSCRIBED: Final = "subscribed_email_audience_export_0c0ffee123.csv"


def export_file(name: str) -> bytes:
    """The bytes of one of the files."""
    return (FOLDER / name).read_bytes()


def zipped(files: dict[str, bytes]) -> bytes:
    """An archive of these."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return out.getvalue()


def audience() -> bytes:
    """All contacts of an audience of Mailchimp, as one download."""
    return zipped({path.name: path.read_bytes() for path in sorted(FOLDER.glob("*_audience_*.csv"))})
