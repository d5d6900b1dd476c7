"""The worker `process` with real processes: started, ready, watched, restarted, adopted, ended."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from process_kit import becomes, lives, until

from fsmv2 import SpecError
from fsmv2.builtin.process import ProcessSpec, Ready
from fsmv2.builtin.process.process_record import read_record
from suspended_process import suspend

pytestmark = pytest.mark.real

LISTENS = """
import http.server, sys
handler = http.server.SimpleHTTPRequestHandler
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), handler)
print("listens on", server.server_port, flush=True)
server.serve_forever()
"""
SLEEPS = "import time; print('hello', flush=True); time.sleep(600)"


def python(source: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", source, *arguments)


async def test_it_runs_while_it_is_wanted_and_leaves_nothing(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    async with running(*python(SLEEPS)) as tree:
        seen = await until(tree, "running")
        pid = seen.observed.pid
        assert lives(pid)
        assert seen.reason == f"pid {pid} runs"
        assert seen.observed.memory_mb > 1
        assert seen.observed.threads >= 1
        assert seen.observed.open_files >= 3
    assert not lives(pid)
    lines = (tmp_path / "state/p/output.log").read_text().splitlines()
    assert [line.partition("Z ")[2] for line in lines[1:]] == [
        f"fsmv2 started pid {pid}",
        "out hello",
        "fsmv2 killed by signal 15",
    ]


async def test_one_that_is_killed_is_started_again_and_says_how_it_ended(
    running: Callable[..., Any],
) -> None:
    async with running(*python(SLEEPS)) as tree:
        first = (await until(tree, "running")).observed.pid
        os.kill(first, signal.SIGKILL)
        again = await tree.until(
            lambda t: t["p"].state == "running" and t["p"].observed.pid != first, timeout=200
        )
        assert lives(again["p"].observed.pid)
        assert tree.said("running → failed: was killed by SIGKILL; last: hello")
    assert not lives(first)


async def test_one_that_ends_by_itself_is_tried_again_with_its_last_words(
    running: Callable[..., Any],
) -> None:
    async with running(*python("import sys; print('no such plant'); sys.exit(3)")) as tree:
        seen = await tree.until(lambda t: t["p"].attempts >= 2, timeout=200)
        assert seen["p"].state in ("failed", "starting", "waiting_ready")
        await tree.until(lambda t: "exit code 3; last: no such plant" in t["p"].reason, timeout=200)


@pytest.mark.parametrize("by", ["port", "line", "file", "http"])
async def test_it_is_ready_when_it_says_so(
    by: str, running: Callable[..., Any], tmp_path: Path, free_port: Callable[[], int]
) -> None:
    port = free_port()
    gate = tmp_path / "gate"
    wait = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.02)\n"
    ready = {
        "port": Ready(port=port),
        "line": Ready(line=r"listens on \d+"),
        "file": Ready(file=str(gate)),
        "http": Ready(http=f"http://127.0.0.1:{port}/"),
    }[by]
    async with running(*python(wait + LISTENS, str(port)), ready=ready, cwd=str(tmp_path)) as tree:
        seen = await until(tree, "waiting_ready", running=True)
        assert "yet" in seen.observed.missing or "http" in seen.observed.missing
        gate.touch()
        await until(tree, "running", ready=True)


async def test_one_that_never_gets_ready_is_ended_and_tried_again(
    running: Callable[..., Any],
) -> None:
    ready = Ready(line="never", within=0.5)
    async with running(*python(SLEEPS), ready=ready) as tree:
        first = (await until(tree, "waiting_ready", running=True)).observed.pid
        await tree.until(lambda t: t["p"].attempts >= 1, timeout=200)
        await becomes(lambda: not lives(first))
        assert tree.said("not ready within 0.5 s: it has not written a line with 'never' yet")


async def test_one_that_holds_its_lines_back_is_told_how_not_to(
    running: Callable[..., Any],
) -> None:
    """Python does, when it does not write to a terminal."""
    ready = Ready(line="serves", within=30)
    async with running(*python("import time; print('serves'); time.sleep(600)"), ready=ready) as t:
        view = await t.until(lambda t: "nor anything else" in t["p"].reason, timeout=200)
        assert "try `python3 -u`, `stdbuf -oL`" in view["p"].reason


async def test_one_that_ignores_the_signal_is_killed_with_its_children(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    source = f"""
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open({str(tmp_path / "child")!r}, "w").write(str(child.pid))
print("deaf", flush=True)
time.sleep(600)
"""
    async with running(*python(source), ready=Ready(line="deaf"), grace=0.3) as tree:
        pid = (await until(tree, "running")).observed.pid
        child = int((tmp_path / "child").read_text())
        assert lives(child)
    assert not lives(pid)
    assert not lives(child)


async def test_the_signal_is_its_own(running: Callable[..., Any], tmp_path: Path) -> None:
    source = f"""
import signal, sys, time
def bye(*_):
    open({str(tmp_path / "bye")!r}, "w").write("SIGINT")
    sys.exit(0)
