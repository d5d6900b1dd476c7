"""The site has every page, in the order of `docs/README.md`, and a search finds the right one."""

from __future__ import annotations

import html.parser
import json
import posixpath
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import site_pages

ROOT = Path(__file__).resolve().parents[2]

WORDS = {
    "reload": "how-to/change-a-running-plant",
    "restart": "explanation/restart-rules",
    "troubleshoot": "how-to/troubleshoot",
    "upgrade": "how-to/upgrade-without-stopping",
    "deploy": "how-to/run-on-an-industrial-pc",
    "systemd": "how-to/run-on-an-industrial-pc",
    "backup": "how-to/back-up-and-restore",
    "retain": "how-to/publish-less",
    "reconnect": "explanation/how-devices-are-read",
    "password": "how-to/use-secrets",
    "rollback": "how-to/undo-a-change",
    "maintenance": "how-to/maintain-one-machine",
    "authentication": "how-to/connect-to-the-broker",
    "email": "how-to/get-notified",
    "metrics": "how-to/monitor-with-prometheus",
    "log": "how-to/read-the-logs",
    "performance": "explanation/what-a-tree-costs",
    "certificate": "how-to/troubleshoot",
    "timeout": "how-to/troubleshoot",
    "permission": "how-to/troubleshoot",
    "port": "how-to/troubleshoot",
    "docker": "how-to/run-in-a-container",
    "kubernetes": "how-to/run-in-a-container",
    "windows": "how-to/install",
    "uninstall": "how-to/install",
    "memory": "runbook/memory",
    "disk": "runbook/store",
    "endianness": "reference/modbus-addressing",
    "duplicate": "explanation/broker-durability",
    "crash": "explanation/what-is-stored",
}
"""What people search for, and the page that helps them."""


def test_every_page_is_listed_once() -> None:
    listed = Counter(site_pages.pages_of(site_pages.nav()))
    there = {str(page.relative_to(site_pages.DOCS)) for page in site_pages.DOCS.rglob("*.md")}
    assert there - listed.keys() == set(), "list it in docs/README.md"
    assert listed.keys() - there == set()
    assert [page for page, times in listed.items() if times > 1] == []


def test_every_page_is_linked_from_another() -> None:
    """Beside the list of all: from where a reader is who needs it."""
    pages = [f"docs/{page.relative_to(site_pages.DOCS)}" for page in site_pages.DOCS.rglob("*.md")]
    linked: set[str] = set()
    for page in [*pages, "README.md", "CONTRIBUTING.md"]:
        if page != "docs/README.md":
            linked |= site_pages.targets((ROOT / page).read_text(), page)
    assert sorted({*pages} - linked) == []


def test_sections_are_those_of_the_list_in_order() -> None:
    assert [next(iter(section)) for section in site_pages.nav()] == [
        "Overview",
        "Tutorials",
        *(f"How-to guides: {what}" for what in ("set up", "operate", "monitor", "documents")),
        "How-to guides: workers of your own",
        "Reference",
        "Explanation",
    ]


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_people_search_for_is_in_a_title_a_heading_or_a_tag(word: str) -> None:
    page = f"{WORDS[word]}.md"
    headings = re.findall(r"^#+ (.*)", (site_pages.DOCS / page).read_text(), re.MULTILINE)
    tags = site_pages.SEARCH_WORDS.get(page, "").split(", ")
    assert word in [found.lower() for text in [*headings, *tags] for found in text.split()]


def test_tags_are_those_of_pages() -> None:
    assert [page for page in site_pages.SEARCH_WORDS if not (site_pages.DOCS / page).exists()] == []


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("b.md", "b.md"),
        ("../reference/c.md#keys", "../reference/c.md#keys"),
        ("../../src/fsmv2/core/tick.py", "../source/src/fsmv2/core/tick.py.md"),
        ("../../CHANGELOG.md", "../source/CHANGELOG.md"),
        ("../../README.md#figures", "../README.md#figures"),
        ("../README.md", "../README.md"),
        ("../../examples", "../source/examples/index.md"),
        ("https://example.org/a", "https://example.org/a"),
        ("#here", "#here"),
    ],
)
def test_a_link_leads_to_a_page_of_the_site(link: str, there: str) -> None:
    """Also from a page to a file that stands outside `docs/`."""
    found = site_pages.for_site(f"See [it]({link}).", "docs/how-to/a.md", "how-to/a.md")
    assert found == f"See [it]({there})."


