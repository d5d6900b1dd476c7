"""`explain`: what is printed of an alert, an escalation and a code, for people and programs."""

from __future__ import annotations

import json

from typer.testing import CliRunner, Result

from fsmv2.cli.app import app


def explain(*words: str) -> Result:
    return CliRunner().invoke(app, ["explain", *words], prog_name="fsmv2")


def test_a_page_is_printed_without_what_only_a_browser_needs() -> None:
    shown = explain("CircuitOpen").stdout
    assert shown.startswith("CircuitOpen, an alert that needs somebody now: A check finds a child")
    assert shown.splitlines()[1:3] == ["", "Symptom"]
    for part in ("Symptom", "Check", "Commands", "Decision", "Recovery", "Prevention"):
        assert f"\n{part}\n" in shown
    assert "\n    $ fsmv2 why edge/filler\n" in shown
    assert "```" not in shown
    assert "](" not in shown
    assert shown.endswith("This page: docs/runbook/circuit-open.md#circuitopen\n")


def test_a_link_names_the_file_from_the_root_of_the_repository() -> None:
    assert "wait for it (docs/how-to/order-and-group-children.md)" in explain("process").stdout


def test_as_json_it_is_data() -> None:
    found = json.loads(explain("bridge", "--json").stdout)
    assert (found["name"], found["kind"]) == ("bridge", "page")
    assert found["url"] == "docs/runbook/bridge.md"
    assert json.loads(explain("FSM0131", "--json").stdout)["title"] == "Two bridges have one name"


def test_without_a_name_it_lists_what_has_a_page() -> None:
    shown = explain().stdout
    assert "\n  CircuitOpen " in shown
    assert "\n  escalation " in shown
    assert {"CircuitOpen", "process"} <= {
        one["name"] for one in json.loads(explain("--json").stdout)
    }


def test_an_unknown_name_is_a_usage_error() -> None:
    shown = explain("CircutOpen")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "Did you mean 'CircuitOpen'?" in shown.stderr
    problem = json.loads(explain("CircutOpen", "--json").stderr)
    assert (problem["title"], problem["status"]) == ("Not found", 404)
