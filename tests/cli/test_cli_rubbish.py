"""Rubbish on the command line: one clear message, an exit code, and nothing half-written."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import msgspec
import pytest

from fsmv2.cli.app import app
from fsmv2.cli.request_options import LONGEST_REASON
from fsmv2.operate import request_types

FSMV2 = [sys.executable, "-m", "fsmv2.cli"]
PLANT = """\
agent: {name: edge, location: {enterprise: acme}}
broker: {embedded: false, url: "nats://127.0.0.1:1"}
"""
LONG = "x" * 100_000
MODULES = {
    "toy.py": "X = 3\nclass A: pass\ndef boom(): raise ValueError('a\\x1b[31mb')\n",
    "bang.py": "def f():\n    raise RuntimeError('boom')\nf()\n",
    "syntax.py": "def (\n",
    "exits.py": "import sys\nsys.exit(7)\n",
    "imports.py": "import no_such_module_at_all\n",
    "latin.py": b"x = '\xff'\n",
    "nul.py": b"x = 1\0\n",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "plant.yaml").write_text(PLANT)
    for name, text in MODULES.items():
        (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    os.mkfifo(tmp_path / "pipe.yaml")
    os.mkfifo(tmp_path / "pipe.py")
    return tmp_path


class Shown(msgspec.Struct):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def fsmv2(home: Path, *words: str | bytes) -> Shown:
    """In this process, which is a hundred times as fast; the streams are as `main` sets them."""
    out, err = (
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
        for _ in range(2)
    )
    here = Path.cwd()
    os.chdir(home)
    path, modules = list(sys.path), set(sys.modules)
    try:
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            app([os.fsdecode(word) for word in words], prog_name="fsmv2")
    finally:
        os.chdir(here)
        sys.path[:] = path
        for name in set(sys.modules) & {file.partition(".")[0] for file in MODULES} - modules:
            del sys.modules[name]
    out.flush()
    err.flush()
    code = ended.value.code
    assert isinstance(code, int)
    return Shown(code, *(s.buffer.getvalue().decode() for s in (out, err)))  # type: ignore[attr-defined]


def told(home: Path, code: int, said: str, *words: str | bytes) -> None:
    """The command ends with `code`, and one message with `said` in it on stderr."""
    before = sorted(home.rglob("*"))
    shown = fsmv2(home, *words)
    assert (shown.returncode, shown.stdout) == (code, ""), shown.stderr
    assert said in shown.stderr
    assert "Traceback" not in shown.stderr
    assert "failed unexpectedly" not in shown.stderr
    assert "\x1b" not in shown.stderr  # a terminal would obey what was only to be shown
    assert len(shown.stderr) < 10_000
    left = [path for path in sorted(home.rglob("*")) if "__pycache__" not in str(path)]
    assert left == before


@pytest.mark.parametrize(
    "words",
    [
        ("run", b"caf\xe9/plant.yaml", "--for", "1s", "--state-dir", "state"),
        ("plan", b"caf\xe9/plant.yaml", "--against", "plant.yaml", "-o", "x.plan"),
    ],
)
def test_a_document_whose_name_is_not_utf8_is_named(home: Path, words: Sequence[str]) -> None:
    folder = home / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / "plant.yaml").write_text(PLANT)
    shown = fsmv2(home, *words)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert r"caf\xe9/plant.yaml' is not UTF-8" in shown.stderr
    assert "fix: Give text in UTF-8; rename" in shown.stderr


def test_a_reason_that_is_too_long_says_how_much_is_kept(home: Path) -> None:
    shown = fsmv2(home, "apply", "plant.yaml", "-m", "x" * (LONGEST_REASON + 1))
    assert shown.returncode == 2
    assert "it has 1001 characters, and at most 1000 are kept" in shown.stderr
    assert LONGEST_REASON == request_types.LONGEST_REASON


@pytest.mark.parametrize("command", ["validate", "render", "run"])
@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("nope.yaml", "there is no such file"),
        ("a\nb", "there is no such file"),
        ("\x1b[31m", "there is no such file"),
        (LONG[:5000], "file name too long"),
        (b"\xff\xfe", "there is no such file"),
        ("pipe.yaml", "nothing writes into it"),
        ("/dev/zero", "larger than 10 MiB"),
        ("/dev/null", "the document is empty"),
        ("plant.yaml/x", "not a directory"),
        ("toy.py", "error["),
    ],
)
def test_what_is_no_document_is_said(home: Path, command: str, file: str, said: str) -> None:
    told(home, 1, said, command, file)


@pytest.mark.parametrize(
    ("journal", "said"),
    [
        ("nope", "does not exist"),
        ("pipe.yaml", "not a regular file"),
        ("/dev/zero", "not a regular file"),
        ("plant.yaml", "is not a journal of fsmv2"),
        (".", "there is no journal in"),
        ("\x1b[31m", "does not exist"),
    ],
)
def test_what_is_no_journal_is_said(home: Path, journal: str, said: str) -> None:
    told(home, 1, said, "replay", journal)


@pytest.mark.parametrize("command", ["validate", "render", "run", "lint", "replay"])
def test_an_empty_name_is_not_the_current_folder(home: Path, command: str) -> None:
    told(home, 2, "it is empty; is a variable of your shell not set?", command, "")


def test_a_pipe_that_is_written_into_is_a_document(home: Path) -> None:
    script = f"exec {' '.join(FSMV2)} validate <(cat plant.yaml)"
    shown = subprocess.run(
        ["bash", "-c", script], cwd=home, capture_output=True, text=True, timeout=60
    )
    assert shown.returncode == 0, shown.stderr
    assert "no problems" in shown.stderr
    piped = subprocess.run(
        [*FSMV2, "validate", "/dev/stdin"], input=PLANT, capture_output=True, text=True, timeout=60
    )
    assert piped.returncode == 0, piped.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "does not name"),
        (":", "does not name"),
        ("toy", "does not name"),
        ("..:A", "does not name"),
        ("toy:A.b", "does not name"),
        ("./toy.py:A", "This is the path of a file; write 'toy:A'"),
        ("toy.py", "This is the path of a file; write 'toy:"),
        ("\x1b[31m:A", "does not name"),
        (LONG, "does not name"),
        ("nowhere:A", "there is no module 'nowhere'"),
        ("toy.deeper:A", "there is no module 'toy.deeper'"),
        ("bang:A", "bang.py:2: RuntimeError: boom."),
        ("syntax:A", "cannot be imported: SyntaxError"),
        ("exits:A", "exits.py:2: SystemExit: 7."),
        ("imports:A", ": ModuleNotFoundError: No module named 'no_such"),
        ("latin:A", "cannot be imported: SyntaxError"),
        ("nul:A", "cannot be imported: SyntaxError"),
    ],
)
@pytest.mark.parametrize("command", ["check", "simulate"])
def test_what_names_no_type_is_said(home: Path, command: str, name: str, said: str) -> None:
    told(home, 1, said, command, name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("toy:X", "neither a function nor a worker type"),
        ("toy:nope", "there is no tree 'toy:nope' to simulate: toy has no 'nope'"),
        ("toy:A", "returned a A, expected a SimulatedTree"),
        ("toy:boom", "raised ValueError: a\\x1b[31mb, expected a SimulatedTree"),
        ("os:system", "expected a SimulatedTree"),
        ("fsmv2:Worker", "neither a function nor a worker type"),
    ],
)
def test_what_makes_no_tree_is_said(home: Path, name: str, said: str) -> None:
    told(home, 1, said, "simulate", name, "--for", "10s")


@pytest.mark.parametrize(
    "words",
    [
        ["render", "plant.yaml", LONG],
        ["render", "plant.yaml", "\x1b[31m"],
        ["why", "edge", "-f", "plant.yaml", "--var", "a." * 50_000],
        ["why", "edge", "-f", "plant.yaml", "--var", "\x1b[31m"],
        ["why", LONG, "-f", "plant.yaml", "--var", "IP"],
        ["explain", LONG],
        ["explain", ""],
        ["simulate", "toy:A", "--only", "1,x"],
        ["simulate", "toy:A", "--only", "9" * 5000],
        ["simulate", "toy:A", "--seed", "1e3"],
        ["simulate", "toy:A", "--every", "0s"],
        ["run", "plant.yaml", "--for", "1e999s"],
        ["run", "plant.yaml", "--for", LONG],
        ["run", "plant.yaml", "--state-dir", ""],
        ["new", "worker", "lamp", "--in", ""],
        ["new", "nothing"],
        ["lint", "nope.py"],
        ["\x1b[31m"],
        [LONG],
    ],
    ids=lambda words: " ".join(words)[:40],
)
def test_what_means_nothing_is_a_usage_error(home: Path, words: Sequence[str]) -> None:
    shown = fsmv2(home, *words)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "Traceback" not in shown.stderr
    assert "\x1b" not in shown.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "cannot be the name"),
        ("..", "cannot be the name"),
        ("../x", "Write 'x'"),
        ("a/b", "Write 'a-b'"),
        ("class", "Write 'class-worker'"),
        ("la\nmp", "Write 'la-mp'"),
        ("\x1b[31m", "cannot be the name"),
        ("toy ", "cannot be the name"),
        ("１２", "cannot be the name"),
        ("x" * 300, "too long"),
        (LONG, "too long"),
    ],
)
def test_a_name_that_no_worker_can_have_writes_nothing(home: Path, name: str, said: str) -> None:
    told(home, 1, said, "new", "worker", name)


def test_a_link_of_that_name_is_not_followed(home: Path) -> None:
    (home / "lamp").symlink_to(home / "elsewhere")
    told(home, 1, "already exists", "new", "worker", "lamp")


def test_what_lint_cannot_read_is_a_finding_and_the_rest_is_read(home: Path) -> None:
    (home / "folder.py").mkdir()
    (home / "again").symlink_to(home)
    (home / "self.py").symlink_to("self.py")
    shown = fsmv2(home, "lint", ".")
    assert shown.returncode == 1
    for said in ("pipe.py:1:1: ", "not a regular file", "self.py:1:1: ", "latin.py:1:1: "):
        assert said in shown.stdout
    assert "toy.py" not in shown.stdout
    assert "Traceback" not in shown.stderr


def test_a_folder_names_each_thing_in_it_that_is_no_document(home: Path) -> None:
    plant = home / "plant"
    plant.mkdir()
    (plant / "good.yaml").write_text(PLANT)
    (plant / "folder.yaml").mkdir()
    os.mkfifo(plant / "pipe.yaml")
    (plant / "root.yaml").symlink_to("/")
    (plant / "out.yaml").symlink_to(home / "plant.yaml")
    (plant / "loop.yaml").symlink_to("loop.yaml")
    (plant / "gone.yaml").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(os.path.relpath(plant / "socket.yaml"))
    shown = fsmv2(home, "validate", "plant")
    assert shown.returncode == 1
    for said in (
        "'folder.yaml' is a folder",
        "'pipe.yaml' is not a regular file",
        "'socket.yaml' is not a regular file",
        "'root.yaml' is a folder",
        "'out.yaml' is a link that leads out of the folder",
        "'loop.yaml' is a broken link",
        "'gone.yaml' is a broken link",
    ):
        assert said in shown.stderr
    assert "7 problems" in shown.stderr


def test_a_file_that_shrinks_and_grows_while_it_is_read_is_one_or_the_other(home: Path) -> None:
    """Written in place, as by an editor that does not rename: never a traceback."""
    file = home / "plant.yaml"
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nwhile True:\n    open(sys.argv[1], 'w').write(sys.argv[2] * 200)\n",
            str(file),
            "# a comment\n" + PLANT,
        ]
    )
    try:
        for _ in range(5):
            shown = fsmv2(home, "why", "edge", "-f", "plant.yaml", "--var", "location.enterprise")
            assert shown.returncode in (0, 1, 2)
            assert "Traceback" not in shown.stderr
            assert "failed unexpectedly" not in shown.stderr
    finally:
        writer.kill()
        writer.wait()


COMMANDS = [
    ["validate", "plant.yaml"],
    ["render", "plant.yaml"],
    ["explain", "FSM0101"],
    ["lint", "toy.py"],
    ["new", "worker", "lamp"],
    ["run", "plant.yaml", "--for", "200ms"],
]


def test_an_interrupt_that_python_drops_comes_again() -> None:
    """One that is raised in the callback of a weak reference: imports have many of them."""
    program = """
