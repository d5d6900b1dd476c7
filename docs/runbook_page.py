"""The index of the runbook, made from the rules of the alerts, the built-in types and the pages."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from fsmv2.builtin import register_builtins
from fsmv2.core.policy.escalation import ANY_TYPE, OWN_PAGE
from fsmv2.flow import AsyncioEngine
from fsmv2.operate.runbook import RunbookEntry, runbook
from fsmv2.worker import WorkerFactory

TEXT = """# Runbook

{note}
A page for each alert, each escalation and other trouble, for whoever is paged at night: symptom,
check, commands with what they print, decision, recovery, and how to prevent it. On a machine
without this page, `fsmv2 explain NAME` prints it; NAME is an alert, a type of worker, or the name
of a page.

What the commands print is real: a test runs each in exactly that trouble and compares. Times,
durations and other numbers differ, of course, and `...` stands for lines that are left out. Those
plants are in a hurry: some escalate at the second failure already, with delays of a second.

## Alerts

Of `ops/alerts.yaml`. An alert of severity `page` wants somebody now, a `ticket` on the next working
day.

| alert | severity | what it means | page |
|---|---|---|---|
{alerts}

## Escalations

A worker escalates when five restarts did not help
([restart rules](../explanation/restart-rules.md)); retries go on. Its line `escalation_required` in
the log has this page as `runbook_url`, as has `fsmv2 describe`.

| type of worker | page |
|---|---|
{escalations}

## Other trouble

{others}

## All pages

{pages}

## A copy of your own

The addresses begin with `docs/runbook`. Where the pages, and yours beside them, are on a server:

- of escalations `engine: {{runbook_url: https://wiki.example/runbook}}` in the document: the page
  of a bridge is `https://wiki.example/runbook/bridge` then, and so on for each type, yours too. A
  type of your own may also name its page itself, as `runbook` of its class;
- of alerts `sed 's#docs/runbook#https://wiki.example/runbook#' ops/alerts.yaml`.
"""


def runbook_page(note: str) -> str:
    """Every alert, every built-in type, and every page that is of neither."""
    entries = runbook()
    alerts = "\n".join(
        f"| `{one.name}` | {one.severity} | {one.summary} | {_link(one)} |"
        for one in entries.values()
        if one.kind == "alert"
    )
    pages = {one.name: one for one in entries.values() if one.kind == "page"}
    types = dict(escalation_pages())
    escalations = "\n".join(f"| `{name}` | {_link(pages[page])} |" for name, page in types.items())
    listed = {one.url.partition("#")[0] for one in entries.values() if one.kind == "alert"}
    others = "\n".join(
        f"- {_link(one)}: `fsmv2 explain {name}`"
        for name, one in pages.items()
        if one.url not in listed and name not in types.values()
    )
    listed_once = "\n".join(f"- [{one.title}]({name}.md)" for name, one in pages.items())
    return TEXT.format(
        note=note, alerts=alerts, escalations=escalations, others=others, pages=listed_once
    )


def escalation_pages() -> Iterator[tuple[str, str]]:
    """Each built-in type with its page, and what those have that are not built in."""
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())  # an engine begins nothing until a flow is started
    found = {factory.find(name).definition.name: factory.find(name) for name in factory.names}
    for name, registered in sorted(found.items()):
        own = registered.definition.runbook
        yield name, own.removeprefix(OWN_PAGE) if own.startswith(OWN_PAGE) else ANY_TYPE
    yield "of your own", ANY_TYPE


def _link(entry: RunbookEntry) -> str:
    """With an anchor: a page is listed once, in the list of all."""
    page, _, anchor = entry.url.partition("#")
    target = posixpath.relpath(page, "docs/runbook")
    return f"[{entry.title or entry.name}]({target}#{anchor or 'symptom'})"
