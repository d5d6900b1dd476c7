"""What the shim does, from its first to its last moment; the end of its command is its own."""

from __future__ import annotations

import marshal
import os
import select
import stat
import sys
import time

from fsmv2.builtin.process.shim import command_start, leftover
from fsmv2.builtin.process.shim.output_lines import LineSplitter
from fsmv2.builtin.process.shim.rate_limit import LAST, RateLimit
from fsmv2.builtin.process.shim.record_writer import RecordWriter
from fsmv2.builtin.process.shim.segments import Segments
from fsmv2.host import procfs
from fsmv2.host.flock import open_locked

TYPE_CHECKING = False  # as everywhere here: `typing` would cost each shim two megabytes
if TYPE_CHECKING:
    from typing import Any

    from fsmv2.builtin.process.shim.line_search import LineSearch

CHUNK = 64 << 10
"""Bytes read at a time, as much as a pipe holds."""
LOOK_EVERY = 0.25
"""Seconds between looks at a command that another shim started, without help of the kernel."""
DRAIN = 1.0
"""Seconds to read what is left when the command has ended, if somebody else still could write."""
INSISTS = 5.0
"""Seconds to try to write down how it ended on a disk that is full; without that it is unknown."""
PIPES = ("out", "err")
LOCK = "keeper.lock"
"""Named as before the shim was: those of earlier versions hold it."""


def main(directory: str) -> None:
    """Do the job that stands on standard input; answer `kept` or why not, on standard output."""
    job: dict[str, Any] = marshal.load(sys.stdin.buffer)  # noqa: S302  (only our parent writes it)
    os.set_inheritable(job["lock"], False)
    command_start.ignore_signals()
    try:
        shim = Shim(directory, job)
    except command_start.NotStartedError as error:
        _answer(f"{error.what} {error.number}")
    except BlockingIOError:
        _answer("taken 11")
    except OSError as error:
        _answer(f"directory {error.errno}")
    else:
        os.close(job["lock"])  # first: who hears the answer may want it
        _answer("kept 0")
        os.chdir("/")
        shim.keep()


def _answer(text: str) -> None:
    try:
        os.write(1, f"{text}\n".encode())
    except OSError:
        pass  # fsmv2 was killed just now; the next one finds the record
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)


