"""Whether a runtime makes progress, judged from outside its loops (H40).

Asked by the API and service managers. An answer is put together from what each part last *did*, not
from whether something still turns: a loop that comes round says nothing about a worker whose
collection died, and a worker's fresh observation nothing about supervision.
"""

from __future__ import annotations

import msgspec

from fsmv2.core import Core, Supervisor
from fsmv2.runtime import watchdog


class Liveness(msgspec.Struct, frozen=True, kw_only=True):
    """Lags, and seconds since proof of progress.

    `supervision_age`: since it last came to the end of a slice of decisions; a slice that raised is
    none. `work_age`: since the loop of all workers came round. `store_behind`: for how long the
    oldest of what is to be stored waits; `store_failing`: why it cannot be, `journal_failing`: why
    what happens is not recorded. None of both ages: it has not begun. `silent`: paths that are
    watched and whose observations do not come. `blocking`: an author's code that supervision has
    been in for long, as words.
    """

    supervision_lag: float
    work_lag: float
    silent: tuple[str, ...]
    supervision_age: float = 0.0
    work_age: float | None = None
    store_behind: float | None = None
    store_failing: str = ""
    journal_failing: str = ""
    blocking: str = ""

    @property
    def alive(self) -> bool:
        """Whether supervision decides: the one thing that a restart of the process would repair."""
        return self.supervision_lag <= watchdog.LAG

    @property
    def ok(self) -> bool:
        """Whether nothing at all is in the way: both loops come round, and every worker answers."""
        return self.alive and self.work_lag <= watchdog.LAG and not self.silent

    @property
    def reason(self) -> str:
        """What is in the way, as a sentence; empty when nothing is."""
        if not self.alive:
            return f"supervision has not run for {self.supervision_lag:.1f} s"
        if self.work_lag > watchdog.LAG:
            return f"the loop of all workers has not run for {self.work_lag:.1f} s"
        if self.silent:
            more = f" and {len(self.silent) - 5} more" if len(self.silent) > 5 else ""
            return f"no observation comes from {', '.join(self.silent[:5])}{more}"
        return ""


def silent_paths(core: Core) -> tuple[str, ...]:
    """Whose observations do not come; reads the core from any thread, and changes nothing."""
    return tuple(s.path for s in list(core.by_path.values()) if _is_silent(s))


def _is_silent(s: Supervisor) -> bool:
    if s.watched_at is None or s.stop is not None or s.fresh:
        return False
    return s.conditions is not None and "Fresh" in s.conditions
