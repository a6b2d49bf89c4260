"""What the exit status of a command says to a shell."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
#: The work was done, but something in it failed; the output says what.
FAILED_IN_PART: Final = 1
#: The call or the settings are wrong, and nothing was changed.
REFUSED: Final = 2
#: Ctrl-C, as shells have it.
INTERRUPTED: Final = 130
