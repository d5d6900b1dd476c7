"""What the demo shows beside the tree, and the sentence it ends with."""

from importlib import resources
from pathlib import Path

import msgspec

from fsmv2.cli.demo.demo_result import DemoResult
from fsmv2.cli.demo.demo_view import VALUES, WHY, hints, value_text, values_rows
from fsmv2.cli.demo.tally import DeliveryCounts
from fsmv2.runtime import TreeView

ALL = DeliveryCounts(
    accepted=10, received=10, missing=0, duplicates=1, unknown=0, apart=0, apart_received=0
)
GOOD = DemoResult(bridges=3, active=3, figures=ALL, all_active=0.414, errors=0, skipped=0)


def with_figures(**changed: int) -> DemoResult:
    return msgspec.structs.replace(GOOD, figures=msgspec.structs.replace(ALL, **changed))


def test_the_values_of_one_machine_take_one_row() -> None:
    values = {
        "umh/v1/acme/line-1/filler/_raw/temperature": 21.123456,
        "umh/v1/acme/line-1/filler/_raw/meter/energy": 1000.5,
        "umh/v1/acme/line-1/capper/_raw/running": True,
    }
    assert values_rows(values) == [
        ("umh/v1/acme/line-1/capper/_raw", "running true"),
        ("umh/v1/acme/line-1/filler/_raw", "temperature 21.12  meter/energy 1000.5"),
    ]


def test_values_are_shown_as_json_with_few_digits() -> None:
    assert [value_text(v) for v in (True, 2.0, 1 / 3, "on", 12345678, None)] == [
        "true",
        "2",
        "0.3333",
        '"on"',
        "12345678",
        "null",
    ]


def test_the_summary_gives_the_figures() -> None:
    assert GOOD.text().splitlines() == [
        "bridges active       3/3",
        "start to all active  0.41 s",
        "samples accepted     10 since the subscription was acknowledged",
        "samples received     10 over MQTT",
        "missing              0",
        "duplicates           1",
        "errors               0 in the flows, no polls skipped",
        "verdict              as claimed",
    ]
    assert GOOD.good


def test_what_could_not_be_witnessed_is_said() -> None:
    outcome = with_figures(apart=5, apart_received=3)
    assert "5 accepted while the subscriber was not connected, of which 3 arrived" in outcome.text()
    assert outcome.good


def test_every_way_to_fail_the_claim_fails_it() -> None:
    bad = [
        with_figures(missing=1),
        with_figures(unknown=1),
        with_figures(accepted=0, received=0),
        msgspec.structs.replace(GOOD, active=2),
        msgspec.structs.replace(GOOD, bridges=0, active=0),
        msgspec.structs.replace(GOOD, forced=("edge: not stopped in time",)),
    ]
    assert [outcome.good for outcome in bad] == [False] * len(bad)
    assert all("NOT as claimed" in outcome.text() for outcome in bad)


def test_what_to_ask_of_the_demo_names_a_worker_that_it_has() -> None:
    shown = "\n".join(hints(TreeView(at=0.0, nodes=()), [], Path("demo.yaml")))
    assert f"  {VALUES} " in shown
    document = resources.files("fsmv2.cli").joinpath("demo.yaml").read_text()
    agent, bridge = WHY.split()[-1].split("/")
    assert f"  name: {agent}\n" in document
    assert f"- name: {bridge}\n" in document