def test_a_page_outside_docs_links_into_it() -> None:
    text = "[a](docs/how-to/a.md) ![b](docs/images/b.svg) [c](examples/c.py)"
    there = "[a](../how-to/a.md) ![b](../images/b.svg) [c](examples/c.py.md)"
    assert site_pages.for_site(text, "CHANGELOG.md", "source/CHANGELOG.md") == there


def test_blocks_of_code_are_left_as_they_are() -> None:
    """But for what stands beside the language, with which the site's Markdown sees no block."""
    text = "```yaml file=plant.yaml\na: [b](../../c.py)\n```\n\n```python name=x\n- d\n```"
    shown = '```yaml title="plant.yaml"\na: [b](../../c.py)\n```\n\n```python\n- d\n```'
    assert site_pages.for_site(text, "docs/how-to/a.md", "how-to/a.md") == shown


def test_a_list_below_a_text_is_a_list() -> None:
    text = "**Decided.**\n- One,\n  more of it.\n- Two.\n"
    shown = "**Decided.**\n\n- One,\n  more of it.\n- Two.\n"
    assert site_pages.for_site(text, "docs/a.md", "a.md") == shown


def test_no_lock_names_an_index() -> None:
    locks = list(ROOT.glob("requirements*.lock"))
    assert locks
    for lock in locks:
        assert re.findall(r"https?://\S+|--(?:extra-)?index\S*", lock.read_text()) == []


class Links(html.parser.HTMLParser):
    """What a page leads to and what it fetches, and the places in it that can be led to."""

    FETCHES = ("script", "img", "iframe", "source", "link")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag names."""
        values = {name: value or "" for name, value in attrs}
        self.places |= {values[name] for name in ("id", "name") if name in values}
        where = values.get("src", "") or values.get("href", "")
        if tag in self.FETCHES and where:
            self.fetched.append(where)
        elif tag == "a" and where:
            self.links.append(where)


@pytest.mark.thorough
@pytest.mark.timeout(1200)
def test_the_site_is_built_searched_and_followed() -> None:
    """Each of the words finds its page, each link leads somewhere, nothing is fetched elsewhere."""
    subprocess.run(["make", "site"], cwd=ROOT, check=True)
    site = ROOT / "site"
    search = [ROOT / "tests/docs/site_search.py", site / "search/search_index.json", *WORDS]
    searched = subprocess.run(
        [ROOT / ".venv-site/bin/python", *search], check=True, capture_output=True, text=True
    )
    found = json.loads(searched.stdout)
    assert {word: found[word][:1] for word in WORDS} == {
        word: [f"{page}.html"] for word, page in WORDS.items()
    }

    pages = {str(page.relative_to(site)): Links(page.read_text()) for page in site.rglob("*.html")}
    elsewhere, broken = [], []
    for page, links in pages.items():
        elsewhere += [f"{page}: {one}" for one in links.fetched if re.match(r"(https?:)?//", one)]
        for link in [*links.links, *links.fetched]:
            if re.match(r"[a-z]+:|//", link) or page == "404.html":
                continue
            path, _, place = link.partition("#")
            to = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
            to = "index.html" if to == "." else to
            there = (site / to).exists() and (
                not place or to not in pages or place in pages[to].places
            )
            if not there:
                broken.append(f"{page} → {link}")
    assert elsewhere == []
    assert broken == []
    diagrams = [page for page in site.rglob("*.html") if 'class="mermaid"' in page.read_text()]
    assert diagrams
    assert [page for page in diagrams if "/mermaid.js" not in page.read_text()] == []
