"""The worker `process` with real processes: started, ready, watched, restarted, adopted, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fsmv2 import ChildSpec, EngineSettings, Runtime, SpecError, VariableBundle, WorkerFactory
from fsmv2.builtin.process import Process, ProcessSpec, Ready
from fsmv2.builtin.process.kernel import start_time_of
from fsmv2.core.settings import TypeSettings
from fsmv2.runtime import NodeView

pytestmark = pytest.mark.real

SETTINGS = EngineSettings(
    backoff_base=0.2, backoff_cap=0.2, types={"process": TypeSettings(interval=0.2)}
)
LISTENS = """
import http.server, sys
handler = http.server.SimpleHTTPRequestHandler
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), handler)
print("listens on", server.server_port, flush=True)
server.serve_forever()
"""
SLEEPS = "import time; print('hello', flush=True); time.sleep(600)"


@pytest.fixture
def running(tmp_path: Path) -> Callable[..., Any]:
    """A runtime of one process named `p`, whose record is below tmp_path."""
    factory = WorkerFactory()
    factory.register(Process)

    def make(*command: str, **more: Any) -> Any:
        variables = VariableBundle(more.pop("variables", {}))
        spec = ProcessSpec(
            command=command, state_dir=str(tmp_path / "state"), variables=variables, **more
        )
        return Runtime(ChildSpec("p", "process", spec), factory, settings=SETTINGS, seed=1)

    return make


async def until(tree: Runtime, state: str, **fields: Any) -> NodeView:
    view = await tree.until(
        lambda t: (
            t["p"].state == state
            and all(getattr(t["p"].observed, name) == value for name, value in fields.items())
        ),
        timeout=30,
    )
    return view["p"]


def lives(pid: int) -> bool:
    return start_time_of(pid) is not None


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
    assert (tmp_path / "state/p/output.log").read_text() == "hello\n"


async def test_one_that_is_killed_is_started_again_and_says_how_it_ended(
    running: Callable[..., Any],
) -> None:
    async with running(*python(SLEEPS)) as tree:
        first = (await until(tree, "running")).observed.pid
        os.kill(first, signal.SIGKILL)
        again = await tree.until(
            lambda t: t["p"].state == "running" and t["p"].observed.pid != first, timeout=30
        )
        assert lives(again["p"].observed.pid)
        texts = [r.text for r in tree_reports(tree)]
        assert any("running → failed: was killed by SIGKILL; last: hello" in t for t in texts)
    assert not lives(first)


def tree_reports(tree: Runtime) -> list[Any]:
    return tree.heard  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every runtime keeps what it reported."""
    enter = Runtime.__aenter__

    async def keeping(self: Any) -> Any:
        self.heard = []
        self._listener = self.heard.append
        return await enter(self)

    monkeypatch.setattr(Runtime, "__aenter__", keeping)


async def test_one_that_ends_by_itself_is_tried_again_with_its_last_words(
    running: Callable[..., Any],
) -> None:
    async with running(*python("import sys; print('no such plant'); sys.exit(3)")) as tree:
        seen = await tree.until(lambda t: t["p"].attempts >= 2, timeout=30)
        assert seen["p"].state in ("failed", "starting", "waiting_ready")
        await tree.until(lambda t: "exit code 3; last: no such plant" in t["p"].reason, timeout=30)


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
        await tree.until(lambda t: t["p"].attempts >= 1, timeout=30)
        async with asyncio.timeout(20):
            while lives(first):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert any(
            "not ready within 0.5 s: it has not written a line with 'never' yet" in r.text
            for r in tree_reports(tree)
        )


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
    async with asyncio.timeout(20):
        while lives(child):  # noqa: ASYNC110  (its end is the kernel's to bring about)
            await asyncio.sleep(0.02)


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


async def test_after_a_crash_of_fsmv2_the_same_process_is_adopted_and_never_doubled(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    """A kill of fsmv2 leaves it running; the next start finds it by its record."""
    from fsmv2.builtin.process.running import is_alive, read_record, start
    from fsmv2.builtin.process.worker import Process as Kind

    spec = ProcessSpec(
        command=python(SLEEPS),
        state_dir=str(tmp_path / "state"),
        variables=VariableBundle.trusted({}, {}, {"id": "p"}),
    )
    config: Any = Kind().derive_desired_state(spec, None).config
    before = await start(config)
    async with running(*python(SLEEPS)) as tree:
        assert (await until(tree, "running")).observed.pid == before.pid
    assert not lives(before.pid)
    old = await start(config)
    async with running(*python(SLEEPS + "  # changed")) as tree:
        seen = await until(tree, "running")
        assert seen.observed.pid != old.pid
        assert not lives(old.pid), "one of an earlier config is ended first"
    assert not is_alive(read_record(config))


async def test_a_pid_that_was_given_to_somebody_else_is_not_touched(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    from fsmv2.builtin.process.running import Record, write_record
    from fsmv2.builtin.process.worker import Process as Kind

    spec = ProcessSpec(
        command=python(SLEEPS),
        state_dir=str(tmp_path / "state"),
        variables=VariableBundle.trusted({}, {}, {"id": "p"}),
    )
    config: Any = Kind().derive_desired_state(spec, None).config
    os.makedirs(config.directory)
    mine = Record(pid=os.getpid(), start_time=1, digest=config.digest, started_at=0.0)
    write_record(config, mine)
    async with running(*python(SLEEPS)) as tree:
        assert (await until(tree, "running")).observed.pid != os.getpid()


async def test_a_program_that_is_not_there_is_said_and_not_tried_in_a_hurry(
    running: Callable[..., Any],
) -> None:
    async with running("/no/such/program") as tree:
        await tree.until(lambda t: t["p"].attempts >= 1, timeout=30)
        assert any(
            "/no/such/program cannot be started: No such file or directory" in r.text
            for r in tree_reports(tree)
        )


async def test_what_it_writes_is_kept_within_its_limit(
    running: Callable[..., Any], tmp_path: Path
) -> None:
    source = "import time\nwhile True:\n    print('x' * 1000, flush=True); time.sleep(0.001)"
    async with running(*python(source), log_bytes=20_000) as tree:
        await until(tree, "running")
        previous = tmp_path / "state/p/output.previous"
        async with asyncio.timeout(30):
            while not previous.exists():  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"command": "ls -l 'a b'"}, 'write the list ["ls", "-l", "a b"]'),
        ({"command": ()}, "command is empty"),
        ({"command": ("x",), "signal": "SIGTREM"}, "there is no signal 'SIGTREM'"),
        ({"command": ("x",), "ready": Ready(line="(")}, "ready.line is no regular expression"),
        ({"command": ("x",), "ready": Ready(http="http://example.com/")}, "must be of 127.0.0.1"),
    ],
)
def test_what_cannot_be_started_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as raised:
        ProcessSpec(**given)
    assert said in str(raised.value)
