"""`why --var`: the value, the tier, the file and the line; what it hides; and what is unknown."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

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


def why(*args: object) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["why", *map(str, args)])
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
    assert "nobody can declare it" in why(plant, "edge/filler", "--var", "internal.id")[1]
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
    _, said = why(file, "edge/capper", "--var", "IP")
    assert "hunter2" not in said
