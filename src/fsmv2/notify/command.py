"""Hand a notification to a program: its time, its output and its environment are bounded."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator

from fsmv2.errors import error_text
from fsmv2.escaping import printable_line
from fsmv2.host.process_end import kill_group, open_handle
from fsmv2.notify.channel import DeliveryError, Texts, as_json
from fsmv2.notify.notification import Notification
from fsmv2.notify.notify_settings import CommandSettings

KEPT = 4096
"""Bytes of its output that are kept; the rest is read and thrown away, so that it can end."""
QUOTED = 200
GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL for a program that takes too long."""
KILLED_WITHIN = 5.0
"""Seconds after SIGKILL; only one that is stuck in the kernel takes longer."""
LOOK_EVERY = 0.05
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "TZ", "USER")
"""What a program gets of our own environment, which may hold secrets."""


class CommandChannel:
    """One program."""

    kind = "command"

    def __init__(self, settings: CommandSettings, texts: Texts) -> None:
        self._settings = settings
        self._texts = texts
        self._running: subprocess.Popen[bytes] | None = None
        self._aborted = False

    @property
    def address(self) -> str:
        """The program; an argument may be a secret."""
        return printable_line(self._settings.arguments[0])

    def send(self, one: Notification) -> str:
        """`exit code 0`."""
        arguments = self._texts.of(list(self._settings.arguments), one)
        given = self._texts.of(dict(self._settings.env))
        env = {name: os.environ[name] for name in INHERITED if name in os.environ} | given
        try:
            # The document names the program, and no shell reads it.
            process = subprocess.Popen(  # noqa: S603
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=self._settings.folder or None,
                start_new_session=True,  # so that all that it starts can be ended with it
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise DeliveryError(f"it cannot be started: {why}", retry=False) from None
        self._running = process
        try:
            if self._aborted:
                kill_group(process.pid)
            output = _followed(process, as_json(one), self._settings.timeout)
        finally:
            self._running = None
            _ended(process)
        if process.returncode == 0:
            return "exit code 0"
        raise DeliveryError(self._failure(process.returncode, output))

    def abort(self) -> None:
        """Kill the program that runs, with all of its group."""
        self._aborted = True
        running = self._running
        if running is not None and running.returncode is None:
            kill_group(running.pid)

    def _failure(self, code: int | None, output: bytes | None) -> str:
        if output is None:
            return f"it has not ended within {self._settings.timeout:g} s, and was killed"
        text = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        lines = output.decode("utf-8", "replace").strip().splitlines()
        last = self._texts.redact(lines[-1].strip())[:QUOTED] if lines else ""
        return printable_line(f"{text}: {last}" if last else text)


def _followed(process: subprocess.Popen[bytes], data: bytes, seconds: float) -> bytes | None:
    """Feed it and read what it writes until it ends; None: it did not, and was told to."""
    deadline = time.monotonic() + seconds
    assert process.stdin is not None  # noqa: S101  (it was started with this pipe)
    assert process.stdout is not None  # noqa: S101  (it was started with this pipe)
    output = b""
    os.set_blocking(process.stdin.fileno(), False)
    os.set_blocking(process.stdout.fileno(), False)
    with selectors.DefaultSelector() as ready, _end_of(process) as end:
        ready.register(process.stdin, selectors.EVENT_WRITE)
        ready.register(process.stdout, selectors.EVENT_READ)
        if end is not None:
            ready.register(end, selectors.EVENT_READ)
        while process.poll() is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            for key, _ in ready.select(left if end is not None else min(left, LOOK_EVERY)):
                if key.fileobj is process.stdin:
                    data = _fed(process, data)
                    if not data:
                        ready.unregister(process.stdin)
                        with contextlib.suppress(OSError):
                            process.stdin.close()
                elif key.fileobj is process.stdout:
                    found = _read(process)
                    if found == b"":
                        ready.unregister(process.stdout)
                    output = (output + (found or b""))[-KEPT:]
    # What it had written when it ended; not what a child of it may write forever.
    for _ in range(16):
        found = _read(process)
        if not found:
            break
        output = (output + found)[-KEPT:]
    return output


def _fed(process: subprocess.Popen[bytes], data: bytes) -> bytes:
    """Write what it takes; what is left, which is nothing if it reads no more."""
    assert process.stdin is not None  # noqa: S101  (it was started with this pipe)
    try:
        return data[os.write(process.stdin.fileno(), data) :]
    except BlockingIOError:
        return data
    except OSError:
        return b""


def _read(process: subprocess.Popen[bytes]) -> bytes | None:
    """Some of what it wrote; empty at the end, None when there is nothing now."""
    assert process.stdout is not None  # noqa: S101  (it was started with this pipe)
    try:
        return os.read(process.stdout.fileno(), KEPT)
    except BlockingIOError:
        return None
    except OSError:
        return b""


@contextlib.contextmanager
def _end_of(process: subprocess.Popen[bytes]) -> Iterator[int | None]:
    """A descriptor that can be read once it has ended, where the kernel has such."""
    handle = open_handle(process.pid)
    try:
        yield handle
    finally:
        if handle is not None:
            os.close(handle)


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Have it ended, with its group if it had to be told to, and leave no zombie."""
    if process.poll() is None:
        kill_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
        kill_group(process.pid)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    try:
        process.wait(KILLED_WITHIN)
    except subprocess.TimeoutExpired as error:
        raise DeliveryError(f"it cannot be killed: {error_text(error)}") from None
