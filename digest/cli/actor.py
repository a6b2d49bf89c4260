"""Who types a command: the account at the shell, for the log of changes."""

from __future__ import annotations

import getpass

from digest.core.access import Actor, Via


def at_the_shell() -> Actor:
    """The account under which the command runs; a machine may know no name for it."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = "somebody"
    return Actor(name, Via.COMMAND)
