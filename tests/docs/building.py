"""What mkdocs does not do by itself: files outside docs/ that pages need, and a search without a server.

mkdocs loads this by its path, so it imports nothing of ours.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

#: Where files of the repository stand on the site, as `templates/email/README.md.txt`.
_SOURCE: Final = "source"
_LINK: Final = re.compile(r"\]\((?P<path>\.\.[^)#\s]*)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the changelog, and each file outside docs/ that a page links to; a dead link stays one."""
    docs = Path(config.docs_dir)
    changes = (docs.parent / "CHANGELOG.md").read_text(encoding="utf-8").replace("](docs/", "](")
    files.append(File.generated(config, "changelog.md", content=changes))
    for page in files.documentation_pages():
        for link in _LINK.finditer(page.content_string):
            named = (docs / page.src_uri).parent.joinpath(link["path"]).resolve()
            inside = named.relative_to(docs.parent) if named.is_relative_to(docs.parent) else None
            if inside is None or inside.parts[0] == docs.name or not named.is_file():
                continue
            copy = _on_the_site(inside.as_posix())
            if files.get_file_from_path(copy) is None:
                text = named.read_text(encoding="utf-8")
                files.append(File.generated(config, copy, content=text))
    return files


def on_page_markdown(markdown: str, *, page: object, config: MkDocsConfig, files: Files) -> str:
    """Let links that leave docs/ lead to the copies."""
    docs = Path(config.docs_dir)
    uri = PurePosixPath(page.file.src_uri)  # type: ignore[attr-defined]

    def led(link: re.Match[str]) -> str:
        named = (docs / uri).parent.joinpath(link["path"]).resolve()
        if named.is_relative_to(docs) or not named.is_relative_to(docs.parent):
            return link[0]
        up = "../" * (len(uri.parts) - 1)
        return f"]({up}{_on_the_site(named.relative_to(docs.parent).as_posix())}"

    return _LINK.sub(led, markdown)


def on_post_build(*, config: MkDocsConfig) -> None:
    """Write the index of the search as a script, too: pages on the disk may not fetch a document."""
    folder = Path(config.site_dir) / "search"
    index = (folder / "search_index.json").read_text(encoding="utf-8")
    (folder / "search_index.js").write_text(f"var __index = {index}", encoding="utf-8")


def _on_the_site(path: str) -> str:
    return f"{_SOURCE}/{path}.txt"
