"""What `fsmv2 validate` prints for a wrong document, word for word.

`golden/` holds documents, and folders of them; the text beside each is what is said. Read aloud,
and it must tell somebody who has never seen the tool what to do.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import typer

from fsmv2.cli.commands.validate import validate

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path for path in GOLDEN.iterdir() if path.suffix != ".txt")


def too_many_problems() -> bytes:
    bridge = "  - {{name: b{}, template: plc, variables: {{location: here}}}}\n"
    bridges = "".join(bridge.format(at) for at in range(600))
    template = 'templates: {plc: {connection: {host: "{{ .HOST }}", port: 502}}}\n'
    return f"agent: {{name: edge}}\n{template}bridges:\n{bridges}".encode()


def too_large() -> bytes:
    return b"# " + b"x" * (10 << 20)


MADE = {"71-too-many-problems": too_many_problems, "72-too-large": too_large}
"""Documents that would be too long to keep; the golden text is the end of what is said."""


def staged(case: Path, folder: Path) -> str:
    """Put a case into `folder`; the argument of the command."""
    if case.is_file():
        shutil.copy(case, folder / "plant.yaml")
        return "plant.yaml"
    inside = folder if (case / "plant.yaml").exists() else folder / "plant"
    shutil.copytree(case, inside, dirs_exist_ok=True)
    for file in (inside / "secrets").glob("*"):
        file.chmod(0o644)
    if inside != folder:
        return "plant"
    return "plnat.yaml" if "not-found" in case.name else "plant.yaml"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_wrong_document_is_told_what_to_mend(
    case: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    argument = staged(case, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FSMV2_NO_SUCH_PASSWORD", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    with pytest.raises(typer.Exit) as ended:
        validate(Path(argument))
    said = capsys.readouterr().err
    assert said == case.with_suffix(".txt").read_text(encoding="utf-8")
    assert ended.value.exit_code == (1 if "error[" in said else 0)


@pytest.mark.parametrize("name", MADE)
def test_a_wrong_document_of_this_size_ends_with_what_to_do(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plant.yaml").write_bytes(MADE[name]())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    with pytest.raises(typer.Exit) as ended:
        validate(Path("plant.yaml"))
    assert ended.value.exit_code == 1
    said = capsys.readouterr().err
    golden = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert said.endswith(golden)
    alike = 3 + 1  # shown, and one line for all others
    assert said.count("error[") == (alike + 1 if "error[FSM0101]" in golden else 1)