class Shim:
    """One command, from its start, or from when another shim was lost, to its end."""

    def __init__(self, directory: str, job: dict[str, Any]) -> None:
        """Raises NotStartedError, or OSError when the directory cannot be used."""
        self._directory = directory
        self._only_one()
        self._segments = Segments(directory, job["limit"])
        self._rate = RateLimit(job["limit"], time.monotonic())
        self._search: LineSearch | None = None
        if job["ready"]:
            # Only for those who ask, since it costs a megabyte; and before the command runs: an
            # update of fsmv2 may remove the file some day.
            from fsmv2.builtin.process.shim.line_search import LineSearch

            self._search = LineSearch(job["ready"])
        self._record: RecordWriter | None = None
        self._own = job["pid"] == 0
        self._is_told = True  # of the end, by the kernel
        self._pid: int = job["pid"]
        if self._own:
            for name in PIPES:
                self._fifo(name)
        # Whoever writes opens the pipe for reading, too: it fills up when the shim is killed,
        # and waits for the next one, where it would break otherwise.
        self._streams = {
            self._reading_end(name, number): (
                name.encode(),
                LineSplitter(job["line"], job["secrets"]),
            )
            for number, name in enumerate(PIPES, start=1)
        }
        self._poll = select.poll()
        self._ended, end = os.pipe()
        os.set_blocking(end, False)
        if self._own:
            leftover.adopt_orphans()
            command_start.wake_when_children_end(end)
            self._start(job)
        else:
            self._note(job)
            try:
                self._ended = os.pidfd_open(self._pid)
            except OSError:
                self._is_told = False
        for descriptor in (self._ended, *self._streams):
            self._poll.register(descriptor, select.POLLIN)

    def keep(self) -> None:
        """Until the command has ended, and everything it wrote is written down."""
        while not (end := self._look_for_end()):
            self._read(self._patience())
            if self._record is not None:
                self._record.save()
        leftover.end_group(self._pid)
        if self._own:
            os.waitpid(self._pid, 0)
            leftover.end_children()
        limit = time.monotonic() + DRAIN
        while self._streams and time.monotonic() < limit:
            self._read(0.05)
        for name, lines in self._streams.values():
            self._wrote(name, lines.end())
        self._settle()
        code, signal = end
        how = f"killed by signal {signal}" if signal else f"ended with exit code {code}"
        self._say(how if self._own else "ended")
        assert self._record is not None  # noqa: S101  (it is made when the command is started)
        self._record.update(ended_at=time.time(), exit_code=code, signal=signal)
        limit = time.monotonic() + INSISTS
        while not self._record.saved and not self._record.homeless and time.monotonic() < limit:
            time.sleep(LOOK_EVERY)  # nobody else lives in this process
            self._record.save()

    # ---- the beginning -----------------------------------------------------------------------

    def _only_one(self) -> None:
        """Hold the lock that says that somebody keeps this, even if the record is gone."""
        self._lock = open_locked(os.path.join(self._directory, LOCK))
        try:
            os.pwrite(self._lock, b"%-15d\n" % os.getpid(), 0)
        except OSError:
            pass  # a full disk: locked all the same, only nobody is told by whom

    def _fifo(self, name: str) -> None:
        """A new pipe: nobody who still writes to an old one is heard."""
        path = os.path.join(self._directory, name)
        new = f"{path}.new"
        try:
            if os.path.lexists(new):
                os.unlink(new)
            os.mkfifo(new, 0o600)
            os.replace(new, path)
        except OSError:
            # No space for another: the one of before will do, even if others still write to it.
            if not os.path.lexists(path) or not stat.S_ISFIFO(os.lstat(path).st_mode):
                raise

    def _reading_end(self, name: str, number: int) -> int:
        """The pipe of a stream; that of a running command is found even if it was removed."""
        flags = os.O_RDONLY | os.O_NONBLOCK
        try:
            return os.open(os.path.join(self._directory, name), flags)
        except FileNotFoundError:
            path = f"/proc/{self._pid}/fd/{number}"
            if self._own or not os.readlink(path).endswith(f"/{name} (deleted)"):
                raise
            return os.open(path, flags)

    def _start(self, job: dict[str, Any]) -> None:
        out, err = (os.open(os.path.join(self._directory, name), os.O_RDWR) for name in PIPES)

        def started(pid: int) -> None:
            self._pid = pid
            self._note({**job, "started_at": time.time(), "start_time": procfs.kernel_start(pid)})

        try:
            command_start.start(job["command"], job["env"], job["cwd"], out, err, started)
        except command_start.NotStartedError:
            if self._record is not None:
                self._record.forget()
            raise
        finally:
            os.close(out)
            os.close(err)
        self._say(f"started pid {self._pid}")

    def _note(self, job: dict[str, Any]) -> None:
        self._record = RecordWriter(
            self._directory,
            self._pid,
            job["start_time"],
            boot=procfs.boot(),
            digest=job["digest"],
            started_at=job["started_at"],
            keeper=os.getpid(),
            keeper_start=procfs.kernel_start(os.getpid()),
            said=job["said"],
            ended_at=None,
            exit_code=None,
            signal=0,
        )
        self._start_time = job["start_time"]
        self._record.update()
        if not self._record.saved:
            raise OSError(28, "the record cannot be written")

    # ---- while it runs -----------------------------------------------------------------------

    def _look_for_end(self) -> tuple[int | None, int] | None:
        """The exit code and the signal of its end, None while it runs; the command stays a zombie.

        Orphans that ended are taken note of on the way.
        """
        if not self._own:
            fields = procfs.stat(self._pid)
            lives = fields and fields[0] not in "ZX" and int(fields[19]) == self._start_time
            return None if lives else (None, 0)
        while True:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is None:
                return None
            if found.si_pid == self._pid:
                exited = found.si_code == os.CLD_EXITED
                return (found.si_status, 0) if exited else (None, found.si_status)
            os.waitpid(found.si_pid, 0)

    def _patience(self) -> float | None:
        due = self._rate.due(time.monotonic())
        if self._is_told:
            return due
        return LOOK_EVERY if due is None else min(due, LOOK_EVERY)

    def _read(self, patience: float | None) -> None:
        for descriptor, _ in self._poll.poll(None if patience is None else patience * 1000):
            if descriptor in self._streams:
                name, lines = self._streams[descriptor]
                data = os.read(descriptor, CHUNK)
                if data:
                    self._wrote(name, lines.feed(data))
                    if self._search and (begun := lines.begun()):
                        self._look_for_ready([begun])
                else:
                    self._wrote(name, lines.end())
                    self._poll.unregister(descriptor)
                    os.close(descriptor)
                    del self._streams[descriptor]
            elif self._own:
                os.read(descriptor, 100)
        if self._rate.due(time.monotonic()) == 0.0:
            self._settle()

    def _wrote(self, name: bytes, lines: list[bytes]) -> None:
        if lines:
            self._look_for_ready(lines)
            if self._rate.holds:
                self._rate.hold(len(lines), self._segments.say(name, lines[-LAST:]))
            elif passed := self._rate.give(self._segments.say(name, lines), time.monotonic()):
                self._segments.write(passed)

    def _look_for_ready(self, lines: list[bytes]) -> None:
        """Note the line that says that the command can be used, once."""
        search = self._search
        if search is None or self._record is None:
            return
        before = search.slow
        if search.found(lines):
            self._search = None
            self._record.update(said=True)
            return
        if search.slow and not before:
            self._say(search.why_slow)
        if search.given_up:
            self._search = None
            self._record.update(slow=True)

    def _settle(self) -> None:
        left_out, held = self._rate.settle()
        if left_out:
            self._say(f"{left_out} lines left out")
        if held:
            self._segments.write(held)

    def _say(self, text: str) -> None:
        self._segments.write(self._segments.say(b"fsmv2", [text.encode()]))
