"""`why --var`: the value, the tier, the file and the line; what it hides; and what is unknown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from fsmv2 import DesiredState, VariableBundle
from fsmv2.builtin import Bridge
from fsmv2.cli.app import app

PLANT = """\
agent:
  name: edge
  location: {enterprise: acme, site: cologne}
global:
  scan: {rate: 500ms}
broker: {embedded: true}
templates:
  plc:
    connection: {host: "{{ .IP }}", port: "{{ .PORT }}"}
    read:
      input:
        modbus:
          address: "{{ .IP }}:{{ .PORT }}"
          every: "{{ .global.scan.rate }}"
          registers: [{name: t, address: 0, type: int16}]
      output: {uns: {contract: _raw}}
bridges:
  - name: filler
    template: plc
    location: {area: packaging}
    variables: {IP: 127.0.0.1, PORT: 15020}
  - name: capper
    template: plc
    location: {site: bonn, area: packaging}
    variables:
      IP: "{{ secret }}"
      PORT: 15021
"""


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    file = tmp_path / "plant.yaml"
    file.write_text(PLANT.replace('"{{ secret }}"', "10.0.0.7"))
    return file


def why(document: Path, *args: object) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["why", *map(str, args), "-f", str(document)])
    return ran.exit_code, ran.output


def test_a_variable_of_a_bridge_has_tier_file_and_line(plant: Path) -> None:
    assert why(plant, "edge/filler", "--var", "PORT") == (
        0,
        f"edge/filler: PORT = 15020\n  tier user: declared by bridge edge/filler, {plant}:21:38\n",
    )


def test_what_lies_below_inherits_it_and_the_story_says_from_whom(plant: Path) -> None:
    code, said = why(plant, "edge/capper/connection", "--var", ".IP")
    assert code == 0
    assert said.splitlines() == [
        'edge/capper/connection: IP = "10.0.0.7"',
        f"  tier user: declared by its bridge edge/capper, {plant}:26:11",
    ]


def test_global_internal_and_the_engines_own(plant: Path) -> None:
    assert why(plant, "edge/filler", "--var", "global.scan.rate")[1].splitlines() == [
        'edge/filler: global.scan.rate = "500ms"',
        f"  tier global, the same for all workers: {plant}:5:16",
    ]
    assert "it cannot be declared" in why(plant, "edge/filler", "--var", "internal.id")[1]
    assert "set by the engine" in why(plant, "edge/filler", "--var", "location_path")[1]
    assert why(plant, "edge/filler", "--var", "location.1")[1].splitlines() == [
        'edge/filler: location.1 = "cologne"',
        "  tier user, set by the engine: merged from the locations of all levels, parents first",
        f'  site: "cologne", {plant}:3:38',
    ]


def test_what_is_not_there_is_answered_with_the_nearest(plant: Path) -> None:
    code, said = why(plant, "edge/filler", "--var", "PROT")
    assert code == 2
    assert "edge/filler has no variable 'PROT'" in said
    assert "Did you mean 'PORT'" in said
    code, said = why(plant, "edge/filler", "--var", "scan")
    assert code == 2
    assert "Did you mean 'global.scan'?" in said
    code, said = why(plant, "edge/filer", "--var", "PORT")
    assert code == 2
    assert "Did you mean 'edge/filler'" in said
    code, said = why(plant, "edge/filler", "--var", "global.scan.rat")
    assert code == 2
    assert "has no variable 'global.scan.rat'" in said


def test_a_folder_names_the_file_of_the_bridge(tmp_path: Path) -> None:
    head, _, bridges = PLANT.partition("bridges:\n")
    (tmp_path / "00-plant.yaml").write_text(head)
    (tmp_path / "filler.yaml").write_text("bridges:\n" + bridges.partition("  - name: capper")[0])
    code, said = why(tmp_path, "edge/filler", "--var", "PORT")
    assert code == 0
    assert f"{tmp_path / 'filler.yaml'}:5:38" in said


def test_a_secret_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILLER_KEY", "hunter2-canary")
    file = tmp_path / "plant.yaml"
    file.write_text(PLANT.replace('"{{ secret }}"', "{env: FILLER_KEY}"))
    code, said = why(file, "edge/capper", "--var", "IP")
    assert code == 0
    assert 'edge/capper: IP = "***env:FILLER_KEY#' in said
    assert f"declared by bridge edge/capper, {file}:26:11" in said
    assert "hunter2" not in said


def test_a_level_that_the_agent_owns_hides_that_of_the_bridge(plant: Path) -> None:
    for name in ("location.site", "location.1"):
        code, said = why(plant, "edge/capper/connection", "--var", name)
        assert code == 0
        assert said.splitlines()[0] == f'edge/capper/connection: {name} = "cologne"'
        assert said.splitlines()[2:] == [
            f'  site: "cologne", {plant}:3:38',
            f'  hides site: "bonn", {plant}:24:22',
        ]


def test_a_location_may_be_a_list_and_use_any_name_of_a_level(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(
        PLANT.replace(
            "location: {area: packaging}", "location: [{productionLine: l7}, {workCell: c1}]"
        ).replace('"{{ secret }}"', "10.0.0.7")
    )
    for name, value in (("line", "l7"), ("3", "l7"), ("cell", "c1")):
        code, said = why(file, "edge/filler", "--var", f"location.{name}")
        assert code == 0
        level = "cell" if name == "cell" else "line"
        assert [line.partition(",")[0] for line in said.splitlines()[2:]] == [
            f'  {level}: "{value}"'
        ]
    said = why(file, "edge/filler", "--var", "location_path")[1]
    assert said.startswith('edge/filler: location_path = "acme.cologne.unknown.l7.c1"\n')
    assert '\n  line: "l7"' in said


def test_what_only_a_running_tree_knows_is_said_to_be_so(plant: Path) -> None:
    said = why(plant, "edge/filler", "--var", "parent_state")[1]
    assert "before anything is started" in said
    said = why(plant, "edge/filler", "--var", "internal.created_at")[1]
    assert "known only where it runs" in said
    assert "known only" not in why(plant, "edge/filler", "--var", "internal.name")[1]


def test_a_declaration_nearer_to_the_worker_hides_the_one_above(
    plant: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A type whose derive gives a child a variable of its own, over that of the bridge."""
    derive = Bridge.derive_desired_state

    def overlay(self: Bridge, spec: Any, previous_observed: Any) -> DesiredState:
        desired = derive(self, spec, previous_observed)
        bundle = VariableBundle(user={"PORT": 1})
        children = [
            msgspec.structs.replace(
                child, user_spec=msgspec.structs.replace(child.user_spec, variables=bundle)
            )
            for child in desired.children_specs
        ]
        return msgspec.structs.replace(desired, children_specs=tuple(children))

    monkeypatch.setattr(Bridge, "derive_desired_state", overlay)
    code, said = why(plant, "edge/filler/connection", "--var", "PORT")
    assert code == 0
    assert said.splitlines() == [
        "edge/filler/connection: PORT = 1",
        "  tier user: declared by connection edge/filler/connection, in the derive of edge/filler",
        f"  hides 15020, declared by its bridge edge/filler, {plant}:21:38",
    ]


