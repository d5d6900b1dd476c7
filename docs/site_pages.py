"""What the site is made of: the order of its pages, links that lead out of `docs/`, search words.

The order is that of `docs/README.md`, which is for readers of the repository: there is no second
list. Knows nothing of the site's builder, so that tests can ask it without one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
HOME = "README.md"
SOURCE = "source"
"""The folder of the site with files that stand outside `docs/` and that pages link to."""

SEARCH_WORDS = {
    "how-to/change-a-running-plant.md": "reload, edit while running, SIGHUP, rename, delete",
    "how-to/undo-a-change.md": "rollback, revert",
    "how-to/maintain-one-machine.md": "maintenance",
    "explanation/restart-rules.md": "restart, restart policy, backoff, retry",
    "how-to/ask-why.md": "debug, diagnose, cause",
    "how-to/see-what-runs.md": "status",
    "how-to/troubleshoot.md": (
        "troubleshoot, troubleshooting, permission denied, port in use, address already in use, "
        "certificate, connection refused, firewall, timeout, hang, freeze, not responding, OPC UA, "
        "opcua, S7, kafka"
    ),
    "how-to/install.md": "uninstall, requirements, windows, macOS",
    "how-to/run-in-a-container.md": "docker, podman, container, kubernetes, dockerfile, compose",
    "how-to/publish-less.md": "retain, retained, last value, filter, deadband",
    "how-to/supervise-a-command.md": "process, kill, program",
    "how-to/migrate.md": "cron, supervisord, migration",
    "how-to/upgrade-without-stopping.md": "upgrade, update, new version",
    "how-to/run-on-an-industrial-pc.md": "deploy, deployment, production, systemd, service, reboot",
    "how-to/back-up-and-restore.md": "backup, restore, disaster recovery",
    "how-to/connect-to-the-broker.md": "MQTT, subscribe, TLS, user, authentication, authorization",
    "how-to/get-notified.md": "notification, email, webhook",
    "how-to/monitor-with-prometheus.md": "metrics, monitoring, Grafana, health check, liveness",
    "how-to/read-the-logs.md": "log, logging, log level, time zone, UTC",
    "how-to/embed-a-tree.md": "embed, library",
    "runbook/README.md": "on call, incident, outage, emergency",
    "how-to/use-secrets.md": "password, credentials, token",
    "explanation/how-devices-are-read.md": "reconnect, connection lost",
    "explanation/what-a-tree-costs.md": "performance, benchmark",
    "explanation/what-is-stored.md": "crash, power loss, database",
    "explanation/broker-durability.md": "data loss, duplicate, duplicates, QoS, at least once",
    "reference/modbus-addressing.md": "endianness, byte order, word order, register, 40001, float",
    "reference/document.md": "config file, configuration",
    "runbook/memory.md": "memory, out of memory, memory leak, OOM",
    "runbook/store.md": "disk full, no space left",
}
"""Words that people search for, for pages that say the same in others: the tags of the page."""

CODE = {".py": "python", ".yaml": "yaml", ".toml": "toml", ".json": "json", ".sh": "sh"}
"""Languages of files, by their endings; files of a folder with other endings are not listed."""

LESS = {"reference/environment.md": 0.1, "reference/changed-messages.md": 0.1}
"""Pages that name everything and explain nothing: what they weigh in a search."""

LINK = re.compile(r"(\]\()([^)#\s]*)((?:#[^)\s]*)?\))")
FENCE = re.compile(r"^( *)(```+|~~~+)([^\n]*)\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
LIST_BELOW_TEXT = re.compile(r"^((?!(?:[-*]|\d+\.) |[|\s]).+\n)(?=(?:[-*]|1\.) )", re.MULTILINE)
"""The site's Markdown wants an empty line there, that of the repository's pages does not."""
LISTED = re.compile(r"\[([^\]]+)\]\(([^)#]+\.md)\)")

Nav = list[dict[str, "str | Nav"]]


def nav() -> Nav:
    """The pages in the order of `docs/README.md`, each paragraph a section with its first words."""
    found: Nav = [{"Overview": HOME}]
    for paragraph in (DOCS / HOME).read_text().split("\n\n"):
        title = re.match(r"\*\*(.+?)\*\*", paragraph)
        if title:
            found.append(
                {title[1]: [entry(text, page) for text, page in LISTED.findall(paragraph)]}
            )
    return found


def entry(title: str, page: str) -> dict[str, str | Nav]:
    """A page; the list of a folder, such as the decisions, comes with all that it lists."""
    if not page.endswith("/README.md"):
        return {title: page}
    folder = posixpath.dirname(page)
    listed = LISTED.findall((DOCS / page).read_text())
    pages: Nav = [{title: page}]
    pages += [{text: f"{folder}/{name}"} for text, name in listed if "/" not in name]
    return {title: pages}


def pages_of(found: Nav) -> Iterator[str]:
    """All pages of a list of sections."""
    for section in found:
        for value in section.values():
            if isinstance(value, str):
                yield value
            else:
                yield from pages_of(value)


def outside_fences(text: str, change: Callable[[str], str]) -> str:
    """`text` with `change` made everywhere but in blocks of code."""
    parts, at = [], 0
    for fence in FENCE.finditer(text):
        parts += [change(text[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join([*parts, change(text[at:])])


def page_of(path: str) -> str:
    """Where a file of the repository stands in the site; `path` from the root of the repository."""
    if path == HOME or path.startswith("docs/"):
        return path.removeprefix("docs/")
    if (ROOT / path).is_dir():
        return f"{SOURCE}/{path}/index.md"
    return f"{SOURCE}/{path}" if path.endswith(".md") else f"{SOURCE}/{path}.md"


def targets(text: str, path: str) -> set[str]:
    """The files of the repository to which a page at `path` links."""
    found: set[str] = set()

    def note(part: str) -> str:
        found.update(resolved(link[2], path) for link in LINK.finditer(part))
        return part

    outside_fences(text, note)
    return found - {""}


def resolved(link: str, path: str) -> str:
    """The file that a link of the page at `path` means; empty: none of the repository."""
    if not link or re.match(r"[a-z]+:", link):
        return ""
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link))


def for_site(text: str, path: str, page: str) -> str:
    """The Markdown of the file at `path` as the page `page` of the site: its links lead there."""

    def there(found: re.Match[str]) -> str:
        target = resolved(found[2], path)
        if not target:
            return found[0]
        to = posixpath.relpath(page_of(target), posixpath.dirname(page) or ".")
        return f"{found[1]}{to}{found[3]}"

    return plain_fences(
        outside_fences(text, lambda part: LIST_BELOW_TEXT.sub(r"\1\n", LINK.sub(there, part)))
    )


def plain_fences(text: str) -> str:
    """Fences whose opening line says more than the language, as the site's Markdown reads them.

    The name of a file becomes the title of the block; that of a program is for our tests only.
    """

    def opening(found: re.Match[str]) -> str:
        language, _, rest = found[3].strip().partition(" ")
        file = re.search(r"file=(\S+)", rest)
        title = f' title="{file[1]}"' if file else ""
        return f"{found[1]}{found[2]}{language}{title}\n{found[4]}{found[1]}{found[2]}"

    return FENCE.sub(opening, text)


def outside_pages() -> dict[str, str]:
    """Every file outside `docs/` that a page links to, or such a file itself: path by its page."""
    found: dict[str, str] = {}
    waiting = [f"docs/{page.relative_to(DOCS)}" for page in sorted(DOCS.rglob("*.md"))]
    waiting.append(HOME)
    while waiting:
        path = waiting.pop()
        for target in sorted(targets(markdown_of(path), path)):
            page = page_of(target)
            if not page.startswith(f"{SOURCE}/") or page in found:
                continue
            found[page] = target
            if target.endswith(".md") or (ROOT / target).is_dir():
                waiting.append(target)
    return found


def markdown_of(path: str) -> str:
    """A page as it is written; of a folder, a list of its files."""
    if not (ROOT / path).is_dir():
        return (ROOT / path).read_text()
    name = path.rpartition("/")[2]
    files = [one.name for one in sorted((ROOT / path).iterdir()) if one.suffix in CODE]
    return f"# `{path}/`\n\n" + "".join(f"- [{one}]({name}/{one})\n" for one in files)


def outside_page(path: str, page: str) -> str:
    """A file outside `docs/` as a page: Markdown as it is, anything else as code."""
    text = markdown_of(path)
    head = f"---\ntitle: {path}\nsearch:\n  exclude: true\n---\n\n"
    if path.endswith(".md") or (ROOT / path).is_dir():
        return head + for_site(text, path, page)
    language = CODE.get(Path(path).suffix, "text")
    return f"{head}# `{path}`\n\n~~~~~~~~~~{language}\n{text.rstrip()}\n~~~~~~~~~~\n"


def home() -> str:
    """The first page: what the repository itself opens with, and then the list of all pages."""
    first = for_site((ROOT / HOME).read_text(), HOME, HOME)
    listed = for_site((DOCS / HOME).read_text(), f"docs/{HOME}", HOME)
    return f"{first}\n\n{listed.replace('# Documentation', '## Documentation', 1)}"