import signal, sys, time, weakref
import fsmv2.cli
class Thing: pass
def command(**_):
    thing = Thing()
    ref = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
    del thing
    time.sleep(250)
    print("slept through")
fsmv2.cli.app_for = lambda words: command
fsmv2.cli.main()
"""
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=280, check=False
    )
    assert time.monotonic() - began < 200, "it did not even wake the command"
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
@pytest.mark.thorough
def test_a_signal_at_any_moment_ends_it_without_a_traceback(
    home: Path, words: Sequence[str], number: signal.Signals
) -> None:
    """But for the first moments, which are Python's own: it has begun to import us by then."""
    env = {**os.environ, "XDG_STATE_HOME": str(home / "state")}
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "import fsmv2.cli; print('begun', flush=True); fsmv2.cli.main()"
    )
    for step in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", program, *words],
            cwd=home,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            time.sleep(0.1 * step)  # real moments of a real process: there is no virtual clock
            process.send_signal(number)
            _, said = process.communicate(timeout=200)
        assert "Traceback" not in said
        assert process.returncode in (0, 1, 3, 130, -number)
        written = home / "lamp"
        assert not written.exists() or len(list(written.iterdir())) == 2
    assert not [path for path in home.iterdir() if path.name.startswith(".lamp")] or number != 2
