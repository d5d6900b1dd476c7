"""Sends the process of a worker a signal: checked first, recorded, then sent to exactly that one.

It is recorded before it is sent, since a crash may follow; and what became of it afterwards.
"""

from __future__ import annotations

import signal
from typing import NamedTuple

from fsmv2.builtin.process import Process
from fsmv2.builtin.process.signalling import send_signal
from fsmv2.builtin.process.spec import Ending
from fsmv2.core import Core, SignalSent
from fsmv2.errors import RequestRefusedError
from fsmv2.escaping import printable_line
from fsmv2.host.in_thread import in_thread
from fsmv2.host.signal_delivery import Delivery
from fsmv2.operate.request_types import Signal
from fsmv2.operate.signal_names import signal_name
from fsmv2.runtime import Runtime

RUN_DIRECTLY = (
    "`fsmv2 restart PATH` starts another instance. A shell or a wrapper as its command handles no "
    "signal: have it `exec` the program."
)


class Addressee(NamedTuple):
    """The process of a worker, by the directory of its record; empty: there is none, as `why`."""

    directory: str = ""
    why: str = ""
    fix: str = ""


async def addressee(runtime: Runtime, request: Signal) -> Addressee:
    """Whose process would be sent it; RequestRefusedError: there is none, or it would do harm."""
    found = await runtime.look(lambda core: _addressee(core, request.path))
    if not found.directory:
        raise RequestRefusedError(f"cannot signal: {found.why}.", fix=found.fix)
    _, delivery = await _sent(found, request, dry_run=True)
    if delivery.refused:
        raise _refusal(request, delivery)
    return found


async def send(runtime: Runtime, request: Signal, to: Addressee) -> str:
    """Send it; what was done, as a sentence. RequestRefusedError: the process has just ended."""
    pid, delivery = await _sent(to, request)
    name, refused = signal_name(request.signal), printable_line(delivery.refused)
    runtime.report_signal(SignalSent(request.path, name, pid, refused))
    if refused:
        raise _refusal(request, delivery)
    frozen = f"; it is frozen, and takes it once it is sent CONT: {request.path}"
    return f"{request.path} (pid {pid}) was sent {name}" + (frozen if delivery.frozen else "")


async def _sent(to: Addressee, request: Signal, *, dry_run: bool = False) -> tuple[int, Delivery]:
    number = signal.Signals[f"SIG{signal_name(request.signal)}"]
    return await in_thread(lambda: send_signal(to.directory, number, dry_run=dry_run))


def _addressee(core: Core, path: str) -> Addressee:
    s = core.by_path.get(path)
    if s is None:
        return Addressee(why=f"'{path}' no longer exists")
    if not isinstance(s.worker, Process):
        below = [child.path for child in s.children.values() if isinstance(child.worker, Process)]
        return Addressee(
            why=f"{path} is not a process but of type '{s.declared.worker_type}'",
            fix=f"Below it are: {', '.join(sorted(below)[:5])}." if below else "",
        )
    config = s.desired.config if s.desired is not None else None
    if not isinstance(config, Ending):
        return Addressee(why=f"{path} has not been started: {s.reason}")
    return Addressee(config.directory)


def _refusal(request: Signal, delivery: Delivery) -> RequestRefusedError:
    why = printable_line(delivery.refused)
    harmful = "does not handle" in why
    return RequestRefusedError(
        f"cannot signal: {request.path}: {why}.", fix=RUN_DIRECTLY if harmful else ""
    )