def test_the_how_to_shows_what_the_command_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "find-where-a-value-comes-from.md"
    text = page.read_text(encoding="utf-8")
    [document] = re.findall(r"```yaml\n(.*?)```", text, re.S)
    (tmp_path / "plant.yaml").write_text(document, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FILLER_KEY", "hunter2-canary")
    asked = re.findall(r"\$ fsmv2 why (.*?)\n(.*?)(?=\n?```|\n\n?\$ )", text, re.S)
    assert len(asked) >= 4
    for words, shown in asked:
        answered = CliRunner().invoke(app, ["why", *words.split()]).output
        said = re.sub(r"#[0-9a-f]+\*", "#15b62210cad3*", answered)
        assert said.strip() == shown.strip(), words


def test_a_secret_is_shown_with_its_file_and_without_its_value(plant: Path) -> None:
    (plant.parent / "plc").write_text("10.0.0.77-canary")
    (plant.parent / "plc").chmod(0o600)
    text = plant.read_text().replace("IP: 127.0.0.1", "IP: {file: plc}")
    plant.write_text(text.replace("IP: 10.0.0.7", "IP: {file: absent, default: there}"))
    code, shown = why(plant, "edge/filler", "--var", "IP")
    assert code == 0
    assert "canary" not in shown
    assert f"a secret: the file {plant.parent / 'plc'}, written 20" in shown.replace("\n", "")
    assert "looked at every 5 s" in shown
    _, shown = why(plant, "edge/capper", "--var", "IP")
    assert "which does not exist; its default counts" in shown


def test_a_name_with_a_slash_is_encoded_in_the_path_and_found_by_it(plant: Path) -> None:
    """Names are any printable text; the path is what tells one worker from another."""
    plant.write_text(plant.read_text().replace("name: filler", 'name: "hall 1/press 50%"'))
    code, shown = why(plant, "edge/hall 1%2Fpress 50%25", "--var", "IP")
    assert code == 0
    assert "declared by bridge edge/hall 1%2Fpress 50%25" in shown
    assert re.search(r"plant\.yaml:\d+:\d+", shown.replace("\n", ""))
    code, shown = why(plant, "edge/hall 1/press 50%", "--var", "IP")
    assert code != 0
    assert "Did you mean 'edge/hall 1%2Fpress 50%25'?" in shown.replace("\n", " ")


def test_a_process_with_a_slash_is_found_by_its_path_too(plant: Path) -> None:
    plant.write_text(
        plant.read_text()
        + 'processes:\n  "web/1":\n    command: [sleep, "{{ .N }}"]\n    variables: {N: "5"}\n'
    )
    code, shown = why(plant, "edge/web%2F1", "--var", "N")
    assert code == 0
    assert re.search(r"plant\.yaml:\d+:\d+", shown.replace("\n", ""))
