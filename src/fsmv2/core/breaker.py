"""Contains what author code raises in derive, step or check, and gives up on it for a while.

Three exceptions in five minutes open the breaker of that supervisor alone: its steps stop, its
children go on, and it is tried again after a backoff (H18).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.core.conditions import BREAKER
from fsmv2.core.records import Cause
from fsmv2.errors import said

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor


class Breaker:
    """The times of recent exceptions, and whether steps are stopped because of them."""

    __slots__ = ("last", "open", "openings", "times")

    def __init__(self) -> None:
        self.times: list[float] = []
        self.open = False
        self.openings = 0
        self.last = 0.0


def describe(where: str, error: BaseException) -> str:
    """One line an author can act on: what was raised, where, and the last line of their code."""
    # By hand: `traceback` would read the lines from their files, which may be on a slow disk.
    trace, at = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
        at, trace = f" at {file}:{trace.tb_lineno}", trace.tb_next
    return f"{where} raised {said(error)}{at}"


def note(core: Core, s: Supervisor, where: str, error: BaseException) -> None:
    """Count an exception; opens the breaker at the third within the window."""
    found = s.breaker
    if found is None:
        found = s.breaker = Breaker()
    settings = core.settings
    core.report("error", s, describe(where, error), level="error")
    oldest = core.now - settings.breaker_window
    if found.last < core.now - settings.healthy_reset:
        found.openings = 0  # H49: trouble once a month begins at the base delay
    found.last = core.now
    found.times = [*(t for t in found.times if t > oldest), core.now]
    if len(found.times) < settings.breaker_failures:
        # The same exception again would be counted only when something wakes it; ask for that.
        core.set_timer(s, "retry", core.now + settings.backoff_base)
        return
    found.open = True
    found.times = []
    delay = max(settings.backoff_base, s.backoff.delay(found.openings))
    found.openings += 1
    core.set_condition(
        s,
        BREAKER,
        f"{describe(where, error)}; {settings.breaker_failures} times within "
        f"{settings.breaker_window:.0f} s, so its steps are stopped; tried again in {delay:.1f} s",
    )
    core.set_timer(s, "breaker", core.now + delay)


def try_again(core: Core, s: Supervisor) -> None:
    """Close the breaker after its delay; the next exceptions are counted anew."""
    if s.breaker is not None and s.breaker.open:
        s.breaker.open = False
        core.clear_condition(s, BREAKER)
        core.mark(s, Cause("timer", "breaker tried again"))
