"""A theme: a folder with the files that differ from those of the usual one."""

from pathlib import Path

#: The version of the contract that this was written for; the package itself is the plugin.
api = 1
folder = Path(__file__).parent / "theme"
