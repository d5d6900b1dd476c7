"""The start of a command: in a group of its own, and never without a record of it."""

from __future__ import annotations

# The C part of `signal`: without the rest, and `enum`, each shim takes a megabyte less.
import _signal  # type: ignore[import-not-found]  # (typeshed has no stub of it)
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

IGNORED = (1, 2, 3, 13, 15, 25)
"""HUP, INT, QUIT, PIPE, TERM, XFSZ: the shim ends with its command, and by nothing else but KILL.
Whoever signals everything at once, as systemd does, signals the command, too."""

SIGCHLD = 17


class NotStartedError(Exception):
    """It could not be started: `what` ('cwd' or 'command') and the number of the error."""

    def __init__(self, what: str, number: int) -> None:
        super().__init__(what, number)
        self.what = what
        self.number = number


def ignore_signals() -> None:
    """Have the shim survive what is meant for its command."""
    for number in IGNORED:
        _signal.signal(number, _signal.SIG_IGN)


def wake_when_children_end(descriptor: int) -> None:
    """Have a byte written to `descriptor` whenever a child has ended."""
    _signal.signal(SIGCHLD, lambda *_: None)
    _signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)


def start(
    command: list[str],
    env: Mapping[str, str],
    cwd: str,
    out: int,
    err: int,
    started: Callable[[int], None],
) -> int:
    """Start the command and return its pid; `started(pid)` is called before its program runs.

    The child waits until `started` has returned: killed before that, the shim leaves no process
    that nobody knows of. NotStartedError: the program or its directory cannot be used.
    """
    gate, open_gate = os.pipe()
    report, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(open_gate)
        _become(command, env, cwd, out, err, gate, tell)
    for descriptor in (gate, tell):
        os.close(descriptor)
    try:
        started(pid)
        os.write(open_gate, b"g")
    finally:
        os.close(open_gate)
    told = os.read(report, 100)  # ended by the exec, which closes it
    os.close(report)
    if told:
        os.waitpid(pid, 0)
        what, number = told.decode().split()
        raise NotStartedError(what, int(number))
    return pid


def _become(
    command: list[str],
    env: Mapping[str, str],
    cwd: str,
    out: int,
    err: int,
    gate: int,
    tell: int,
) -> None:
    """Become the command; in the child, and never returns."""
    what = "command"
    try:
        os.setsid()  # a group of its own, to be ended as a whole
        if os.read(gate, 1):
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            os.dup2(out, 1)
            os.dup2(err, 2)
            for number in IGNORED:
                _signal.signal(number, _signal.SIG_DFL)
            if cwd:
                what = "cwd"
                os.chdir(cwd)
                what = "command"
            os.execvpe(command[0], command, env)  # noqa: S606  (a list; no shell reads it)
    except OSError as error:
        os.write(tell, f"{what} {error.errno}".encode())
    except BaseException:  # noqa: BLE001  (nothing of the shim may go on in the child)
        os.write(tell, f"{what} 22".encode())
    finally:
        os._exit(127)
