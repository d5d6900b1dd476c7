"""Contains what author code raises in derive, step or check, and gives up on it for a while.

Three exceptions in five minutes open the breaker of that supervisor alone: its steps stop, its
children go on, and it is retried after a backoff (H18).
"""

from __future__ import annotations

from fsmv2.core.contract.log_events import WorkerError
from fsmv2.core.state.conditions import BREAKER
from fsmv2.core.state.parts import Breaker
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.errors import error_text


def describe(where: str, error: BaseException) -> str:
    """One line an author can act on: what was raised, where, and the last line of their code."""
    # By hand: `traceback` would read the lines from their files, which may be on a slow disk.
    trace, at = error.__traceback__, ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
        at, trace = f" at {file}:{trace.tb_lineno}", trace.tb_next
    return f"{where} raised {error_text(error)}{at}"


def count(tree: Tree, s: Supervisor, where: str, error: BaseException) -> None:
    """Count an exception; opens the breaker at the third within the window."""
    found = s.breaker
    if found is None:
        found = s.breaker = Breaker()
    settings = tree.settings
    text = describe(where, error)
    tree.report("error", s, text, level="error", event=WorkerError(error=text, source=where))
    oldest = tree.now - settings.breaker_window
    if found.last < tree.now - settings.healthy_reset:
        found.openings = 0  # H49: trouble once a month begins at the base delay
    found.last = tree.now
    found.times = [*(t for t in found.times if t > oldest), tree.now]
    if len(found.times) < settings.breaker_failures:
        # The same exception again would be counted only when something wakes it; ask for that.
        tree.set_timer(s, "retry", tree.now + settings.backoff_base)
        return
    found.open = True
    found.times = []
    delay = max(settings.backoff_base, s.backoff.delay(found.openings))
    found.openings += 1
    tree.set_condition(
        s,
        BREAKER,
        f"{describe(where, error)}; {settings.breaker_failures} times within "
        f"{settings.breaker_window:.0f} s, so its steps are stopped; retry in {delay:.1f} s",
    )
    tree.set_timer(s, "breaker", tree.now + delay)


def begin_anew(s: Supervisor) -> None:
    """Another instance begins, with its timers and conditions: it is tried, whatever was before.

    It may be the corrected one. What was counted stays: each opening lasts longer than the last.
    """
    if s.breaker is not None:
        s.breaker.open = False


def try_again(tree: Tree, s: Supervisor) -> None:
    """Close the breaker after its delay; the next exceptions are counted anew."""
    if s.breaker is not None and s.breaker.open:
        s.breaker.open = False
        tree.clear_condition(s, BREAKER)
        tree.mark(s, Cause("timer", "breaker tried again"))
