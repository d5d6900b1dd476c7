"""Whether a process can be used yet: by port, line, file and HTTP, whatever was asked for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from fsmv2 import blocking
from fsmv2.builtin.process.output import WROTE_NOTHING, last_words
from fsmv2.builtin.process.spec import Config
from fsmv2.builtin.reach import reach

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


async def missing(config: Config, running_for: float, *, said: bool) -> str:
    """What is still missing, as a sentence; empty when it is ready.

    `said`: it wrote the line that is waited for, as its keeper noted.
    """
    ready = config.ready
    if ready.port and not await _accepts("127.0.0.1", ready.port):
        return f"nothing accepts on port {ready.port} yet"
    if ready.line and not said:
        silent = running_for > SILENT and await _wrote_nothing(config.directory)
        return f"it has not written a line with '{ready.line}' yet{HELD_BACK if silent else ''}"
    if ready.file and not await _exists(ready.file):
        return f"the file {ready.file} is not there yet"
    if ready.http:
        answer = await _asked(ready.http)
        if answer:
            return f"{ready.http}: {answer}"
    if ready.ends:
        return "it has not ended yet"
    if not (ready.port or ready.line or ready.file or ready.http) and running_for < SETTLED:
        return "it has just been started"
    return ""


async def _accepts(host: str, port: int) -> bool:
    try:
        await reach(host, port, within=WITHIN)
    except (OSError, TimeoutError):
        return False
    return True


@blocking
def _wrote_nothing(directory: str) -> bool:
    return last_words(directory) == WROTE_NOTHING


@blocking
def _exists(file: str) -> bool:
    return Path(file).expanduser().exists()


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
    good = len(words) > 1 and words[1].isdigit() and int(words[1]) < 400
    return "" if good else f"answers {' '.join(words[1:]).strip() or 'nothing'}"
