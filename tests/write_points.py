"""Runs a program and kills it right before its n-th call that changes a file: each write point.

By ptrace, so that also what C code writes counts, and no moment between two calls is missed. What
the program imports is imported once, by a process that makes a copy of itself for each point.

Of a program with threads the calls of all of them count, from when it has made the folder `BEGUN`;
their order is not the same in each run, so that the points are as many moments, and no more.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import shutil
import signal
import struct
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

CALLS = {
    # pwrite64, fsync, fdatasync, ftruncate, rename, mkdir, link, unlink; and their newer forms
    "x86_64": {18, 74, 75, 77, 82, 83, 86, 87, 258, 263, 264, 265, 316},
    "aarch64": {34, 35, 37, 38, 46, 68, 82, 83, 276},
}
WRITE = {"x86_64": 1, "aarch64": 64}
"""Counts for a file, not for what the program prints."""
OPENAT = {"x86_64": 257, "aarch64": 56}
"""Counts when it makes the file that it opens."""

LAST_OUTPUT = 2
MOST_POINTS = 2000
SAID = "acknowledged"
"""What a program prints once what it did has to last."""
BEGUN = "begun"
"""The folder in its own that a program with threads makes when it begins with what is tested."""

_TRACE_ME, _TO_NEXT_CALL, _SET_OPTIONS, _CALL_INFO = 0, 24, 0x4200, 0x420E
_SYSGOOD, _CLONE, _EXIT_KILL = 1, 8, 0x100000
_ENTRY = 1
_WALL = 0x40000000
"""Wait for threads, too."""
_STOPPED_AT_CALL = signal.SIGTRAP | 0x80


class Killed(NamedTuple):
    """A run that was killed at a write point: what it left in its folder, and whether it must last.

    `said` is all that it printed.

    The last one was not killed: it had no point of that number.
    """

    point: int
    folder: Path
    acknowledged: bool
    said: str = ""


def killed_at_each_point(
    first: Path, script: str, *arguments: str, threads: bool = False, step: int = 1
) -> Iterator[Killed]:
    """Run a script again and again on copies of the folder `first`, and kill it later each time.

    Its `main` gets the copy, and then `arguments`, and prints `SAID`. The copy is removed before
    the next run. `threads`: it has some, see above. `step`: points from one to the next.
    """
    file = first.parent / "script.py"
    file.write_text(script)
    how = "threads" if threads else "one"
    command = [sys.executable, "-B", __file__, how, str(file), *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as runner:
        assert runner.stdin is not None
        assert runner.stdout is not None
        for point in range(1, MOST_POINTS, step):
            folder = first.parent / f"point-{point}"
            shutil.copytree(first, folder)
            print(point, folder, file=runner.stdin, flush=True)
            ended, _, output = runner.stdout.readline().partition(" ")
            assert ended in ("killed", "ended"), "it failed without being killed"
            assert ended == "killed" or SAID in output, "it came to its end and did nothing"
            yield Killed(point, folder, SAID in output, output.strip())
            shutil.rmtree(folder)
            if ended == "ended":
                assert point > 4, "there were points at which it was killed"
                return
    raise AssertionError("it never came to its end")


# ---- the process that runs the program again and again ------------------------------------------


def _serve(how: str, script: str, *arguments: str) -> None:
    """For each line with a point and a folder: `killed` or `ended`, and what was printed."""
    program: dict[str, Any] = {"__name__": "program"}
    exec(compile(Path(script).read_text(), script, "exec"), program)  # noqa: S102
    for line in sys.stdin:
        point, _, folder = line.rstrip("\n").partition(" ")
        begun = f"{folder}/{BEGUN}" if how == "threads" else ""
        killed, said = _run_until(int(point), program["main"], [folder, *arguments], begun)
        print("killed" if killed else "ended", " ".join(said.split()), flush=True)


def _run_until(
    point: int, program: Callable[..., object], arguments: Sequence[str], begun: str
) -> tuple[bool, str]:
    """Run it in a copy of this process; whether it was killed there, and what it printed."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            os.dup2(writing, 1)
            _ptrace(_TRACE_ME, 0)
            os.kill(os.getpid(), signal.SIGSTOP)  # the parent follows from here
            program(*arguments)
            status = 0
        except BaseException:  # noqa: BLE001  (nothing of it may go on in this copy)
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    killed = _follow_threads(pid, point, begun) if begun else _follow(pid, point)
    with os.fdopen(reading) as output:
        return killed, output.read()


