"""The runbook: what to do about each alert, each escalation, and other trouble.

Written once, as the pages of `docs/runbook`. Which alert has which page stands in the rules that
Prometheus loads, `ops/alerts.yaml`. A wheel has copies of both; a checkout is read where it is.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

PACKAGE = Path(__file__).resolve().parents[1]
CHECKOUT = PACKAGE.parents[1]
INDEX = "README"
"""The page that lists the others."""
HEADING = re.compile(r"^(#{1,6}) (.+)$")

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Kind = Literal["alert", "page"]


class RunbookEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A page, or the section of one that is about one alert.

    `severity`, `summary`: of an alert, the latter in one sentence; `url`: where it is to be read,
    from the root of the repository; `text`: as Markdown, which begins with its heading.
    """

    name: str
    kind: Kind
    title: str
    url: str
    text: str
    severity: str = ""
    summary: str = ""


def runbook() -> dict[str, RunbookEntry]:
    """Every entry by its name: the alerts in the order of their rules, then the pages."""
    texts = page_texts()
    found = {rule["alert"]: _of_alert(rule, texts) for rule in alert_rules()}
    for name, text in texts.items():
        found[name] = RunbookEntry(
            name=name, kind="page", title=_title(text), url=f"docs/runbook/{name}.md", text=text
        )
    return found


@functools.cache
def page_texts() -> Mapping[str, str]:
    """The pages, by name, without their index."""
    packaged = PACKAGE / "runbook"
    folder = packaged if packaged.is_dir() else CHECKOUT / "docs" / "runbook"
    return {
        file.stem: file.read_text(encoding="utf-8")
        for file in sorted(folder.glob("*.md"))
        if file.stem != INDEX
    }


@functools.cache
def alert_rules() -> tuple[dict[str, Any], ...]:
    """The rules for Prometheus, as they are written."""
    packaged = PACKAGE / "runbook" / "alerts.yaml"
    file = packaged if packaged.exists() else CHECKOUT / "ops" / "alerts.yaml"
    groups = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)["groups"]  # noqa: S506  (it is a safe one)
    return tuple(rule for group in groups for rule in group["rules"])


def _of_alert(rule: dict[str, Any], texts: Mapping[str, str]) -> RunbookEntry:
    url: str = rule["annotations"]["runbook_url"]
    page, _, anchor = url.rpartition("/")[2].partition("#")
    text = texts.get(page.removesuffix(".md"), "")
    if anchor:
        text = section(text, anchor)
    return RunbookEntry(
        name=rule["alert"],
        kind="alert",
        title=_title(text),
        url=url,
        text=text,
        severity=rule["labels"]["severity"],
        summary=plain(rule["annotations"]["description"]),
    )


def plain(text: str) -> str:
    """A text of a rule without the parts that Prometheus fills in."""
    return text.partition("{{")[0].strip()


def section(text: str, anchor: str) -> str:
    """The part of a page below the heading with this anchor, up to the next heading as high."""
    found: list[str] = []
    level = 0
    for line, heading in lines_and_headings(text):
        if heading is not None:
            depth, title = heading
            if level and depth <= level:
                break
            if not level and anchor_of(title) == anchor:
                level = depth
        if level:
            found.append(line)
    return "".join(f"{line}\n" for line in found).strip() + "\n" if found else ""


def lines_and_headings(text: str) -> Iterator[tuple[str, tuple[int, str] | None]]:
    """Each line, with its depth and title if it is a heading, which no line in a fence is."""
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        match = None if fenced else HEADING.match(line)
        yield line, (len(match[1]), match[2]) if match else None


def anchor_of(title: str) -> str:
    """The anchor of a heading, as GitHub and mkdocs make it."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _title(text: str) -> str:
    return next((heading[1] for _, heading in lines_and_headings(text) if heading), "")
