"""Each alert and each escalation has a page, with all that whoever is paged needs."""

from __future__ import annotations

import re

import pytest
from runbook_page import escalation_pages

import source_texts
from fsmv2.operate.runbook import RunbookEntry, lines_and_headings, page_texts, runbook

PARTS = ["Symptom", "Check", "Commands", "Decision", "Recovery", "Prevention"]
ENTRIES = runbook()
ALERTS = [one for one in ENTRIES.values() if one.kind == "alert"]


FOREIGN = {"no space left", "maximum connections exceeded"}
"""What others say, and fsmv2 passes on: the kernel, a broker."""


def parts(entry: RunbookEntry) -> list[str]:
    return [
        heading[1]
        for _, heading in lines_and_headings(entry.text)
        if heading is not None and heading[1] in PARTS
    ]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda one: one.name)
def test_each_alert_has_a_page_with_six_parts(alert: RunbookEntry) -> None:
    assert alert.url.startswith("docs/runbook/"), "`runbook_url` of its rule in ops/alerts.yaml"
    assert parts(alert) == PARTS, f"the part of {alert.url} that is about {alert.name}"
    assert "```console tree=" in alert.text, "commands, which a test runs"


@pytest.mark.parametrize(("name", "page"), [*escalation_pages()])
def test_each_escalation_has_a_page_with_six_parts(name: str, page: str) -> None:
    assert parts(ENTRIES[page]) == PARTS, f"docs/runbook/{page}.md, for the type {name}"
    assert "```console tree=" in ENTRIES[page].text, "commands, which a test runs"


def test_each_page_has_six_parts_for_each_of_its_sections() -> None:
    for name, text in page_texts().items():
        found = parts(ENTRIES[name])
        assert found == PARTS * (len(found) // len(PARTS)), f"docs/runbook/{name}.md"
        assert text.startswith("# ")


def test_what_a_decision_begins_with_is_what_fsmv2_prints() -> None:
    """The first column of a table quotes messages; one that is reworded is found by nobody."""
    source = source_texts.of_source()
    quoted = {
        (name, message)
        for name, text in page_texts().items()
        for row in re.findall(r"^\| (.*?) \|", text, re.MULTILINE)
        for message in re.findall(r"`([^`]+ [^`]+)`", row)
        if not message.startswith(("fsmv2 ", "getent ", "journalctl ")) and message not in FOREIGN
    }
    gone = [
        f"docs/runbook/{name}.md: {message}"
        for name, message in sorted(quoted)
        if not source_texts.occurs(message.replace("...", source_texts.VALUE), source)
    ]
    assert gone == []
