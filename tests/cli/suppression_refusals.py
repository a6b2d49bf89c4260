"""What commands about suppressed addresses refuse: the words, and what the one line of the answer holds."""

from __future__ import annotations

from typing import Final

LONG: Final = "x" * 300
ANA: Final = "ana@readers.example"

SUPPRESSIONS: Final = {
    "suppressions list": [("--limit 0", "'--limit'")],
    "suppressions add": [
        ("nobody", "address 'nobody' is not valid"),
        (f"{ANA} --note {LONG}", "use at most"),
    ],
    "suppressions lift": [
        ("nobody", "'nobody' is not valid"),
        (ANA, "this address is not on the list"),
        (f"{ANA} --note {LONG}", "use at most"),
    ],
    "suppressions import": [("nowhere.txt", "be read"), ("header.csv --hashes sha1", "'sha1' is not known")],
    "suppressions export": [("folder", "file 'folder' cannot be written (Is a directory)")],
}
