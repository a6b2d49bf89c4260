"""What commands about topics refuse: the words, and what the one line of the answer holds."""

from __future__ import annotations

from typing import Final

from tests.cli.suppression_refusals import LONG
from tests.cli.webhook_refusals import HUGE

TOPICS: Final = {
    "topics list": [("--limit 0", "'--limit'"), (f"--after {HUGE}", "'--after'")],
    "topics add": [
        ("space", "Missing option '--title'"),
        ("'Outer Space' --title Space", "slug 'Outer Space' is not one"),
        ("'' --title Space", "slug '' is not one"),
        (f"{LONG} --title Space", "use at most 60"),
        ("economy --title Economy", "topic 'economy' exists already"),
        ("space --title ''", "title is empty"),
        ("space --title a\x07b", r"title 'a\x07b' holds control characters"),
        ("space --title Space --rules moon:99", "weight '99' of keyword 'moon'"),
        ("space --title Space --rules moon,Moon", "'Moon' is given twice"),
        (f"space --title Space --position {HUGE}", "'--position'"),
        ("space --title Space --aliases economy", "'economy' names both"),
        ("all --title All", "'all' cannot name a topic"),
        ("space --title Space --title-in Espace", "title 'Espace' names no language: write it as fr=Espace"),
        ("space --title Space --description-in fr=Loin", "description in fr has no title in fr"),
    ],
    "topics edit": [
        ("gossip --title Gossip", "topic 'gossip' does not exist: see digest topics list"),
        ("economy --title ''", "title is empty"),
        ("economy --rules ':4'", "holds no keyword"),
        ("economy --aliases energy", "'energy' names both"),
        ("economy --position -1", "'--position'"),
        ("economy --title-in klingon=x", "language 'klingon' is not known"),
        (f"economy --title-in fr={LONG}", "title in fr has 300 characters"),
    ],
    "topics remove": [
        ("gossip", "topic 'gossip' does not exist"),
        ("general", "topic 'general' cannot be removed"),
    ],
    "topics merge": [
        ("energy", "Missing argument"),
        ("gossip economy", "topic 'gossip' does not exist"),
        ("economy gossip", "topic 'gossip' does not exist"),
        ("general economy", "topic 'general' cannot be removed"),
        ("economy economy", "cannot be merged into itself"),
    ],
}
