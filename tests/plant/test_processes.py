"""`processes:` of a document: what it becomes, and what is said of each mistake, word for word."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs

from fsmv2 import DocumentError, Runtime, WorkerFactory
from fsmv2.builtin import register_builtins
from fsmv2.builtin.process.lifecycle import start
from fsmv2.builtin.process.process_record import read_record
from fsmv2.flow import AsyncioEngine
from fsmv2.plant import parse_plant
from fsmv2.runtime import expand

WRONG = """\
agent: {name: edge}
bridges:
  - {name: filler, connection: {host: a, port: 1}}
processes:
  broker: {command: [sleep, "1"]}
  filler: {command: [sleep, "1"]}
  ".": {command: [sleep, "1"]}
  piped: {command: "tail -f x | grep y"}
  quoted: {command: "python -m 'my server'"}
  open: {command: "python 'server"}
  keys:
    comand: [sleep]
    ready: {port: 99999, prot: 3}
    variables: {location: here}
"""


FOUND = """\
p.yaml:5:3: error[FSM0131]: the agent has a child named 'broker' already.
  fix: Give the process another name.
p.yaml:6:3: error[FSM0131]: the agent has a child named 'filler' already.
  fix: Give the process another name.
p.yaml:8:20: error[FSM0122]: the command is one text, and no shell reads it.
  fix: Write the list ["sh", "-c", "tail -f x | grep y"].
p.yaml:9:21: error[FSM0122]: the command is one text, and no shell reads it.
  fix: Write the list ["python", "-m", "my server"].
p.yaml:10:19: error[FSM0122]: the command is one text, and no shell reads it.
  fix: Write the list ["python", "'server"].
p.yaml:12:5: error[FSM0120]: there is no key 'comand' in 'processes.keys'.
p.yaml:13:19: error[FSM0123]: expected a whole number from 1 to 65535, got 99999.
p.yaml:13:26: error[FSM0120]: there is no key 'prot' in 'processes.keys.ready'.
p.yaml:14:17: error[FSM0200]: the variable 'location' is set by the engine.
"""


def refused(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        parse_plant(text, "p.yaml")
    return str(caught.value)


def test_mistakes_are_said_at_once_at_their_places_with_the_way_out() -> None:
    said = refused(WRONG)
    for line in FOUND.splitlines():
        assert line in said
    assert said.count("error[") == 9, said


def test_a_name_that_stands_twice_is_refused() -> None:
    said = refused("agent: {name: e}\nprocesses:\n  a: {command: [x]}\n  a: {command: [y]}\n")
    assert "p.yaml:4:3: error[FSM0110]: the key 'a' is already there, in line 3." in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("command: []", "command is empty"),
        ("command: [x], signal: SIGTREM", "there is no signal 'SIGTREM'"),
        ("command: [x], ready: {line: '('}", "ready.line is not a regular expression"),
        ("command: [x], ready: {line: 'a{99999999999}'}", "ready.line is not a regular expression"),
        (
            f"command: [x], ready: {{line: '{'(' * 6000}'}}",
            "ready.line is not a regular expression",
        ),
        (
            "command: [x], ready: {http: 'http://a.example/'}",
            "ready.http must be a URL of this machine",
        ),
        (
            "command: [x], ready: {http: 'https://localhost/'}",
            "ready.http must be a URL of this machine, such as http://127.0.0.1:8080/health",
        ),
        (
            "command: [x], ready: {http: 'http://127.0.0.010/'}",
            "ready.http must be a URL of this machine",
        ),
        (
            "command: [x], ready: {http: 'http://localhost:x/'}",
            "ready.http must be a URL of this machine",
        ),
        (
            "command: [x], ready: {http: 'http://127.0.0.1@h/'}",
            "ready.http must be a URL of this machine",
        ),
    ],
)
def test_what_no_variable_can_mend_is_refused(given: str, said: str) -> None:
    text = refused(f"agent: {{name: e}}\nprocesses:\n  a: {{{given}}}\n")
    assert f"process 'a': {said}" in text
    assert "p.yaml:3:" in text


WAITING = """\
agent: {name: edge}
global: {RATE: 3}
processes:
  good: {command: [run, "{{ .global.RATE }}", "{{ .FAST }}"], variables: {FAST: true, SPARE: 1}}
  none: {command: [run, "{{ .NO }}"]}
  port: {command: [run], ready: {port: "{{ .PORT }}"}, variables: {PORT: high}}
