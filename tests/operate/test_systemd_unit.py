"""The unit that runs a document: systemd itself finds nothing wrong with it, and it is hardened."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from debian_tools import debian_program, systemd_environment
from fsmv2.core import EngineSettings
from fsmv2.errors import FsmError, QuestionError
from fsmv2.operate import prepare
from fsmv2.operate import systemd_unit as module
from fsmv2.operate.systemd_unit import UnitOptions, kept_settings, longest_stop, systemd_unit, word


def unit(document: Path, **options: object) -> str:
    return systemd_unit(UnitOptions(document=document, **options), EngineSettings())  # type: ignore[arg-type]


def values(text: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", text, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("/srv/plant.yaml", "/srv/plant.yaml"),
        ("/my plant/a.yaml", '"/my plant/a.yaml"'),
        ("/100%/a", "/100%%/a"),
        ('/a"b', '"/a\\"b"'),
        ("/a\\b", '"/a\\\\b"'),
        ("/a'b", '"/a\'b"'),
        ("/a;b", '"/a;b"'),
        ("/a\nb", '"/a\\x0ab"'),
        ("/größe", '"/größe"'),
    ],
)
def test_a_word_is_escaped_as_systemd_reads_it(text: str, written: str) -> None:
    assert word(text) == written


def test_all_paths_are_absolute_and_the_program_is_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    monkeypatch.setattr(module.sys, "executable", str(tmp_path / "venv" / "bin" / "python"))
    monkeypatch.setattr(module.sys, "base_prefix", "/usr")
    python = unit(Path("my plant.yaml"), user="edge")
    folder = str(tmp_path)
    rest = f'run "{folder}/my plant.yaml" --state-dir %S/fsmv2/my-plant'
    assert values(python, "ExecStart") == [f"{folder}/venv/bin/python -m fsmv2.cli {rest}"]
    (tmp_path / "venv" / "bin" / "fsmv2").touch()
    program = unit(Path("my plant.yaml"), user="edge")
    assert values(program, "ExecStart")[0].startswith(f"{folder}/venv/bin/fsmv2 run ")
    assert values(program, "WorkingDirectory") == [folder]
    assert values(program, "User") == ["edge"]
    assert values(program, "StateDirectory") == ["fsmv2/my-plant"]


def test_a_restart_keeps_what_runs_if_that_is_wanted(tmp_path: Path) -> None:
    assert values(unit(tmp_path / "a.yaml"), "ExecStop") == []
    (stop,) = values(unit(tmp_path / "a.yaml", keep_on_restart=True), "ExecStop")
    assert stop.startswith("-/")
    assert stop.endswith(
        ' stop --keep --when-restarting %n -m "systemctl restart" --state-dir %S/fsmv2/a'
    )
    (start,) = values(unit(tmp_path / "a.yaml", keep_on_restart=True), "ExecStart")
    assert start.endswith(" --state-dir %S/fsmv2/a")


def test_a_reload_is_an_apply_that_may_remove_nothing(tmp_path: Path) -> None:
    (reload,) = values(unit(tmp_path / "a.yaml"), "ExecReload")
    assert reload.startswith("/")
    assert reload.endswith(
        ' apply --reload --timeout 4m -m "systemctl reload" --state-dir %S/fsmv2/a'
    )


def test_a_dollar_is_one_in_a_command_and_nowhere_else(tmp_path: Path) -> None:
    folder = tmp_path / "$HOME"
    text = unit(folder / "a.yaml", state_dir=folder / "state")
    assert "/$$HOME/a.yaml" in values(text, "ExecStart")[0]
    assert values(text, "ExecStart")[0].endswith('/$$HOME/state"')
    assert values(text, "WorkingDirectory")[0].endswith("/$HOME")
    assert values(text, "ReadWritePaths")[0].endswith('/$HOME/state"')
    assert values(text, "StateDirectory") == []


@pytest.mark.parametrize("folder", ["a\nUser=root", "a ", "a\\"])
def test_a_folder_that_a_unit_cannot_name_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(QuestionError, match="a unit cannot name the folder"):
        unit(tmp_path / folder / "plant.yaml")


@pytest.mark.parametrize("name", ["plant", "a\nUser=root", "100%$\"';x", "größe"])
def test_no_name_of_a_document_adds_a_line(tmp_path: Path, name: str) -> None:
    lines = len(unit(tmp_path / "plant.yaml").splitlines())
    text = unit(tmp_path / f"{name}.yaml")
    assert len(text.splitlines()) == lines
    assert values(text, "User") == ["fsmv2"]


def test_a_home_is_readable_only_when_something_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.sys, "executable", "/opt/fsmv2/bin/python")
    monkeypatch.setattr(module.sys, "base_prefix", "/usr")
    assert values(unit(tmp_path / "a.yaml"), "ProtectHome") == ["yes"]
    assert values(unit(Path("/home/me/a.yaml")), "ProtectHome") == ["read-only"]
    monkeypatch.setattr(module.sys, "base_prefix", "/home/me/.pyenv")
    assert values(unit(tmp_path / "a.yaml"), "ProtectHome") == ["read-only"]


def test_systemd_waits_longer_for_the_end_than_an_orderly_stop_takes() -> None:
    settings = EngineSettings(stop_deadline=120.0)
    text = systemd_unit(UnitOptions(document=Path("/a.yaml")), settings)
    assert float(values(text, "TimeoutStopSec")[0]) == longest_stop(settings) > 120.0


def test_a_managed_tree_is_run_by_its_state_directory(tmp_path: Path) -> None:
    document = tmp_path / "plant.yaml"
    document.write_text("agent: {name: edge}\nengine: {stop_deadline: 77s}\n")
    state = tmp_path / "kept plant"
    with prepare(None, state_dir=state, init=document):
        pass
    settings = kept_settings(state)
    assert settings.stop_deadline == 77.0
    text = systemd_unit(UnitOptions(document=None, state_dir=state), settings)
    (command,) = values(text, "ExecStart")
    assert command.endswith(f' run --state-dir "{state}"')
    assert values(text, "WorkingDirectory") == [str(state)]
    assert values(text, "RequiresMountsFor") == [f'"{state}"']
    assert values(text, "ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert "fsmv2-kept-plant.service" in text
    assert "/plant.yaml" not in text


def test_without_a_document_a_managed_tree_has_to_be_named(tmp_path: Path) -> None:
    document = tmp_path / "plant.yaml"
    document.write_text("agent: {name: edge}\n")
    with prepare(document, state_dir=tmp_path / "state"):
        pass
    with pytest.raises(QuestionError, match="follows ") as raised:
        kept_settings(tmp_path / "state")
    assert f"fsmv2 systemd {document} --state-dir" in raised.value.fix
    with pytest.raises(FsmError, match="there is no store"):
        kept_settings(tmp_path / "none")
    with pytest.raises(QuestionError, match="needs a document"):
        systemd_unit(UnitOptions(document=None), EngineSettings())


@pytest.mark.real
def test_systemd_finds_nothing_wrong_and_the_exposure_is_low(tmp_path: Path) -> None:
    analyze, environment = debian_program("systemd-analyze"), systemd_environment()
    for folder in ("plain", "a plant 100% $x \"y\" 'z' \\w ;#"):
        (tmp_path / folder).mkdir()
        file = tmp_path / "fsmv2-plant.service"
        text = unit(
            tmp_path / folder / "p %i.yaml", state_dir=tmp_path / folder / "s", keep_on_restart=True
        )
        file.write_text(text)
        found = subprocess.run(
            [analyze, "verify", file], env=environment, capture_output=True, text=True, timeout=60
        )
        assert (found.returncode, found.stdout + found.stderr) == (0, "")
    found = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=25", file],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert found.returncode == 0, found.stdout[-300:]