signal.signal(signal.SIGINT, bye)
print("up", flush=True)
time.sleep(600)
"""
    async with running(*python(source), ready=Ready(line="up"), signal="SIGINT") as tree:
        await until(tree, "running")
    assert (tmp_path / "bye").read_text() == "SIGINT"


async def test_files_and_environment_are_rendered_and_private(
    running: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "conf" / "app.ini"
    monkeypatch.setenv("FSMV2_NOT_INHERITED", "x")
    source = (
        "import os, time; print(sorted(os.environ), os.environ['WHO'], flush=True); time.sleep(600)"
    )
    more = {
        "files": {str(file): "port = {{ .PORT }}\n"},
        "env": {"WHO": "{{ .NAME }}"},
        "variables": {"PORT": 8080, "NAME": "it"},
        "ready": Ready(line="it$"),
    }
    async with running(*python(source), **more) as tree:
        await until(tree, "running")
    assert file.read_text() == "port = 8080\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "FSMV2_NOT_INHERITED" not in (tmp_path / "state/p/output.log").read_text()


@pytest.mark.parametrize(
    ("command", "more", "said"),
    [
        (
            ("/no/such/program",),
            {},
            "/no/such/program cannot be started: No such file or directory.",
        ),
        (("phyton3",), {}, "no program 'phyton3' in PATH. Did you mean 'python3'"),
        (("./script",), {}, "./script cannot be started: Permission denied. chmod +x ./script"),
        (("./plain",), {}, "Its first line names no interpreter"),
        (
            ("./odd",),
            {},
            "The file exists, so the interpreter that its first line (#!) names is missing",
        ),
        (("true",), {"cwd": "/no/such"}, "working directory /no/such cannot be used: No such"),
        (("true",), {"files": {"/proc/x": "y"}}, "the file /proc/x cannot be written"),
    ],
)
async def test_what_cannot_be_started_is_said_with_the_fix(
    running: Callable[..., Any], tmp_path: Path, command: Any, more: Any, said: str
) -> None:
    """The reason stays while it waits for the next attempt; nothing is recorded."""
    (tmp_path / "script").write_text("#!/bin/sh\n")
    for name, text in (("plain", "echo"), ("odd", "#!/no/such/interpreter\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    async with running(*command, **{"cwd": str(tmp_path), **more}) as tree:
        view = await tree.until(
            lambda t: t["p"].state == "failed" and "restarts" in t["p"].reason, timeout=200
        )
        assert said in view["p"].reason
        assert read_record(str(tmp_path / "state/p")) is None


async def test_an_end_with_0_is_told_apart_from_a_failure_and_from_one_that_was_asked_for(
    running: Callable[..., Any],
) -> None:
    async with running("sh", "-c", "echo done") as tree:
        seen = await until(tree, "stopped", exit_code=0)
        assert (seen.observed.ended, seen.observed.asked) == (
            "ended with exit code 0; last: done",
            False,
        )
        assert "permanent, so it is restarted in" in seen.reason
        await until(tree, "waiting_ready")
    async with running("sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done") as tree:
        await until(tree, "running")
    assert tree.said("stopping → stopped: ended with exit code 0")


async def test_one_that_fails_again_and_again_says_so_also_right_after_a_start(
    running: Callable[..., Any],
) -> None:
    """Else whoever looks at that moment, or is notified, reads that it has just been started."""
    async with running("sh", "-c", "echo no plant; sleep 0.3; exit 3") as tree:
        view = await tree.until(
            lambda t: t["p"].state == "waiting_ready" and "before" in t["p"].reason, timeout=200
        )
        said = "it has just been started; the one before ended with exit code 3; last: no plant"
        assert view["p"].reason == said


async def test_looks_that_fail_leave_no_process_behind_at_the_stop(
    running: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is started, and never seen."""

    def fails(*_: object) -> None:
        raise OSError("no descriptors left")

    monkeypatch.setattr("fsmv2.builtin.process.process_worker.Follower.follow", fails)
    directory = str(tmp_path / "state/p")
    async with running(*python(SLEEPS)) as tree:
        await becomes(lambda: read_record(directory) is not None)
        assert (await tree.view())["p"].observed.pid == 0
        record = read_record(directory)
        assert record is not None
    assert not lives(record.pid)


async def test_one_that_was_stopped_by_a_signal_still_ends_in_its_own_way(
    running: Callable[..., Any],
) -> None:
    source = "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
    async with running(*python(source + SLEEPS), ready=Ready(line="hello"), grace=250) as tree:
        suspend((await until(tree, "running")).observed.pid)
        began = time.monotonic()
    assert tree.said("stopping → stopped: ended with exit code 5")
    assert time.monotonic() - began < 200


async def test_what_it_writes_is_kept_within_its_limit(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    """Binary rubbish, lines without end, and as much as it can."""
    source = "head -c 200000 /dev/urandom; head -c 3000000 /dev/zero; exec yes"
    async with running("sh", "-c", source, log_bytes=64 << 10, line_bytes=500) as tree:
        await until(tree, "running")
        await becomes(lambda: b"lines left out" in kept_of(tmp_path))
        files = list((tmp_path / "state/p").glob("output.*"))
        assert sum(file.stat().st_size for file in files) <= (64 << 10) + 100
    assert b"\0" not in kept_of(tmp_path)
    assert all(len(line) < 600 for line in kept_of(tmp_path).splitlines())


def kept_of(directory: Path) -> bytes:
    return b"".join(
        file.read_bytes()
        for file in (directory / "state/p").glob("output.*")
        if file.suffix != ".told"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"command": "ls -l 'a b'"}, 'write the list ["ls", "-l", "a b"]'),
        ({"command": ()}, "command is empty"),
        ({"command": ("x",), "signal": "SIGTREM"}, "there is no signal 'SIGTREM'"),
        ({"command": ("x",), "ready": Ready(line="(")}, "ready.line is not a regular expression"),
        (
            {"command": ("x",), "ready": Ready(http="http://example.com/")},
            "must be a URL of this machine",
        ),
        ({"command": ("x",), "log_bytes": 100}, "log_bytes is 100, expected 16384 or more"),
        ({"command": ("x",), "line_bytes": 0}, "line_bytes is 0, expected 1 or more"),
        ({"command": ("x",), "log_lines": -1}, "log_lines is -1, expected 0 or more"),
    ],
)
def test_what_cannot_be_started_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as raised:
        ProcessSpec(**given)
    assert said in str(raised.value)
