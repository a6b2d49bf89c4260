"""What `subscribers import` refuses: the words, and what the one line of the answer holds."""

from __future__ import annotations

from typing import Final

MOVING_IN: Final = {
    "subscribers import": [
        ("nowhere.csv", "'nowhere.csv' cannot be read (No such file"),
        ("folder", "'folder' cannot be read (Is a directory)"),
        ("binary", "'binary' is not UTF-8 text"),
        ("empty.txt", "no column email"),
        ("header.csv", "column 'shoe_size' is not known: choose among email"),
        ("headless.csv", "column 'eve@readers.example' is not known"),
        ("-", "no column email"),
        ("header.csv --from phplist", "system 'phplist' is not known: choose among listmonk"),
        ("header.csv --from ghost", "header.csv is no export of ghost"),
        ("binary --from ghost", "binary is not text in UTF-8"),
        ("broken.json", "is no JSON that can be read"),
        ("header.csv --map A=economy", "--map is for exports of listmonk"),
        ("header.csv --newsletter daily", "--newsletter is for exports of"),
        ("header.csv --update", "--update is for exports of"),
        ("header.csv --unconfirmed perhaps", "unconfirmed 'perhaps' is not known: choose among leave"),
        ("header.csv --status gone", "status 'gone' is not known"),
        ("headless.csv --from mailman --status active", "status active cannot be said of all"),
        ("headless.csv --from mailman --map A", "'A' maps nothing: say LABEL=TARGET"),
        ("headless.csv --from mailman --map A=gardening", "is neither a topic nor a newsletter"),
        ("headless.csv --from mailman --map A=economy", "nobody in it has 'a'"),
        ("headless.csv --from mailman --newsletter weekly", "newsletter 'weekly' does not exist"),
        ("headless.csv --from mailman --raw", "--raw is for rosters of ours"),
    ],
}
