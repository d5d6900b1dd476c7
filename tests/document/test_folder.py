"""A folder of documents is one document, in which every value knows its own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2 import DocumentError
from fsmv2.builtin.agent import AgentSpec
from fsmv2.plant import load_plant

AGENT = "agent: {name: plant, location: {enterprise: acme}}\nglobal: {rate: 1s}\n"
TEMPLATE = 'templates:\n  plc: {connection: {host: "{{ .HOST }}", port: 502}}\n'


def bridge(name: str, variables: str = "{HOST: h}") -> str:
    return f"bridges:\n  - {{name: {name}, template: plc, variables: {variables}}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "plant.d"
    folder.mkdir()
    (folder / "agent.yaml").write_text(AGENT)
    (folder / "templates.yml").write_text(TEMPLATE)
    (folder / "m1.yaml").write_text(bridge("filler"))
    (folder / "m2.yaml").write_text(bridge("capper").replace("bridges", "protocolConverter"))
    (folder / "_off.yaml").write_text("{{{")
    (folder / ".hidden.yaml").write_text("{{{")
    (folder / "m1.yaml~").write_text("{{{")
    (folder / "notes.txt").write_text("{{{")
    return folder


def problems(folder: Path) -> list[str]:
    with pytest.raises(DocumentError) as raised:
        load_plant(folder)
    found = []
    for d in raised.value.diagnostics:
        place = str(d.mark).removeprefix(f"{folder}/").removeprefix(str(folder))
        found.append(f"{d.code} {place} {d.message}")
    return found


def test_its_files_are_one_document_in_the_order_of_their_names(folder: Path) -> None:
    plant = load_plant(folder)
    spec = plant.root.user_spec
    assert isinstance(spec, AgentSpec)
    assert [entry.name for entry in spec.bridges] == ["filler", "capper"]
    assert spec.variables.global_ == {"rate": "1s"}
    assert [d.code for d in plant.diagnostics] == ["FSM0140"], "nothing reads `rate`"


def test_a_problem_bears_the_file_it_is_in(folder: Path) -> None:
    (folder / "m2.yaml").write_text("# a machine\n" + bridge("capper").replace("plc", "plx"))
    (folder / "m3.yaml").write_text("bridges: [{nam: x}]\n")
    found = problems(folder)
    assert found[0].startswith("FSM0130 m2.yaml:3:30 there is no template 'plx'")
    assert any(text.startswith("FSM0120 m3.yaml:1:12 ") for text in found)


def test_what_waits_is_placed_too(folder: Path) -> None:
    (folder / "m2.yaml").write_text(bridge("capper", "{HOTS: h}"))
    (waiting,) = [d for d in load_plant(folder).diagnostics if not d.warning]
    assert "'HOST' is not defined" in waiting.message
    assert {mark.file for mark in (waiting.mark, *(r.mark for r in waiting.related)) if mark} <= {
        str(folder / "m2.yaml"),
        str(folder / "templates.yml"),
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("agent: {name: other}\n", "FSM0139 z.yaml:1:9 'agent.name' is set in two files."),
        ("global: {rate: 2s}\n", "FSM0139 z.yaml:1:10 'global.rate' is set in two files."),
        ("templates: {plc: {}}\n", "FSM0139 z.yaml:1:13 'templates.plc' is set in two files."),
        ("bridges: {a: 1}\n", "FSM0139 z.yaml:1:1 'bridges' is set in two files."),
    ],
)
def test_what_two_files_say_is_refused_with_both_places(folder: Path, text: str, said: str) -> None:
    (folder / "z.yaml").write_text(text)
    assert said in problems(folder)
    with pytest.raises(DocumentError) as raised:
        load_plant(folder)
    (found,) = [d for d in raised.value.diagnostics if d.code == "FSM0139"]
    assert "the other one" in found.render()
    assert found.related[0].mark.file != str(folder / "z.yaml")


def test_one_name_in_two_files_is_refused(folder: Path) -> None:
    (folder / "m3.yaml").write_text(bridge("filler"))
    (found,) = problems(folder)
    assert found.startswith("FSM0131 m3.yaml:2:")


def test_problems_of_all_files_are_told_at_once(folder: Path) -> None:
    (folder / "a.yaml").write_text("a: [\n")
    (folder / "b.yaml").write_text("")
    (folder / "c.yaml").write_bytes(b"\xff\xfe\xff")
    (folder / "d.yaml").write_text("x: *plc\n")
    with pytest.raises(DocumentError) as raised:
        load_plant(folder)
    for name in "abcd":
        assert f"{name}.yaml" in str(raised.value)
    assert len(raised.value.diagnostics) == 4


def test_a_link_that_leads_out_is_refused_and_one_that_stays_is_read(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside.yaml").write_text(bridge("outside"))
    (folder / "z.yaml").symlink_to(tmp_path / "outside.yaml")
    (found,) = problems(folder)
    assert "'z.yaml' is a link that leads out of the folder." in found
    (folder / "z.yaml").unlink()
    (folder / "_kept").mkdir()
    (folder / "_kept" / "in.yaml").write_text(bridge("inside"))
    (folder / "z.yaml").symlink_to(folder / "_kept" / "in.yaml")
    spec = load_plant(folder).root.user_spec
    assert isinstance(spec, AgentSpec)
    assert [entry.name for entry in spec.bridges][-1] == "inside"


def test_an_empty_folder_says_what_it_should_hold(tmp_path: Path) -> None:
    (found,) = problems(tmp_path)
    assert "the folder holds no document." in found


def test_secrets_are_relative_to_the_folder(folder: Path) -> None:
    (folder / "key").write_text("very-secret")
    (folder / "key").chmod(0o600)
    (folder / "m2.yaml").write_text(bridge("capper", "{HOST: {file: key}}"))
    plant = load_plant(folder)
    spec = plant.root.user_spec
    assert isinstance(spec, AgentSpec)
    assert plant.vault.reveal(spec.bridges[1].spec.variables.user["HOST"]) == "very-secret"
