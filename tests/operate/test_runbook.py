"""The runbook as data: which alert has which part of which page."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2.operate import runbook as module
from fsmv2.operate.runbook import anchor_of, plain, runbook, section

PAGE = """# Both

What they share.

## FirstAlert

### Symptom

```text
# no heading
```

## SecondAlert

text
"""


def test_the_section_of_an_alert_ends_where_the_next_one_begins() -> None:
    found = section(PAGE, "firstalert")
    assert found.startswith("## FirstAlert\n")
    assert "# no heading" in found
    assert "SecondAlert" not in found
    assert section(PAGE, "secondalert") == "## SecondAlert\n\ntext\n"
    assert section(PAGE, "third") == ""


@pytest.mark.parametrize(
    ("title", "anchor"), [("CircuitOpen", "circuitopen"), ("A broker: it ends", "a-broker-it-ends")]
)
def test_an_anchor_is_that_of_github(title: str, anchor: str) -> None:
    assert anchor_of(title) == anchor


def test_an_alert_has_its_severity_and_its_part_of_the_page() -> None:
    found = runbook()["CircuitOpen"]
    assert (found.kind, found.severity) == ("alert", "page")
    assert found.url == "docs/runbook/circuit-open.md#circuitopen"
    assert found.text.startswith("## CircuitOpen\n")
    assert found.summary.startswith("A check finds a child at fault")


def test_what_prometheus_fills_in_is_left_out() -> None:
    assert plain("It fails. {{- range x }}{{ . }}{{ end }}") == "It fails."


def test_an_installed_package_has_its_own_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runbook").mkdir()
    (tmp_path / "runbook" / "full-disk.md").write_text("# A full disk\n")
    (tmp_path / "runbook" / "README.md").write_text("# Runbook\n")
    (tmp_path / "runbook" / "alerts.yaml").write_text("groups: []\n")
    for cached in (module.page_texts, module.alert_rules):
        cached.cache_clear()
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    try:
        assert {name: one.title for name, one in runbook().items()} == {"full-disk": "A full disk"}
    finally:
        for cached in (module.page_texts, module.alert_rules):
            cached.cache_clear()
