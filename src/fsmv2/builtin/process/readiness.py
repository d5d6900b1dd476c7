"""Whether a process can be used yet: by port, line, file and HTTP, whatever was asked for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from fsmv2 import blocking
from fsmv2.builtin.process.output_follower import WROTE_NOTHING, last_words
from fsmv2.builtin.process.process_record import ProcessRecord
from fsmv2.builtin.process.spec import Config
from fsmv2.host.socket_owner import other_listener
from fsmv2.host.tcp_probe import probe_tcp

SETTLED = 1.0
"""Seconds a process must have run to count as ready when nothing says when it is."""
SILENT = 3.0
"""Seconds after which one that wrote nothing at all may be holding its lines back."""
HELD_BACK = (
    ", nor anything else; a program may hold back what goes to no terminal: "
    "try `python3 -u`, `stdbuf -oL`, or its own option"
)
WITHIN = 1.0
"""Seconds each question may take."""


COARSE = 0.02
"""Seconds by which a file may seem older than it is: the kernel stamps it with its last tick."""


class Probe:
    """Asks one process whether it is ready: at every look at first, then now and then.

    Most programs log each question. How often it is asked once it has been ready is its own
    setting, also while it is not for a while.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: object = None  # whom, and for what
        self._was_ready = False
        self._at = 0.0
        self.lacks = ""
        """What it lacked when it was last asked."""

    async def missing(self, config: Config, record: ProcessRecord, running_for: float) -> str:
        """What is still missing, as a sentence; empty when it is ready."""
        whom = (record.pid, record.start_time, config.ready)
        now = self._clock()
        if whom != self._asked:
            self._asked, self._was_ready = whom, False
        elif self._was_ready and now - self._at < config.ready.every:
            return self.lacks
        self.lacks = await missing(config, record, running_for)
        self._was_ready = self._was_ready or not self.lacks
        self._at = now
        return self.lacks


async def missing(config: Config, record: ProcessRecord, running_for: float) -> str:
    """What is missing now, as a sentence; empty when it is ready."""
    ready = config.ready
    if ready.port:
        if not await _accepts("127.0.0.1", ready.port):
            return f"nothing accepts on port {ready.port} yet"
        if stranger := await _stranger(ready.port, record):
            return stranger
    if ready.line and not record.said and record.slow:
        return (
            f"ready.line '{ready.line}' is no longer looked for, as it takes too long on what it "
            "writes: avoid nested repeats such as (a+)+"
        )
    if ready.line and not record.said:
        silent = running_for > SILENT and await _wrote_nothing(config.directory)
        return f"it has not written a line with '{ready.line}' yet{HELD_BACK if silent else ''}"
    if ready.file and (lacks := await _file_lacks(ready.file, record.started_at)):
        return lacks
    if ready.http:
        answer = await _asked(ready.http)
        if answer:
            return f"{ready.http}: {answer}"
        if stranger := await _stranger(urlsplit(ready.http).port or 80, record):
            return f"{ready.http}: {stranger}"
    if ready.ends:
        return "it has not ended yet"
    if not (ready.port or ready.line or ready.file or ready.http) and running_for < SETTLED:
        return "it has just been started"
    return ""


async def _accepts(host: str, port: int) -> bool:
    try:
        await probe_tcp(host, port, within=WITHIN)
    except (OSError, TimeoutError):
        return False
    return True


@blocking
def _wrote_nothing(directory: str) -> bool:
    return last_words(directory) == WROTE_NOTHING


@blocking
def _stranger(port: int, record: ProcessRecord) -> str:
    return other_listener(port, record.pid, record.shim)


@blocking
def _file_lacks(file: str, started_at: float) -> str:
    """The time of its last change of any kind: its content may have been written long before."""
    try:
        found = Path(file).expanduser().stat()
    except OSError:
        return f"the file {file} does not exist yet"
    if found.st_ctime < started_at - COARSE:
        return f"the file {file} is older than this start"
    return ""


async def _asked(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or 80
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        async with asyncio.timeout(WITHIN):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(f"GET {path} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode())
                words = (await reader.readline()).decode("latin-1").split(maxsplit=2)
            finally:
                writer.close()
    except (OSError, TimeoutError) as error:
        return str(error) or "no answer"
    except ValueError:  # of the stream, when a line does not end
        return "answers no HTTP"
    good = len(words) > 1 and words[1].isdecimal() and int(words[1]) < 400
    return "" if good else f"answers {' '.join(words[1:]).strip() or 'nothing'}"
