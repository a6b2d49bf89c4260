"""What a page of the documentation takes for granted: files that are there, and servers that answer."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.conftest import mail_server
from tests.docs import exports
from tests.docs.blocks import ROOT

#: By what stands on the page, what there is instead of it here.
Instead = Mapping[str, str]
Stage = Callable[[Path, pytest.FixtureRequest], AbstractContextManager[Instead]]


def stage_of(page: str, folder: Path, request: pytest.FixtureRequest) -> AbstractContextManager[Instead]:
    """Make the folder, with what the page needs, for as long as it is followed."""
    if page in _FROM_NOTHING:
        folder.mkdir()
    else:
        begins_with = "set_up" if page.startswith("docs/how-to/") else "furnished"
        shutil.copytree(request.getfixturevalue(begins_with), folder)
    return _STAGES.get(page, _bare)(folder, request)


@contextmanager
def _bare(_folder: Path, _request: pytest.FixtureRequest) -> Iterator[Instead]:
    yield {}


def _with_of_the_checkout(*names: str) -> Stage:
    """Folders lie where they lie in a checkout."""

    @contextmanager
    def stage(folder: Path, _request: pytest.FixtureRequest) -> Iterator[Instead]:
        for name in names:
            shutil.copytree(ROOT / name, folder / name)
        yield {}

    return stage


def _mailed_by(*told: str) -> Stage:
    """A real mail server in place of those that the page names, which must have got something in the end."""

    @contextmanager
    def stage(_folder: Path, _request: pytest.FixtureRequest) -> Iterator[Instead]:
        with mail_server() as server:
            yield dict.fromkeys(told, f"smtp://127.0.0.1:{server.port}")
            assert server.taken, "the page sent no mail"

    return stage


def _with(**files: str) -> Stage:
    """Files that somebody has who reads the page, by their names with `_` for the dot."""

    @contextmanager
    def stage(folder: Path, _request: pytest.FixtureRequest) -> Iterator[Instead]:
        for name, content in files.items():
            (folder / name.replace("_", ".")).write_text(content, encoding="utf-8")
        yield {}

    return stage


def _read_from(site: str, **files: str) -> Stage:
    """A site in this process in place of one that the page names."""

    @contextmanager
    def stage(folder: Path, request: pytest.FixtureRequest) -> Iterator[Instead]:
        (folder / "digest.toml").write_text('reach_private = "127.0.0.0/8"\n', encoding="utf-8")
        with _with(**files)(folder, request), ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield {site: f"http://127.0.0.1:{server.server_address[1]}"}
            finally:
                server.shutdown()
                thread.join()

    return stage


def _called_by(told: str) -> Stage:
    """A real mail server in place of the one that the page names; it is called, and may get nothing."""

    @contextmanager
    def stage(_folder: Path, _request: pytest.FixtureRequest) -> Iterator[Instead]:
        with mail_server() as server:
            yield {told: f"smtp://127.0.0.1:{server.port}"}

    return stage


@contextmanager
def _with_backups(folder: Path, _request: pytest.FixtureRequest) -> Iterator[Instead]:
    """Another disk, for what is kept of a store."""
    disk = folder.with_name("backups")
    disk.mkdir()
    yield {"/backups/": f"{disk}/"}


@contextmanager
def _moving_in(folder: Path, request: pytest.FixtureRequest) -> Iterator[Instead]:
    """What other systems give of their members: files, and answers."""
    (folder / "audience.zip").write_bytes(exports.audience())
    files = {"reading_txt": exports.READING, "bounced_txt": exports.BOUNCED}
    with _read_from("https://listmonk.example", **files)(folder, request) as instead:
        (site,) = instead.values()
        yield {**instead, "http://localhost:8001": site}


@contextmanager
def _on_postgres(_folder: Path, request: pytest.FixtureRequest) -> Iterator[Instead]:
    """A real PostgreSQL in place of the one that the page names."""
    url = request.getfixturevalue("new_store")("postgresql", False)
    yield {"postgresql://digest:PASSWORD@db.news.example/digest": url}


class _Site(BaseHTTPRequestHandler):
    """A page that names no feed, posts of WordPress, feeds, members, and somebody who is told of events."""

    def do_GET(self) -> None:
        """Answer with what is asked for, or that there is nothing."""
        base = f"http://{self.headers['Host']}"
        path = self.path.partition("?")[0]
        if path == "/":
            self._answers("<html><head><title>Harbour Post</title></head></html>", "text/html")
        elif path == "/wp-json/wp/v2/posts":
            self._answers(json.dumps([_post(base, number) for number in (2, 1)]), "application/json")
        elif path in exports.ANSWERS:
            self._answers(json.dumps(exports.ANSWERS[path]), "application/json")
        elif path.endswith(".xml"):
            self._answers(_feed(f"{base}{path}"), "application/rss+xml")
        else:
            self._answers("not here", "text/plain", status=404)

    def do_POST(self) -> None:
        """Take what is told."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def _answers(self, text: str, kind: str, status: int = 200) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


