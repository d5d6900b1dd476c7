"""What a user says of a process, and what of it must be the same for one to be adopted."""

from __future__ import annotations

import hashlib
import re
import shlex
import signal
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from fsmv2 import SpecError, UserSpec

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""Environment variables that a process gets without being told; nothing else leaks into it."""


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """When a process can be used; all that is given must hold. Without any: after a second.

    `port` of 127.0.0.1 accepts, a `line` of its output matches (regular expression), a `file`
    exists, `http` answers below 400. `within` seconds.
    """

    port: int = 0
    line: str = ""
    file: str = ""
    http: str = ""
    within: float = 30.0


class ProcessSpec(UserSpec):
    """One command. Texts may be templates; `derive` renders them.

    `command`: the program and its arguments, never a line for a shell. `env`: added to the few
    variables that are inherited. `files`: path → content, written before it starts, readable by
    its owner alone. `signal` asks it to end, `grace` seconds later it is killed. `state_dir` keeps
    its record and output (default: below `~/.local/state/fsmv2/processes`); the output is cut at
    `log_bytes`, and of each look at it, once a second, `log_lines` at most go to the log.
    """

    command: tuple[str, ...] = ()
    env: Mapping[str, str] = {}
    cwd: str = ""
    files: Mapping[str, str] = {}
    ready: Ready = Ready()
    signal: str = "SIGTERM"
    grace: float = 10.0
    state_dir: str = ""
    log_bytes: int = 1 << 20
    log_lines: int = 100

    def __post_init__(self) -> None:
        """Refuse what cannot be started; SpecError names all of it."""
        problems = list(_problems(self))
        if problems:
            raise SpecError(f"This process cannot be started: {'; '.join(problems)}.")


def _problems(spec: ProcessSpec) -> list[str]:
    found = []
    command: object = spec.command
    if isinstance(command, str):  # a type checker sees that; not everybody has one
        words = ", ".join(f'"{word}"' for word in shlex.split(command))
        found.append(f"command is one text, and no shell reads it; write the list [{words}]")
    elif not spec.command or not spec.command[0]:
        found.append("command is empty")
    if spec.signal not in signal.Signals.__members__:
        found.append(f"there is no signal {spec.signal!r}; write SIGTERM or SIGINT, say")
    try:
        re.compile(spec.ready.line)
    except re.error as error:
        found.append(f"ready.line is no regular expression: {error}")
    if spec.ready.http and urlsplit(spec.ready.http).hostname not in ("127.0.0.1", "localhost"):
        found.append("ready.http must be of 127.0.0.1")
    return found


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """A process fully rendered, as it is to run. `directory` is where its record and output are."""

    command: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    files: Mapping[str, str]
    ready: Ready
    signal: str
    grace: float
    directory: str
    log_bytes: int
    log_lines: int

    @property
    def digest(self) -> str:
        """Changes with everything that a running process has already taken in."""
        parts = (self.command, sorted(self.env.items()), self.cwd, sorted(self.files.items()))
        return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()

    @property
    def output(self) -> Path:
        """What it writes, standard output and error alike."""
        return Path(self.directory) / "output.log"


def directory_of(spec: ProcessSpec, path: str) -> str:
    """Where the process of the worker at `path` keeps its record; `~` is left for the action."""
    base = spec.state_dir or "~/.local/state/fsmv2/processes"
    return f"{base}/{quote(path, safe='')}"
