"""What a user says of a process, and what of it must be the same for one to be adopted."""

from __future__ import annotations

import hashlib
import re
import shlex
import signal
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from fsmv2 import SpecError, UserSpec, VariableBundle, render_template
from fsmv2.host.process_folder import folder_of
from fsmv2.model.network_address import read_url

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""Environment variables that a process gets without being told; nothing else leaks into it."""

LEAST_BYTES = 16 << 10
"""Bytes of output on disk below which there would be no room for an ordinary line and its past."""


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """When a process can be used; all that is given must hold. Without any: after a second.

    `port` of 127.0.0.1 is its own and accepts, a `line` of its output matches (regular expression),
    a `file` is there that is newer than its start, `http` of a port of its own answers below 400,
    it `ends` with exit code 0. `within` seconds; once it is ready it is asked `every` so many.
    """

    port: int = 0
    line: str = ""
    file: str = ""
    http: str = ""
    ends: bool = False
    within: float = 30.0
    every: float = 10.0


class ProcessSpec(UserSpec):
    """One command. Texts may be templates; `derive` renders them.

    `command`: the program and its arguments, never a line for a shell. `env`: added to the few
    variables that are inherited. `files`: path → content, written before it starts, readable by
    its owner alone. `signal` asks it to end, `grace` seconds later it is killed. `state_dir` keeps
    its record and output (default: below `~/.local/state/fsmv2/processes`).
    """

    command: tuple[str, ...] = ()
    env: Mapping[str, str] = {}
    cwd: str = ""
    """The folder it starts in; empty: that of fsmv2 itself."""
    files: Mapping[str, str] = {}
    ready: Ready = Ready()
    """When it can be used, and how that is checked."""
    signal: str = "SIGTERM"
    grace: float = 10.0
    state_dir: str = ""
    log_bytes: int = 4 << 20
    """Bytes on disk of what it writes, both files together; at least 16 KiB. Four megabytes are
    some forty thousand lines, a day of most programs, and of a thousand processes four gigabytes.
    They span ten seconds at least: of a flood the first and last lines are kept, others counted.
    """
    line_bytes: int = 8192
    """Bytes of one line that are kept, on disk and in the log; an eighth of `log_bytes` at most.
    A line of JSON or of a stack trace is shorter; what is longer is mostly no text at all."""
    log_lines: int = 100
    """Lines a second that are handed to the log, the first and last ones of each second; the others
    are counted, and stay on the disk. A stack trace fits; no one reads more than that live."""

    def __post_init__(self) -> None:
        """Refuse what cannot be started; SpecError names all of it."""
        refuse(self)


def refuse(spec: ProcessSpec | Config) -> None:
    """SpecError names all that keeps this from being started, if anything does."""
    problems = [message for _, message in problems_of(spec)]
    if problems:
        raise SpecError(f"This process cannot be started: {'; '.join(problems)}.")


def problems_of(spec: Any) -> list[tuple[tuple[str, ...], str]]:
    """What is wrong in a spec or a config, with the keys that lead to it; not in templates."""
    found: list[tuple[tuple[str, ...], str]] = []
    command: object = spec.command
    if isinstance(command, str):  # a type checker sees that; not everybody has one
        words = ", ".join(f'"{word}"' for word in _words(command))
        found.append(
            (("command",), f"command is one text, and no shell reads it; write the list [{words}]")
        )
    elif not spec.command or not spec.command[0]:
        found.append((("command",), "command is empty"))
    if spec.signal not in signal.Signals.__members__ and "{{" not in spec.signal:
        said = f"there is no signal {spec.signal!r}, expected one such as SIGTERM or SIGINT"
        found.append((("signal",), said))
    if spec.log_bytes < LEAST_BYTES:
        said = f"log_bytes is {spec.log_bytes}, expected {LEAST_BYTES} or more"
        found.append((("log_bytes",), said))
    if spec.line_bytes < 1:
        found.append((("line_bytes",), f"line_bytes is {spec.line_bytes}, expected 1 or more"))
    if spec.log_lines < 0:
        found.append((("log_lines",), f"log_lines is {spec.log_lines}, expected 0 or more"))
    ready = spec.ready
    try:
        re.compile("" if "{{" in ready.line else ready.line)
    except (re.error, OverflowError, RecursionError) as error:  # the others: of what is too large
        found.append((("ready", "line"), f"ready.line is not a regular expression: {error}"))
    if ready.http and "{{" not in ready.http and not _is_local(ready.http):
        found.append(
            (
                ("ready", "http"),
                "ready.http must be a URL of this machine, such as http://127.0.0.1:8080/health",
            )
        )
    port: object = ready.port  # a variable may have put anything there
    whole = isinstance(port, int) and not isinstance(port, bool)
    if not (0 <= ready.port <= 65535 if whole else port is None or "{{" in str(port)):
        found.append((("ready", "port"), f"ready.port is {port!r}, expected 1 to 65535"))
    return found


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # a quote that is not closed
        return command.split()


OWN_PAGE: Mapping[str, Any] = {"schemes": ("http",), "default_port": 80}


def _is_local(url: str) -> bool:
    try:
        place = read_url(urlsplit(url)._replace(path="", query="").geturl(), **OWN_PAGE)
    except ValueError:  # no address, or a port that is no number
        return False
    return place.host in ("127.0.0.1", "localhost") and "@" not in urlsplit(url).netloc


def config_of(spec: ProcessSpec, scope: Mapping[str, Any] | VariableBundle, *, path: str) -> Config:
    """The spec rendered; what a program is handed is text, also where a variable is a number."""
    texts = render_template(
        {
            "command": spec.command,
            "env": spec.env,
            "cwd": spec.cwd,
            "files": spec.files,
            "signal": spec.signal,
        },
        scope,
    )
    ready = render_template(spec.ready, scope, path="ready")
    return Config(
        command=tuple(_text(word) for word in texts["command"]),
        env={name: _text(value) for name, value in texts["env"].items()},
        cwd=_text(texts["cwd"]),
        files={name: _text(content) for name, content in texts["files"].items()},
        ready=msgspec.structs.replace(
            ready, line=_text(ready.line), file=_text(ready.file), http=_text(ready.http)
        ),
        signal=_text(texts["signal"]),
        grace=spec.grace,
        directory=directory_of(spec, path),
        log_bytes=spec.log_bytes,
        line_bytes=min(spec.line_bytes, spec.log_bytes // 8),
        log_lines=spec.log_lines,
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a process is ended: the one whose record and output are in `directory`.

    `signal` asks it to; `grace` seconds later it is killed.
    """

    directory: str
    signal: str = "SIGTERM"
    grace: float = 10.0


