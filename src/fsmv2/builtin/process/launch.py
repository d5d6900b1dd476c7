"""Give a command its shim: start both, or a new shim for a command that lost its own."""

from __future__ import annotations

import errno
import marshal
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fsmv2 import PermanentError, TemporaryError
from fsmv2.builtin.process import shim
from fsmv2.builtin.process.process_record import ProcessRecord
from fsmv2.builtin.process.process_table import MARK
from fsmv2.builtin.process.shim import loop
from fsmv2.builtin.process.spec import INHERITED, Config
from fsmv2.name_suggestions import nearest

ANSWERS_WITHIN = 20.0
"""Seconds for a shim to start; a machine that is very busy takes seconds for an interpreter."""
ERRORS = "keeper.err"
"""What the interpreter of a shim complained of; empty."""
PROGRAM = str(Path(shim.__file__).with_name("__main__.py"))
NEEDED = (*INHERITED, "LD_LIBRARY_PATH")
"""What a shim gets of the environment: fsmv2's own may hold secrets, which are not for it."""
Redactions = Sequence[tuple[str, str]]


def start_shim(
    config: Config, lock: int, redactions: Redactions, record: ProcessRecord | None = None
) -> None:
    """Start the command of `config` under a shim, or only a shim for that of `record`. Blocks.

    The shim holds `lock` until the record is written. PermanentError: the command cannot be
    started. TemporaryError: it may be, later.
    """
    env = {name: os.environ[name] for name in INHERITED if name in os.environ} | dict(config.env)
    env[MARK] = os.path.realpath(config.directory)  # by which it is found when its record is lost
    job = {
        "pid": record.pid if record is not None else 0,
        "start_time": record.start_time if record is not None else 0,
        "started_at": record.started_at if record is not None else 0.0,
        "said": record is not None and record.said,
        "ready": "" if record is not None and record.said else config.ready.line,
        "digest": config.digest,
        "command": list(config.command),
        "env": env,
        "cwd": str(Path(config.cwd).expanduser()) if config.cwd else "",
        "limit": config.log_bytes,
        "line": config.line_bytes,
        "secrets": [(text.encode(), token.encode()) for text, token in redactions],
        "lock": lock,
    }
    answer = _asked(config.directory, marshal.dumps(job), lock)
    if answer != "kept 0":
        raise _refusal(answer, config, env)


def _asked(directory: str, job: bytes, lock: int) -> str:
    errors = _errors(directory)
    try:
        process = subprocess.Popen(  # noqa: S603  (our own file and interpreter, and no shell)
            [sys.executable, "-I", "-S", PROGRAM, directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={name: os.environ[name] for name in NEEDED if name in os.environ},
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C at the terminal of fsmv2 is not meant for it
        )
    except OSError as error:
        raise TemporaryError(
            f"no shim can be started with {sys.executable}: {error.strerror}."
        ) from error
    finally:
        os.close(errors)
    assert process.stdin is not None  # noqa: S101  (it was started with this pipe)
    assert process.stdout is not None  # noqa: S101  (it was started with this pipe)
    with process.stdin, process.stdout:
        try:
            process.stdin.write(job)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended, and its answer says why
        answer = _line(process.stdout.fileno(), time.monotonic() + ANSWERS_WITHIN)
    if answer == "kept 0":
        process.returncode = 0  # its end is taken note of by its start time, not by this object
        return answer
    process.kill()
    process.wait(timeout=5)
    if answer:
        return answer
    said = (Path(directory) / ERRORS).read_text(errors="replace").strip().rpartition("\n")[2]
    raise TemporaryError(f"its shim did not start: {said or 'it did not answer in time'}.")


def _errors(directory: str) -> int:
    try:
        return os.open(Path(directory) / ERRORS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError:  # a full disk
        return os.open(os.devnull, os.O_WRONLY)


def _line(descriptor: int, limit: float) -> str:
    text = b""
    while not text.endswith(b"\n"):
        seconds = limit - time.monotonic()
        if seconds <= 0 or not select.select([descriptor], [], [], seconds)[0]:
            return ""
        data = os.read(descriptor, 100)
        if not data:
            return ""
        text += data
    return text.decode().strip()


def _refusal(answer: str, config: Config, env: dict[str, Any]) -> Exception:
    what, number = answer.split()
    reason = os.strerror(int(number))
    if what == "taken":
        pid = (Path(config.directory) / loop.LOCK).read_text().strip() or "?"
        return TemporaryError(
            f"pid {pid} keeps a process in {config.directory} and cannot be seen from here.",
            fix="Stop the fsmv2 of another container or user that works in this folder, or end "
            "that process.",
        )
    if what == "directory":
        if int(number) in (errno.ENOSPC, errno.EDQUOT):
            return TemporaryError(
                f"{config.directory} cannot be used: {reason}.", fix="Free space for its record."
            )
        hint = ""
        if int(number) in (errno.EPERM, errno.EOPNOTSUPP):
            hint = "Named pipes are needed; put the state directory on a local file system."
        return PermanentError(f"{config.directory} cannot be used: {reason}.", fix=hint)
    if what == "cwd":
        return PermanentError(
            f"its working directory {config.cwd} cannot be used: {reason}.", fix="Correct `cwd`."
        )
    text, fix = _why_not(config.command[0], int(number), config, env)
    return PermanentError(text, fix=fix)


def _why_not(program: str, number: int, config: Config, env: dict[str, Any]) -> tuple[str, str]:
    """What to say of a program that the kernel did not start, and the fix."""
    reason = os.strerror(number)
    text = f"{program} cannot be started: {reason}."
    if number == errno.ENOENT and "/" not in program:
        folders = list(dict.fromkeys(env.get("PATH", os.defpath).split(os.pathsep)))
        close = nearest(program, {name for folder in folders for name in _names(folder)})
        hint = f"Did you mean '{close}'? Or write" if close else "Write"
        text = f"there is no program '{program}' in PATH."
        return text, f"{hint} where it is: /opt/bin/{program}. PATH is {':'.join(folders)}."
    if number == errno.ENOENT and Path(config.cwd or ".", program).expanduser().exists():
        return (
            text,
            "The file exists, so the interpreter that its first line (#!) names is missing.",
        )
    if number == errno.EACCES:
        return text, f"chmod +x {program}, and see that its folders may be entered."
    if number == errno.ENOEXEC:
        return text, "Its first line names no interpreter: write #!/bin/sh there, or [sh, …] here."
    return text, ""


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
