"""How long the core takes for what it does, measured for metrics; the core has no clock itself.

Of ticks one in 32 is measured, at random distances, and of derives the first few of each slice: all
where little happens, and some where thousands derive at once. To measure everything would take
several hundredths of the time that it takes. Used on the thread of supervision, read from any.
"""

from __future__ import annotations

import time
from contextvars import Token

from fsmv2.core import Core
from fsmv2.core.contract import buckets
from fsmv2.model.data.histogram import Histogram, add_to
from fsmv2.model.template.render_watch import RENDER_WATCH, RenderWatch

SPREAD = 63
"""Less than so many ticks are left out between two that are measured, half as many in the mean.
At random, since ticks come in turns: every 32nd might always be that of one worker."""


DERIVES = 8
"""Derives that are measured in one slice, which has room for some two hundred."""


class Durations:
    """Measures one core."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.next_turn = 0
        self._drawn = 1
        self._derives_left = DERIVES
        self._type = ""
        self._token: Token[RenderWatch | None] | None = None
        self._changes = core.tallies.root_changes
        self._changed_at: float | None = None
        self._derives = 0
        self._derived_at = 0.0
        self.ticks = Histogram(buckets.TICK)
        self.merges = Histogram(buckets.MERGE)
        self.propagations = Histogram(buckets.PROPAGATION)
        self.reconciliations: dict[str, Histogram] = {}
        self.renderings: dict[str, Histogram] = {}

    now = staticmethod(time.perf_counter)

    # ---- what the core calls -----------------------------------------------------------------

    def ticked(self, turn: int, seconds: float) -> None:
        """The tick of that turn took so long; draw which one is measured next."""
        self.ticks.add(seconds)
        # Not `random`, whose state a program may have seeded for its own ends.
        self._drawn = self._drawn * 1_103_515_245 + 12_345 & 0x7FFFFFFF
        self.next_turn = turn + 1 + (self._drawn >> 16) % SPREAD

    def begin_derive(self, type_: str) -> bool:
        """A worker of this type derives; whether that is measured."""
        if not self._derives_left:
            return False
        self._derives_left -= 1
        self._type, self._token = type_, RENDER_WATCH.set(self)
        return True

    def derived(self) -> None:
        """It has derived: supervision hands work to other loops, which must not take this along."""
        if self._token is not None:
            RENDER_WATCH.reset(self._token)
            self._token = None

    def reconciled(self, type_: str, seconds: float) -> None:
        """Looking at the children of a worker of this type took so long."""
        add_to(self.reconciliations, type_, buckets.RECONCILIATION, seconds)

    def merged(self, seconds: float) -> None:
        """Overlaying the variables of a parent took so long."""
        self.merges.add(seconds)

    # ---- what the templates call --------------------------------------------------------------

    def rendered(self, seconds: float) -> None:
        """Rendering a structure for the worker that is ticked took so long."""
        add_to(self.renderings, self._type, buckets.RENDERING, seconds)

    # ---- what supervision calls ----------------------------------------------------------------

    def slice_ends(self, began: float, *, more: bool) -> None:
        """Follow a change of the root down to the last derive that it leads to.

        To within a slice, so that no derive pays for it. `more`: something is still to be decided.
        """
        self._derives_left = DERIVES
        core, changes = self._core, self._core.tallies.root_changes
        if changes != self._changes:
            self._changes = changes
            if self._changed_at is None:
                self._changed_at = self._derived_at = began
        if self._changed_at is None:
            return
        if core.counters.derives != self._derives:
            self._derives, self._derived_at = core.counters.derives, self.now()
        # In a tree that always has more to decide nothing shows when a change has come through;
        # and by then it has taken longer than anybody asks about.
        if not more or self._derived_at - self._changed_at > buckets.PROPAGATION[-1]:
            self.propagations.add(self._derived_at - self._changed_at)
            self._changed_at = None
