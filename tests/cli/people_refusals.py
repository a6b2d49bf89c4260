"""What commands about people of the newsroom refuse: the words, and what the one line of the answer holds."""

from __future__ import annotations

from typing import Final

from tests.cli.webhook_refusals import HUGE

PEOPLE: Final = {
    "users add": [
        ("", "Missing argument 'NAME'"),
        ("'' --password-stdin", "name is empty"),
        ("Berta", "there is no terminal to ask on"),
        ("Berta --password-stdin", "the password is too short"),
        ("Berta --role queen --password-stdin", "role 'queen' is not known: choose among admin"),
        ("Berta --link --password-stdin", "--link and --password-stdin: choose one"),
        ("Berta --link --role queen", "role 'queen' is not known: choose among admin"),
        ("anna --link", "name 'anna' is taken"),
        ("'' --link", "name is empty"),
    ],
    "users link": [
        ("", "Missing argument 'NAME'"),
        ("nobody", "user 'nobody' does not exist: see digest users list"),
        ("''", "name is empty"),
        ("Anna Clara", "unexpected extra argument"),
    ],
    "users list": [("--limit 0", "'--limit'"), ("more", "more")],
    "users edit": [
        ("nobody --role viewer", "user 'nobody' does not exist: see digest users list"),
        ("Anna --role queen", "role 'queen' is not known"),
        ("Anna --password", "there is no terminal to ask on"),
        ("Anna --password-stdin", "the password is too short"),
        ("Anna", "nothing is to be changed"),
    ],
    "users key": [
        ("nobody", "user 'nobody' does not exist"),
        ("Anna --scopes fly", "scope 'fly' is not known: choose among"),
        ("Anna --scopes own", "a key of Anna (admin) can have some of these scopes: see,"),
        ("Anna --scopes ''", "a key of Anna (admin) can have some of these scopes"),
        ("Anna --label ''", "label is empty"),
    ],
    "users keys": [("nobody", "user 'nobody' does not exist"), ("Anna --limit 0", "'--limit'")],
    "users revoke": [("", "Missing argument 'KEY-ID'"), ("99", "key 99 does not exist"), (HUGE, "'KEY-ID'")],
}
