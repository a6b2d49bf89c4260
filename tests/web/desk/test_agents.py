"""A browser in the list of sessions is told by what people call it."""

from __future__ import annotations

import pytest

from digest.web.desk.agents import browser_in_words

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {_WEBKIT} Chrome/156.0.0.0 Safari/537.36", "Chrome 156 on Linux"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/156.0 Safari/537.36 Edg/156.0.1",
            "Edge 156 on Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox 140 on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/19.0 Mobile/15E148 Safari/604.1",
            "Safari 19 on iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/19.1.2 Safari/605.1.15",
            "Safari 19 on macOS",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 15; K) {_WEBKIT} Chrome/156.0 Mobile Safari/537.36",
            "Chrome 156 on Android",
        ),
        ("curl/8.9.1", "curl/8.9.1"),
        ("x" * 300, "x" * 60),
        ("", "unknown"),
    ],
    ids=["chrome", "edge", "firefox", "iphone", "mac", "android", "program", "long", "none"],
)
def test_a_browser_is_told_in_words(agent: str, words: str) -> None:
    assert browser_in_words(agent) == words