def _post(base: str, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "date_gmt": f"2026-11-2{number}T06:00:00",
        "modified_gmt": f"2026-11-2{number}T06:00:00",
        "guid": {"rendered": f"{base}/?p={number}"},
        "link": f"{base}/2026/11/{number}/",
        "title": {"rendered": _TITLES[number - 1]},
        "content": {"rendered": f"<p>{_TITLES[number - 1]}. The tariff on exports stays as it was.</p>"},
        "excerpt": {"rendered": ""},
        "_embedded": {"wp:term": [[{"id": 1, "name": "Economy", "slug": "economy", "taxonomy": "category"}]]},
    }


def _feed(url: str) -> str:
    items = "".join(
        f"<item><title>{title}</title><link>{url}?{number}</link><description>{title}.</description></item>"
        for number, title in enumerate(_TITLES)
    )
    return f"<rss version='2.0'><channel><title>Harbour Post</title><link>{url}</link>{items}</channel></rss>"


_TITLES: Final = ("Eight ports share one list", "The night trains come back")
_OPML: Final = '<opml><body><outline text="Radio" xmlUrl="https://radio.example/rss"/></body></opml>'

#: Pages that set up what they need.
_FROM_NOTHING: Final = frozenset(
    {"README.md", "docs/index.md", "docs/tutorial.md", "docs/how-to/several-machines.md"}
)
_STAGES: Final[dict[str, Stage]] = {
    "README.md": _with_of_the_checkout("digest/cli/samples"),
    "docs/tutorial.md": _mailed_by("smtp+starttls://digest:PASSWORD@mail.news.example:587"),
    "docs/how-to/postfix.md": _mailed_by("smtp://127.0.0.1:25"),
    "docs/how-to/amazon-ses.md": _mailed_by(
        "smtp+starttls://AKIAEXAMPLE:PASS%2FWORD@email-smtp.eu-west-1.amazonaws.com:587"
    ),
    "docs/how-to/several-machines.md": _on_postgres,
    "docs/how-to/several-languages.md": _with(
        news_json='[{"title": "Ports agree", "paragraphs": ["Eight ports share a list."]}]'
    ),
    "docs/how-to/wordpress.md": _read_from("https://blog.example"),
    "docs/backup.md": _with_backups,
    "docs/moving-in.md": _moving_in,
    "docs/running.md": _called_by("smtp+starttls://digest:PASSWORD@mail.harbour.example:587"),
    "docs/desk.md": _with(list_txt=f"{hashlib.sha256(b'gone@example.org').hexdigest()}\n"),
    "docs/feeds.md": _read_from("https://harbour.example", mine_opml=_OPML),
    "docs/webhooks.md": _read_from("https://shop.example"),
    "docs/ingest.md": _with(desk_csv="Headline,Text,Initials\nPorts agree,Eight ports share a list.,ab\n"),
}
