"""What `make site` does beside building the pages of `docs/`; mkdocs calls these functions.

The order of the pages, links that lead out of `docs/`, and the words that pages are found by come
from `site_pages`.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import site_pages as pages
from mkdocs.structure.files import File
from mkdocs.utils import get_relative_url

MERMAID = "assets/javascripts/mermaid.js"
"""Draws diagrams. The theme would fetch it from elsewhere, whenever a page is read."""


def on_config(config: Any) -> Any:
    """The order of the pages is that of `docs/README.md`."""
    config.nav = pages.nav()
    return config


def on_files(files: Any, config: Any) -> Any:
    """Files outside `docs/` that pages link to are pages of the site as well."""
    for page, path in pages.outside_pages().items():
        files.append(File.generated(config, page, content=pages.outside_page(path, page)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Links lead to pages of the site, and pages are found by words that they do not say."""
    name = page.file.src_uri
    if words := pages.SEARCH_WORDS.get(name):
        page.meta["tags"] = words.split(", ")
    if name in pages.LESS:
        page.meta["search"] = {"boost": pages.LESS[name]}
    if name == pages.HOME:
        return pages.home()
    if name.startswith(f"{pages.SOURCE}/"):
        return markdown
    return pages.for_site(markdown, f"docs/{name}", name)


def on_post_page(output: str, page: Any, config: Any) -> str:
    """A page with a diagram has what draws it."""
    if 'class="mermaid"' not in output:
        return output
    script = f'<script src="{get_relative_url(MERMAID, page.url)}"></script>'
    return output.replace("</head>", f"{script}</head>", 1)


def on_post_build(config: Any) -> None:
    """Mermaid itself, out of a package that has it."""
    package = importlib.util.find_spec("mermaidx")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("mermaidx is not installed. Run `make site`, which installs it.")
    found = Path(package.origin).parent / "assets" / "mermaid.js"
    shutil.copyfile(found, Path(config.site_dir) / MERMAID)
