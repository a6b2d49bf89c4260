"""The picture of the house is of today, and shows what the rules let stand."""

from __future__ import annotations

from xml.etree import ElementTree

from tests.architecture_picture import PICTURE, arrows, picture
from tests.test_architecture import HEIGHT, WELCOME


def test_picture_is_of_today() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(), "stale: call make house"


def test_every_room_and_leaf_is_drawn_once_and_every_import_is_an_arrow_down() -> None:
    drawn = ElementTree.fromstring(picture())
    texts = drawn.iter("{http://www.w3.org/2000/svg}text")
    # in small letters stands who may look at a leaf
    words = [text.text or "" for text in texts if text.get("font-size") != "11"]
    for name in HEIGHT.keys() | WELCOME.keys():
        assert words.count(name.removeprefix("digest.")) == 1
    told = {title.text for title in drawn.iter("{http://www.w3.org/2000/svg}title")}
    found = arrows()
    assert {f"{above} imports {below}" for above, below in found} <= told
    assert all(HEIGHT[above] > HEIGHT[below] for above, below in found)
    assert ("digest.flows", "digest.store") in found
