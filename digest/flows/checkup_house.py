"""What a look at everything sees on this machine: folders, time zones, and packages under our names."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from digest.core.doctor_house import OpenPlace, PluginSeen
from digest.plugins import shelf

_OURS: Final = ("digest", "subscribers", "scheduler")
#: A file that only our package has.
_OUR_MARK: Final = Path("digest", "settings_file.py")


def closed_folders(folders: Iterable[Path]) -> dict[str, str]:
    """Those that cannot be written to, and why; nothing is made, so one that may be made is open."""
    found = {}
    for folder in folders:
        there = next((one for one in (folder, *folder.absolute().parents) if one.exists()), None)
        if there is None or not there.is_dir():
            found[str(folder)] = f"{there or folder} is no folder"
        elif not os.access(there, os.W_OK | os.X_OK):
            found[str(folder)] = f"we have no right to write into {there}"
    return found


def open_places(places: Iterable[Path]) -> tuple[OpenPlace, ...]:
    """Folders that every user of this machine may enter, and files that each may read, with the mend.

    What lies within another of these places is told with that one; what is not there yet is left out.
    """
    wanted = [one.absolute() for one in places if one.exists()]
    outermost = [one for one in wanted if not any(other in one.parents for other in wanted)]
    found = (_seen_open(one) for one in dict.fromkeys(outermost))
    return tuple(one for one in found if one is not None)


def _seen_open(place: Path) -> OpenPlace | None:
    """None where others are kept out, and on systems whose files have no such bits."""
    try:
        mode = place.stat().st_mode
    except OSError:
        return None
    bits = stat.S_IROTH | stat.S_IXOTH if stat.S_ISDIR(mode) else stat.S_IROTH
    if os.name != "posix" or not mode & bits:
        return None
    return OpenPlace(str(place), is_folder=stat.S_ISDIR(mode))


def unknown_zones(zones: Mapping[str, str]) -> dict[str, str]:
    """Those of some time zones that this machine does not know, with who goes by them."""
    return {zone: whose for zone, whose in zones.items() if not _is_known(zone)}


def zones_version() -> str:
    """Of the package tzdata, such as 2026.1; empty when that is not installed."""
    try:
        return version("tzdata")
    except PackageNotFoundError:
        return ""


def name_clashes(path: Iterable[str]) -> list[str]:
    """What else lies under the names of our packages where Python looks for them."""
    return list(dict.fromkeys(one for entry in path for one in _clashes_in(Path(entry))))


def plugins_seen() -> tuple[PluginSeen, ...]:
    """The plugins that are installed, each of which is loaded to see whether it can be."""
    return tuple(
        PluginSeen(one.kind.in_words, one.name, one.package, one.version, one.trouble, one.is_misnamed)
        for one in shelf.every_one_seen()
    )


def _clashes_in(folder: Path) -> Iterator[str]:
    if not folder.is_dir():
        return
    for name in _OURS:
        for part in (folder / name / "__init__.py", folder / f"{name}.py"):
            if part.is_file() and not (folder / _OUR_MARK).is_file():
                yield f"{part} has the name of our {name}"
        # in one folder with ours the one that was installed last has written over the other
        for known in folder.glob(f"{name}-*.dist-info"):
            package = known.stem.replace("-", " ")
            yield f"the package {package} is installed in {folder}, and has a {name} of its own"


def _is_known(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, LookupError):
        return False
    return True
