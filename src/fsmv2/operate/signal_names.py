"""Which signals an operator may send to a process, by name; what to do instead of the others."""

from __future__ import annotations

import contextlib
import signal

from fsmv2.errors import RequestRefusedError
from fsmv2.name_suggestions import suggest

ALLOWED = ("HUP", "USR1", "USR2", "WINCH", "TTIN", "TTOU", "CONT")
"""By convention: HUP reads a configuration again, USR1 opens log files anew, USR2, WINCH, TTIN and
TTOU exchange a program or change the number of its helpers. CONT has one go on that was frozen."""

ENDING = ("TERM", "INT", "QUIT", "KILL", "ABRT")
FREEZING = ("STOP", "TSTP")


def signal_name(given: str) -> str:
    """A signal as `ALLOWED` has it, also of 'SIGHUP', 'hup' or '1'; else RequestRefusedError."""
    name = _named(given.strip())
    if name in ALLOWED:
        return name
    if name in ENDING:
        raise RequestRefusedError(
            f"cannot signal: {name} would end the process, and it would be restarted.",
            fix="`fsmv2 restart PATH` starts another instance; `fsmv2 stop PATH` ends it, with "
            "the signal that the document names, until it is started.",
        )
    if name in FREEZING:
        raise RequestRefusedError(
            f"cannot signal: {name} would freeze the process, which then looks as if it runs.",
            fix="`fsmv2 stop PATH` ends it until it is started. One that is frozen already goes on "
            "with CONT.",
        )
    what = f"there is no signal '{given}'"
    if f"SIG{name}" in signal.Signals.__members__:
        what = f"{name} is not one that an operator sends to a process"
    raise RequestRefusedError(f"cannot signal: {what}.", fix=suggest(name, ALLOWED))


def _named(given: str) -> str:
    """Its name in capitals without SIG; also of a number, as `kill -1` has it."""
    if given.isascii() and given.isdecimal():
        with contextlib.suppress(ValueError):
            given = signal.Signals(int(given)).name
    return given.upper().removeprefix("SIG")
