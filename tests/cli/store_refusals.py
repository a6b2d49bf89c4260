"""What commands about the store as a whole refuse: the words, and what the one line of the answer holds."""

from __future__ import annotations

from typing import Final

_SHAPE: Final = "should be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"

STORES: Final = {
    "store copy": [
        ("", "Missing argument 'FROM'"),
        ("settings", "Missing argument 'TO'"),
        ("settings env:NOWHERE", "the variable 'NOWHERE' is not set: let it hold the URL of a store"),
        ("settings env:", "the variable '' is not set"),
        ("settings env:PATH", f"the variable 'PATH' {_SHAPE}"),
        ("settings new.sqlite3", f"a store {_SHAPE}"),
        ("settings mysql://news:hunter2@db/news", f"a store {_SHAPE}, not mysql://"),
        ("settings sqlite://new.sqlite3", "should have three slashes before a relative path"),
        ("settings sqlite://", "a store should be a file: one in memory ends with this command"),
        ("settings sqlite:///:memory:", "a store should be a file"),
        ("settings settings", "cannot be copied into itself: name another one"),
        ("settings sqlite:///var/../var/digest.sqlite3", "cannot be copied into itself"),
        ("sqlite:///nowhere.sqlite3 settings", "nowhere.sqlite3 is not set up: run digest init"),
        ("settings postgresql://news:hunter2@127.0.0.1:1/news?connect_timeout=2", "127.0.0.1:1/news"),
        ("settings sqlite:///folder", "unable to open"),
        ("settings sqlite:///new.sqlite3 --fast", "--fast"),
    ],
    "backup": [
        ("empty.txt", "'empty.txt' is there already: name another file, or add --overwrite"),
        ("empty.txt/kept.gz", "'empty.txt/kept.gz' cannot be written"),
        ("--with-key here.gz more", "more"),
        ("--check", "nothing to check: say which file"),
        ("--check nowhere.gz", "file 'nowhere.gz' cannot be read (No such file or directory)"),
        ("--check .", "file '.' cannot be read (Is a directory)"),
        ("--check empty.txt", "the backup 'empty.txt' cannot be used: it is no backup of this program"),
        ("--check binary", "the backup 'binary' cannot be used: it is no backup of this program"),
    ],
    "restore": [
        ("", "Missing argument 'FILE'"),
        ("nowhere.gz", "file 'nowhere.gz' cannot be read (No such file or directory)"),
        ("empty.txt --replace --yes", "the backup 'empty.txt' cannot be used"),
        ("nowhere.gz --into news.sqlite3", f"a store {_SHAPE}"),
        ("nowhere.gz --into env:NOWHERE", "the variable 'NOWHERE' is not set"),
        ("nowhere.gz --replace", "there is no terminal to ask on: add --yes"),
    ],
    "store reopen": [
        ("sqlite:///nowhere.sqlite3 --yes", "nowhere.sqlite3 is not set up: run digest init"),
        ("env:NOWHERE --yes", "the variable 'NOWHERE' is not set"),
        ("settings more", "more"),
        ("--sent-until soon --yes", "time 'soon' is not known: say 2026-11-24T08:00:00Z"),
    ],
}
