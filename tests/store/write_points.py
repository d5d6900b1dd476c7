"""Runs a program and kills it right before its n-th call that changes a file: each write point.

By ptrace, so that also what C code writes counts, and no moment between two calls is missed.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct
import sys
from collections.abc import Sequence

CALLS = {
    # pwrite64, fsync, fdatasync, ftruncate, rename, unlink; and their newer forms
    "x86_64": {18, 74, 75, 77, 82, 87, 263, 264, 316},
    "aarch64": {35, 38, 46, 68, 82, 83, 276},
}

_TRACE_ME, _TO_NEXT_CALL, _SET_OPTIONS, _CALL_INFO = 0, 24, 0x4200, 0x420E
_SYSGOOD, _EXIT_KILL = 1, 0x100000
_ENTRY = 1
_STOPPED_AT_CALL = signal.SIGTRAP | 0x80


def run_until(point: int, arguments: Sequence[str]) -> tuple[bool, str]:
    """Run Python with these arguments; whether it was killed at the point, and what it printed."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(writing, 1)
            _ptrace(_TRACE_ME, 0)
            os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606
        finally:
            os._exit(70)
    os.close(writing)
    killed = _follow(pid, point)
    with os.fdopen(reading) as output:
        return killed, output.read()


def _follow(pid: int, point: int) -> bool:
    calls = CALLS[platform.machine()]
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
        (number,) = struct.unpack_from("Q", info.raw, 24)
        if info.raw[0] == _ENTRY and number in calls:
            passed += 1
            if passed == point:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return True


_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_LIBC.ptrace.restype = ctypes.c_long


def _ptrace(what: int, pid: int, *, address: int = 0, data: int = 0) -> None:
    if _LIBC.ptrace(what, pid, address, data) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")
