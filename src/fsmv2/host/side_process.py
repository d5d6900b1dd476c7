"""What a process does first that works for a running tree: it comes last, and has a bound; and the
messages between the two. How the tree starts and ends it is in `side_program`.
"""

from __future__ import annotations

import os
import resource
import struct
from contextlib import suppress
from typing import IO

from fsmv2.host.memory_pressure import be_ended_first

NICENESS = 10
"""Of everything that waits for a processor, the tree and its devices come first."""

MEMORY = 2 << 30
"""Bytes of address space: some times what 10,000 workers take, and a bound for all else."""

LENGTH = struct.Struct(">I")
"""What stands before each message: how many bytes it has."""


def own_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes, under numbers that nothing else uses: a module may print when it is imported."""
    asked, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return os.fdopen(asked, "rb"), os.fdopen(answers, "wb")


def come_last() -> None:
    """Leave processors and memory to the tree, its devices, and all else on the machine."""
    with suppress(OSError):
        os.nice(NICENESS)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold secrets
    with suppress(OSError):
        be_ended_first()


def write_frame(pipe: IO[bytes], message: bytes) -> None:
    """Send one message. OSError: nobody is there to read it."""
    pipe.write(LENGTH.pack(len(message)))
    pipe.write(message)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> bytes:
    """The next message. EOFError: there is none any more."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    message = pipe.read(length)
    if len(message) < length:
        raise EOFError
    return message
