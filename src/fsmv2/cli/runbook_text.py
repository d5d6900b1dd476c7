"""A page of the runbook on a terminal: its Markdown without what only a browser needs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from fsmv2.cli.console import Part, styled
from fsmv2.operate.explanation import Explanation

LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def lines_of(found: Explanation) -> Iterator[tuple[Part, ...]]:
    """The page, line by line."""
    if found.kind == "code":
        yield from ((line,) for line in found.text.splitlines())
        yield ("",)
        yield (f"More: {found.url}",)
        return
    if found.kind == "alert":
        urgency = "that needs somebody now" if found.severity == "page" else "for the next day"
        yield (styled(found.name, bold=True), f", an alert {urgency}: {found.title}")
        yield ("",)
    fenced = False
    for number, line in enumerate(found.text.splitlines()):
        if number < 2 and found.kind == "alert" and line in (f"## {found.name}", ""):
            continue  # its name is in the first line
        if line.startswith("```"):
            fenced = not fenced
        elif line.startswith("<!--"):
            continue
        elif fenced:
            yield (styled(f"    {line}", bold=line.startswith("$ ")),)
        elif line.startswith("#"):
            yield (styled(line.lstrip("# "), fg="cyan", bold=True),)
        else:
            yield (LINK.sub(lambda link: _plain_link(link, found.url), line),)
    yield ("",)
    yield (f"This page: {found.url}",)


def _plain_link(link: re.Match[str], page: str) -> str:
    text, target = link[1], link[2]
    if "://" not in target:
        folder = posixpath.dirname(page)
        target = posixpath.normpath(posixpath.join(folder, target)) if target[0] != "#" else ""
    return f"{text} ({target})" if target else text


def index_lines(found: list[Explanation]) -> Iterator[tuple[Part, ...]]:
    """The names that have a page."""
    wide = max(len(one.name) for one in found)
    for kind, heading in (("alert", "alerts"), ("page", "escalations and other trouble")):
        yield (styled(heading, bold=True),)
        for one in found:
            if one.kind == kind:
                yield (f"  {one.name:{wide}}  {one.title}",)
        yield ("",)
    yield ("Codes of errors, such as FSM0211, are explained as well.",)