"""


def test_variables_that_are_missing_or_do_not_fit_keep_one_process_waiting() -> None:
    plant = parse_plant(WAITING, "p.yaml", folder=Path("/srv"))
    said = [(d.mark.line, d.message) for d in plant.diagnostics if d.mark]
    assert [line for line, _ in said] == [4, 5, 6]
    assert "nothing reads the variable 'SPARE'" in said[0][1]
    assert "process 'none'" in said[1][1]
    assert "NO" in said[1][1]
    assert said[2][1] == "process 'port': ready.port is 'high', expected 1 to 65535."


LIVE = """\
agent: {name: edge}
processes:
  web:
    command: [python3, -u, -c, "import time; print('serves'); time.sleep(60)"]
    ready: {line: "{{ .WORD }}"}
    variables: {WORD: serves}
  bad:
    command: [sleep, "{{ .NO }}"]
"""


@pytest.mark.real
async def test_a_document_of_processes_runs_and_one_that_is_killed_comes_back(
    tmp_path: Path,
) -> None:
    """The bad one waits with its reason, and stops nobody."""
    plant = parse_plant(LIVE, state_dir=tmp_path, folder=tmp_path)
    async with Runtime(plant) as tree:
        view = await tree.until(lambda t: t["edge/web"].state == "running", timeout=200)
        first = view["edge/web"].observed.pid
        assert view["edge/web"].observed.memory_mb > 1
        assert view["edge/bad"].state == "stopped"
        os.kill(first, signal.SIGKILL)
        view = await tree.until(
            lambda t: t["edge/web"].state == "running" and t["edge/web"].observed.pid != first,
            timeout=200,
        )
        last = view["edge/web"].observed.pid
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)


@pytest.mark.real
async def test_one_whose_entry_was_taken_out_while_fsmv2_was_away_is_ended(tmp_path: Path) -> None:
    """With its group and its folder; what is still declared is adopted, also under an odd name."""
    kept, gone = ("a/b 50%", "old")
    text = "agent: {name: edge}\nprocesses:\n" + "".join(
        f"  {name!r}: {{command: [sh, -c, 'sleep 600 & sleep 600']}}\n" for name in (kept, gone)
    )
    home = tmp_path / "processes"
    for node in plan_of(text, tmp_path):
        await start(node.config)
    records = {name: read_record(f"{home}/{quote(path, safe='')}") for name, path in PATHS.items()}
    assert all(record is not None and record.runs for record in records.values())
    later = "\n".join(line for line in text.splitlines() if gone not in line)
    async with Runtime(parse_plant(later, state_dir=tmp_path, folder=tmp_path)) as tree:
        view = await tree.until(
            lambda t: t[PATHS[kept]].state == "running" and not records[gone].runs, timeout=200
        )
        assert view[PATHS[kept]].observed.pid == records[kept].pid
        await tree.until(lambda t: not t["edge"].observed.orphans, timeout=200)
        await tree.until(lambda _: os.listdir(home) == [quote(PATHS[kept], safe="")], timeout=200)
    assert not records[kept].runs


PATHS = {"a/b 50%": "edge/a%2Fb 50%25", "old": "edge/old"}


def plan_of(text: str, folder: Path) -> list[Any]:
    """The processes of a document, as they would be run."""
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())
    root = parse_plant(text, state_dir=folder, folder=folder).root
    return [node for node in expand(root, factory) if node.path in PATHS.values()]


SHY = """\
agent: {name: edge}
processes:
  shy:
    command: [sh, -c, 'echo "my password is $PASSWORD" | tee /dev/stderr; exec sleep 60']
    env: {PASSWORD: "{{ .PW }}"}
    ready: {line: password}
    variables: {PW: {env: SHY_PW}}
"""


@pytest.mark.real
async def test_a_secret_that_a_process_writes_stands_in_no_file_and_in_no_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHY_PW", "tr0ub4dor")
    with capture_logs() as logged:
        async with Runtime(parse_plant(SHY, state_dir=tmp_path, folder=tmp_path)) as tree:
            await tree.until(lambda t: t["edge/shy"].state == "running", timeout=200)
    directory = tmp_path / "processes/edge%2Fshy"
    assert directory.joinpath("output.log").read_text().count("my password is ***env:SHY_PW#") == 2
    for file in directory.iterdir():
        assert not file.is_file() or b"tr0ub4dor" not in file.read_bytes(), file
    assert "my password is ***env:SHY_PW#" in str(logged)
    assert "tr0ub4dor" not in str(logged)
