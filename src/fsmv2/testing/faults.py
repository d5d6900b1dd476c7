"""What goes wrong in a simulated run: a list of timed decisions, drawn from a seed.

It is a list so that it can be shrunk: a run with some of the decisions left out is a run, too.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Iterable, Mapping

import msgspec

from fsmv2.worker import Phase


class FaultKind(enum.StrEnum):
    """The kinds of trouble; each is injected while its target is in some phase."""

    ACTION_RAISES = "action raises"
    """The next action raises, one in five times a `PermanentError`."""
    ACTION_HANGS = "action hangs"
    """The next action does nothing until it is cancelled."""
    ACTION_SUCCEEDS_LATE = "action succeeds, then times out"
    """The next action does its work, and does not return before its time-out."""
    ACTION_DEAF = "action ignores cancel"
    """The next action does its work, and ignores that it is cancelled for a while."""
    OBSERVATION_RAISES = "observation raises"
    """The next collection raises."""
    OBSERVATION_STALE = "observation stale"
    """Collections of one worker hang, so that its last observation grows old."""
    OBSERVATION_OVERTAKEN = "observation out of order"
    """An observation arrives after a newer one."""
    OBSERVATION_WRONG_TYPE = "observation of wrong type"
    """The next collection returns an object of another class."""
    OBSERVATION_AFTER_REMOVAL = "observation after removal"
    """An observation arrives after its worker was restarted."""
    CRASH = "crash and restart"
    """The supervising program is killed in the midst of a decision, and starts again."""
    CLOCK_JUMP = "clock jumps"
    """Wall time jumps by an hour, forwards or back."""
    SLEEP = "machine sleeps"
    """The machine sleeps: time passes in which nothing runs."""
    STALL = "loop stalls"
    """Author code blocks its event loop."""
    CONFIG = "config changes"
    """Another root is declared."""
    BURST = "burst"
    """Many declarations, observations and restarts arrive at once."""
    SURROUNDINGS = "surroundings fail"
    """What the workers look at fails, as `Surroundings.trouble` has it."""


ACTION_KINDS = frozenset(kind for kind in FaultKind if kind.value.startswith("action"))
"""They hit the next action that begins in the phase."""
COLLECTION_KINDS = frozenset(
    {
        FaultKind.OBSERVATION_RAISES,
        FaultKind.OBSERVATION_STALE,
        FaultKind.OBSERVATION_WRONG_TYPE,
    }
)
"""They hit the next collection that begins in the phase."""

IMPOSSIBLE: Mapping[tuple[FaultKind, Phase], str] = {
    (kind, Phase.INITIAL): "nothing is started before the first observation"
    for kind in ACTION_KINDS
}
"""The pairs of kind and phase that no tree can meet, and why."""


class PlannedFault(msgspec.Struct, frozen=True):
    """One decision: `kind` hits the first worker that is in `phase` at `at` seconds or later.

    Those of actions and collections hit the first that begins then. `pick` from 0 to 1 chooses
    among several; `seconds` is how long it lasts; `number` how many or which, as the kind needs
    it. `index` is its place in the list that the seed gives.
    """

    index: int
    at: float
    kind: FaultKind
    phase: Phase
    pick: float
    seconds: float
    number: int

    def __str__(self) -> str:
        return f"#{self.index} at {self.at:.1f} s: {self.kind} (while {self.phase})"


class FaultPlan(msgspec.Struct, frozen=True):
    """All decisions of one run, in the order of time."""

    faults: tuple[PlannedFault, ...]
    """The decisions; a plan with some of them left out is a plan, too."""

    @classmethod
    def draw(
        cls,
        seed: int,
        seconds: float,
        *,
        every: float = 60.0,
        kinds: Iterable[FaultKind] = tuple(FaultKind),
    ) -> FaultPlan:
        """The decisions of `seed` for so many virtual seconds, one each `every` on average.

        Every possible pair of kind and phase comes up once before any comes up again.
        """
        # A seed must give the same faults again.
        rng = random.Random(f"faults:{seed}")  # noqa: S311
        pairs: list[tuple[FaultKind, Phase]] = []
        every_pair = [(kind, phase) for kind in kinds for phase in Phase]
        all_pairs = [pair for pair in every_pair if pair not in IMPOSSIBLE]
        faults: list[PlannedFault] = []
        at = rng.uniform(0.0, every)
        while at < seconds and all_pairs:
            if not pairs:
                pairs = rng.sample(all_pairs, len(all_pairs))
            kind, phase = pairs.pop()
            lasts = rng.choice((0.5, 3.0, 15.0, 60.0)) * rng.uniform(0.5, 1.5)
            number = rng.randrange(2, 40)
            faults.append(PlannedFault(len(faults), at, kind, phase, rng.random(), lasts, number))
            at += rng.uniform(0.0, 2 * every)
        return cls(tuple(faults))

    def only(self, indexes: Iterable[int]) -> FaultPlan:
        """The same decisions, but none except these."""
        wanted = set(indexes)
        return FaultPlan(tuple(fault for fault in self.faults if fault.index in wanted))