class Config(Ending, frozen=True, kw_only=True):
    """A process fully rendered, as it is to run."""

    command: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    files: Mapping[str, str]
    ready: Ready
    log_bytes: int
    line_bytes: int
    log_lines: int

    @property
    def digest(self) -> str:
        """Changes with everything that a running process, or its shim, has already taken in."""
        taken = (self.command, sorted(self.env.items()), self.cwd, sorted(self.files.items()))
        parts = (*taken, self.ready.line, self.log_bytes, self.line_bytes)
        return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()

    @property
    def claims(self) -> tuple[str, ...]:
        """What it has for itself: its ports, its files, and what it does.

        By the last, one that only got another name begins after it has ended by the old one.
        """
        ports = dict.fromkeys((self.ready.port, _page_port(self.ready.http)))
        files = dict.fromkeys((*self.files, self.ready.file))
        program = self.command[0].rpartition("/")[2]
        return (
            *(f"port {port}" for port in ports if port),
            *(f"the file {file}" for file in files if file),
            f"the command {program} ({self.digest})",
        )


def _page_port(url: str) -> int:
    return (urlsplit(url).port or OWN_PAGE["default_port"]) if url else 0


def directory_of(spec: ProcessSpec, path: str) -> str:
    """Where the process of the worker at `path` keeps its record; `~` is left for the action."""
    base = spec.state_dir or "~/.local/state/fsmv2/processes"
    return f"{base}/{folder_of(path)}"
