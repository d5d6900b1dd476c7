"""`validate` and `render` on real documents."""

import json
from pathlib import Path

import pytest
import yaml

from forked_python import fsmv2
from fsmv2.cli.demo.demo_document import packaged
from fsmv2.operate import prepare

PLANT = """\
agent: {name: edge, location: {enterprise: acme}}
bridges:
  - name: filler
    connection: {host: "{{ .IP }}", port: "{{ .PORT }}"}
    location: {site: cologne}
    variables: {IP: 127.0.0.1, PORT: 502}
"""


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    file = tmp_path / "plant.yaml"
    file.write_text(PLANT, encoding="utf-8")
    return file


def mend(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_usable_document_is_exit_0(plant: Path) -> None:
    shown = fsmv2("validate", plant)
    assert (shown.returncode, shown.stdout) == (0, "")
    assert shown.stderr == f"{plant}: no problems, no warnings\n"


def test_the_shipped_demo_document_has_no_problem(tmp_path: Path) -> None:
    file = tmp_path / "demo.yaml"
    file.write_text(packaged(), encoding="utf-8")
    assert fsmv2("validate", file).stderr == f"{file}: no problems, no warnings\n"


def test_every_problem_is_shown_in_the_order_of_the_file(plant: Path) -> None:
    mend(plant, "agent:", "agnet:")
    mend(plant, "variables:", "varables:")
    shown = fsmv2("validate", plant)
    assert shown.returncode == 1
    assert shown.stdout == ""
    assert shown.stderr.index("agnet") < shown.stderr.index("varables")
    assert f"{plant}:1:1: error[FSM0120]" in shown.stderr
    assert "1 | agnet: {name: edge" in shown.stderr
    assert "    ^^^^^" in shown.stderr
    assert "Did you mean 'agent'?" in shown.stderr


def test_a_warning_is_shown_and_allowed(plant: Path) -> None:
    mend(plant, "location: {site: cologne}", "location: {enterprise: other, site: cologne}")
    shown = fsmv2("validate", plant)
    assert shown.returncode == 0
    assert "warning[FSM0133]" in shown.stderr
    assert shown.stderr.endswith(": no problems, 1 warning\n")


def test_what_keeps_one_bridge_waiting_is_a_problem(plant: Path) -> None:
    mend(plant, "PORT: 502", "PROT: 502")
    shown = fsmv2("validate", plant)
    assert shown.returncode == 1
    assert "Did you mean 'PROT'?" in shown.stderr


def test_json_holds_the_same_for_programs(plant: Path) -> None:
    mend(plant, "PORT: 502", "PROT: 502")
    shown = fsmv2("validate", plant, "--json")
    found = json.loads(shown.stdout)
    assert (shown.returncode, shown.stderr) == (1, "")
    assert (found["file"], found["problems"], found["warnings"]) == (str(plant), 1, 0)
    first = found["diagnostics"][0]
    assert first["code"] == "FSM0211"
    assert first["mark"] == {"file": str(plant), "line": 4, "column": first["mark"]["column"]}


UNUSABLE = [
    ("validate", None),
    ("validate", b""),
    ("validate", b"a: ["),
    ("validate", b"\x00"),
    ("validate", b"\xff\xfe\xfa"),
    ("validate", b"- 1"),
    ("render", None),
    ("render", b"a: ["),
    ("run", None),
    ("run", b"a: ["),
]


@pytest.mark.parametrize(("command", "content"), UNUSABLE)
def test_an_unusable_file_is_one_clear_message(
    tmp_path: Path, command: str, content: bytes | None
) -> None:
    file = tmp_path / "x.yaml"
    if content is not None:
        file.write_bytes(content)
    shown = fsmv2(command, file, *(["--state-dir", tmp_path] if command == "run" else []))
    assert (shown.returncode, shown.stdout) == (1, "")
    assert "error[FSM01" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_folder_is_no_document(tmp_path: Path) -> None:
    shown = fsmv2("validate", tmp_path)
    assert shown.returncode == 1
    assert "Traceback" not in shown.stderr


def test_render_shows_the_tree_and_each_rendered_config(plant: Path) -> None:
    shown = fsmv2("render", plant, "edge/filler")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == (
        "edge/filler:\n"
        "  type: bridge\n"
        "  state: active\n"
        "  children:\n"
        "    connection:\n"
        "      type: connection\n"
        "      state: up\n"
        "      config:\n"
        "        address: 127.0.0.1:502\n"
    )


def test_render_shows_every_supervisor(plant: Path) -> None:
    tree = yaml.safe_load(fsmv2("render", plant).stdout)
    assert list(tree) == ["edge"]
    assert list(tree["edge"]["children"]) == ["broker", "filler"]


def test_render_shows_why_a_bridge_waits_and_fails(plant: Path) -> None:
    mend(plant, "PORT: 502", "PROT: 502")
    shown = fsmv2("render", plant)
    assert shown.returncode == 1
    problem = yaml.safe_load(shown.stdout)["edge"]["children"]["filler"]["problem"]
    assert "'PORT' is not defined" in problem


def test_render_offers_the_nearest_of_an_unknown_path(plant: Path) -> None:
    shown = fsmv2("render", plant, "edge/filer")
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "Did you mean 'edge/filler'?" in shown.stderr


def test_what_a_state_directory_keeps_is_checked(plant: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with prepare(plant, state_dir=state):
        shown = fsmv2("validate", "--state-dir", state)
    assert (shown.returncode, shown.stdout) == (0, "")
    assert f"{state}: generation 1 of {plant} (follows that file, runs in process " in shown.stderr
    assert shown.stderr.endswith("): no problems, no warnings\n")
    (state / "store.db").write_text("my notes")
    found = fsmv2("validate", "--state-dir", state, "--json")
    assert found.returncode == 1
    assert json.loads(found.stdout)["diagnostics"][0]["code"] == "FSM0800"
