"""The tutorials, followed to the letter: what a page says is printed is what is printed."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import forked_python
from free_ports import free_port
from fsmv2.errors import DefinitionError, SpecError

TUTORIALS = Path(__file__).resolve().parents[2] / "docs" / "tutorials"
WORKER = (TUTORIALS / "first-worker.md").read_text()
BRIDGE = (TUTORIALS / "first-bridge.md").read_text()


def blocks(page: str, start: str) -> list[str]:
    """The blocks of a page whose first line is this."""
    return re.findall(rf"^```{re.escape(start)}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def test_the_first_worker_prints_what_its_page_shows(tmp_path: Path) -> None:
    program = tmp_path / "note.py"
    program.write_text("\n\n".join(blocks(WORKER, "python name=note")))
    ran = forked_python.program(program, tmp_path)
    assert (ran.returncode, ran.stdout) == (0, blocks(WORKER, "text")[-1]), ran.stderr
    assert (tmp_path / "hello.txt").read_text() == "hello"


def test_the_mistakes_that_the_page_has_its_reader_make_are_found() -> None:
    source = blocks(WORKER, "python name=note")[0]
    wrong = source.replace('to="kept stopped"', 'to="kpet stopped"')
    assert wrong != source
    with pytest.raises(DefinitionError) as found:
        exec(wrong, {"__name__": "__main__"})  # noqa: S102
    assert f"fsmv2.errors.DefinitionError: {found.value}\n" == blocks(WORKER, "text")[0]
    names: dict[str, object] = {"__name__": "__main__"}
    exec(source, names)  # noqa: S102
    with pytest.raises(SpecError, match="Did you mean 'text'") as refused:
        exec('NoteSpec(file="a", txt="b")', names)  # noqa: S102
    assert refused.value.__context__ is None, "no other traceback is shown above it"


@contextlib.contextmanager
def terminal(words: list[str], folder: Path, env: dict[str, str]) -> Iterator[Callable[[], str]]:
    """A command that runs on, as in a terminal of its own; Ctrl-C ends it. What it has printed."""
    with (folder / f"{len(os.listdir(folder))}.out").open("w+b") as output:
        process = subprocess.Popen(
            words, cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield lambda: Path(output.name).read_text()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(200)


def until(text: str, look: Callable[[], str]) -> str:
    """What is shown, once it has this text."""
    limit = time.monotonic() + 200
    while text not in (shown := look()):
        assert time.monotonic() < limit, f"no {text!r} in:\n{shown}"
        time.sleep(0.2)
    return shown


@pytest.mark.real
@pytest.mark.thorough
def test_the_first_bridge_ends_with_its_values_on_the_screen(tmp_path: Path) -> None:
    """Every command of the page, in its order; the values end as the page shows them."""
    port, folder = free_port(), tmp_path / "new"
    folder.mkdir()
    environment = {
        **os.environ,
        "XDG_STATE_HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    environment.pop("XDG_RUNTIME_DIR", None)
    environment["FSMV2_TREE"] = str(folder / "plant.yaml")  # others run on this machine, too

    def ask(line: str) -> str:
        ran = subprocess.run(
            shlex.split(line), cwd=folder, env=environment, capture_output=True, text=True
        )
        return ran.stdout + ran.stderr

    page = BRIDGE.replace("15020", str(port))
    first, second = blocks(page, "yaml file=plant.yaml")
    machine, validate, render, run, _ = [block.strip() for block in blocks(page, "sh")]
    (folder / "plant.yaml").write_text(first)
    with terminal(shlex.split(machine), folder, environment) as shown:
        until(f"ready 127.0.0.1:{port}", shown)
        assert ask(validate) == "plant.yaml: no problems, no warnings\n"
        (folder / "plant.yaml").write_text(first.replace("type: int16", "tpye: int16"))
        assert "Did you mean 'type'?" in ask(validate)
        (folder / "plant.yaml").write_text(first)
        assert f"127.0.0.1:{port}" in ask(render)
        with terminal(shlex.split(run), folder, environment):
            values = [line[2:] for block in blocks(page, "console") for line in block.splitlines()]
            assert "fsmv2 values" in values
            until(" good ", lambda: ask("fsmv2 values"))
            like = re.sub(r"True|False", "B", re.sub(r"[\d.]+", "N", blocks(page, "console")[0]))
            found = ask("fsmv2 values").replace("False", "True")
            found = re.sub(r"True|False", "B", re.sub(r"[\d.]+", "N", f"$ fsmv2 values\n{found}"))
            assert [line.split() for line in found.splitlines()] == [
                line.split() for line in like.splitlines()
            ]
            until("reads 2 tags every 0.5 s", lambda: ask("fsmv2 why my-plant/filler"))
            (folder / "plant.yaml").write_text(second)
            assert "+ my-plant/capper" in ask("fsmv2 plan")