def _follow(pid: int, point: int) -> bool:
    os.waitpid(pid, 0)
    _ptrace(_SET_OPTIONS, pid, data=_SYSGOOD | _EXIT_KILL)
    info = ctypes.create_string_buffer(88)
    passed = 0
    delivered = 0
    while True:
        _ptrace(_TO_NEXT_CALL, pid, data=delivered)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            if os.WIFSIGNALED(status) or os.WEXITSTATUS(status):
                raise AssertionError(f"it ended with status {status}, and nobody killed it")
            return False
        stopped_by = os.WSTOPSIG(status)
        delivered = 0 if stopped_by in (_STOPPED_AT_CALL, signal.SIGTRAP) else stopped_by
        if stopped_by != _STOPPED_AT_CALL:
            continue
        _ptrace(_CALL_INFO, pid, address=len(info), data=ctypes.addressof(info))
        number, first, _, third = struct.unpack_from("4Q", info.raw, 24)
        if info.raw[0] == _ENTRY and _changes_a_file(number, first, third):
            passed += 1
            if passed == point:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return True


def _follow_threads(pid: int, point: int, begun: str) -> bool:
    """The same for all threads of a process, once the folder `begun` is there."""
    os.waitpid(pid, 0)
    _ptrace(_SET_OPTIONS, pid, data=_SYSGOOD | _EXIT_KILL | _CLONE)
    info = ctypes.create_string_buffer(88)
    passed = 0
    _ptrace(_TO_NEXT_CALL, pid)
    while True:
        thread, status = os.waitpid(-1, _WALL)
        if not os.WIFSTOPPED(status):
            if thread != pid:
                continue  # one of its threads has ended
            if os.WIFSIGNALED(status) or os.WEXITSTATUS(status):
                raise AssertionError(f"it ended with status {status}, and nobody killed it")
            return False
        stopped_by, delivered = os.WSTOPSIG(status), 0
        if stopped_by == _STOPPED_AT_CALL:
            _ptrace(_CALL_INFO, thread, address=len(info), data=ctypes.addressof(info))
            number, first, _, third = struct.unpack_from("4Q", info.raw, 24)
            if (
                info.raw[0] == _ENTRY
                and _changes_a_file(number, first, third)
                and _is_kept(number, thread, first)
                and os.path.isdir(begun)
            ):
                passed += 1
                if passed == point:
                    os.kill(pid, signal.SIGKILL)
                    while os.waitpid(-1, _WALL)[0] != pid:
                        pass  # its threads end first
                    return True
        elif stopped_by not in (signal.SIGTRAP, signal.SIGSTOP):  # a new thread begins stopped
            delivered = stopped_by
        with contextlib.suppress(ProcessLookupError):  # it was ended by another of them
            _ptrace(_TO_NEXT_CALL, thread, data=delivered)


def _is_kept(number: int, thread: int, first: int) -> bool:
    """Whether what is written goes to a file or a pipe, and not to a socket within the program."""
    if number != WRITE[platform.machine()]:
        return True
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{thread}/fd/{first}").startswith(("/", "pipe:"))
    return False


def _changes_a_file(number: int, first: int, third: int) -> bool:
    """By the number of the call and its first and third argument."""
    machine = platform.machine()
    if number == WRITE[machine]:
        return first > LAST_OUTPUT
    if number == OPENAT[machine]:
        return bool(third & os.O_CREAT)
    return number in CALLS[machine]


_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_LIBC.ptrace.restype = ctypes.c_long


def _ptrace(what: int, pid: int, *, address: int = 0, data: int = 0) -> None:
    if _LIBC.ptrace(what, pid, address, data) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


if __name__ == "__main__":
    _serve(*sys.argv[1:])
