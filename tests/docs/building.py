"""What mkdocs does not do by itself: files that are no pages shown as text, a search without a server.

mkdocs loads this by its path, so it imports nothing of ours.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

#: Where files of the repository stand on the site: `source/docs/deploy/nginx.conf.txt`, which browsers show.
_SOURCE: Final = "source"
_LINK: Final = re.compile(r"\]\((?P<path>(?![a-z]+:)[^)#\s]+)")
#: What is shown as it is, where it lies in docs/.
_SHOWN: Final = frozenset({".md", ".png", ".svg"})


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the changelog, and each file that a page links to and browsers would not show; dead links stay."""
    docs = Path(config.docs_dir)
    for page in files.documentation_pages():
        for link in _LINK.finditer(page.content_string):
            inside = _no_page(docs, page, link["path"])
            if inside is not None and files.get_file_from_path(_on_the_site(inside)) is None:
                text = (docs.parent / inside).read_text(encoding="utf-8")
                files.append(File.generated(config, _on_the_site(inside), content=text))
    changes = (docs.parent / "CHANGELOG.md").read_text(encoding="utf-8").replace("](docs/", "](")
    files.append(File.generated(config, "changelog.md", content=changes))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links to such files lead to the copies."""
    up = "../" * page.file.src_uri.count("/")

    def led(link: re.Match[str]) -> str:
        inside = _no_page(Path(config.docs_dir), page.file, link["path"])
        return link[0] if inside is None else f"]({up}{_on_the_site(inside)}"

    return _LINK.sub(led, markdown)


def on_post_build(*, config: MkDocsConfig) -> None:
    """Write the index of the search as a script, too: pages on the disk may not fetch a document."""
    folder = Path(config.site_dir) / "search"
    index = (folder / "search_index.json").read_text(encoding="utf-8")
    (folder / "search_index.js").write_text(f"var __index = {index}", encoding="utf-8")


def _no_page(docs: Path, page: File, path: str) -> str | None:
    """The name of a file below the top of the repository; None for pages, pictures, and what is not there."""
    named = (docs / page.src_uri).parent.joinpath(path).resolve()
    if not named.is_file() or not named.is_relative_to(docs.parent):
        return None
    if named.is_relative_to(docs) and named.suffix in _SHOWN:
        return None
    return named.relative_to(docs.parent).as_posix()


def _on_the_site(inside: str) -> str:
    return f"{_SOURCE}/{inside}.txt"
