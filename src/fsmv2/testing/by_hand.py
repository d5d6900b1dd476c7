"""A tree driven by hand: nothing happens but what you do, and the clock moves when you move it.

For a REPL, for learning what a worker does, and for tests of one decision. There are no loops, no
collections and no actions behind it: you say what was observed and how an action ended, and read
what the core asks for::

    tree = ByHand(root, factory)
    tree.tick()
    tree.observe("lamp", LampObserved(lit=False))
    tree.tick()
    tree.asked("lamp")          # ['switch_on']
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsmv2.core import (
    ActionEnded,
    Core,
    Declared,
    EngineSettings,
    Instruction,
    Observed,
    Release,
    Released,
    Report,
    StopRequested,
    Supervisor,
)
from fsmv2.model import ChildSpec, ObservedState
from fsmv2.runtime.view import view_node
from fsmv2.view.node_view import NodeView
from fsmv2.worker import Outcome, WorkerFactory


class ByHand:
    """One core without a runtime. KeyError wherever a path is not in the tree."""

    def __init__(
        self,
        root: ChildSpec,
        factory: WorkerFactory,
        *,
        global_variables: Mapping[str, Any] | None = None,
        settings: EngineSettings | None = None,
        seed: int = 0,
    ) -> None:
        """`root` is the tree, `factory` knows its worker types.

        `global_variables` default to those of the root's spec, `settings` to the engine's own;
        `seed` draws the jitter of backoffs. The clock begins at 0.
        """
        self.core = Core(factory, settings, seed=seed)
        self.now = 0.0
        self.instructions: list[Instruction] = []
        """All that the core asked for so far, oldest first."""
        self.declare(root, global_variables)

    # ---- doing -------------------------------------------------------------------------------

    def declare(self, root: ChildSpec, global_variables: Mapping[str, Any] | None = None) -> None:
        """Say what the tree is to be."""
        given = root.user_spec.variables.global_ if global_variables is None else global_variables
        self.core.handle(Declared(root, given, "by hand"), self.now)

    def advance(self, seconds: float) -> None:
        """Move the clock; marks who has a timer due, and ticks none."""
        self.now += seconds
        self.core.advance(self.now)

    def tick(self, path: str = "") -> int:
        """Tick what is dirty at and below `path` until nothing is; returns how many ticks."""
        top = self[path] if path else self.core.root
        ticks = top.tick() if top is not None else 0
        for instruction in self.core.take():
            self.instructions.append(instruction)
            if isinstance(instruction, Release):  # there are no tasks that would have to end
                self.core.handle(Released(instruction.path, instruction.incarnation), self.now)
        return ticks

    def observe(self, path: str, observed: ObservedState | None = None, *, error: str = "") -> None:
        """A collection that began now answered: an observation, or an error."""
        incarnation = self[path].incarnation
        self.core.handle(Observed(path, incarnation, self.now, observed, error), self.now)

    def end(
        self,
        path: str,
        outcome: Outcome = Outcome.SUCCEEDED,
        *,
        result: Any = None,
        error: str = "",
        permanent: bool = False,
    ) -> None:
        """The action of `path` that runs has ended; ValueError if none does."""
        s = self[path]
        if s.action is None:
            raise ValueError(f"{path} runs no action; it is {s.state} ({s.reason})")
        self.core.handle(
            ActionEnded(path, s.incarnation, s.action.id, outcome, error, permanent, result),
            self.now,
        )

    def stop(self) -> None:
        """Ask the whole tree to stop."""
        self.core.handle(StopRequested("by hand"), self.now)

    # ---- reading -----------------------------------------------------------------------------

    def __getitem__(self, path: str) -> Supervisor:
        """The supervisor at this path; drive it with its own `tick()` if you like."""
        return self.core.by_path[path]

    def __contains__(self, path: str) -> bool:
        return path in self.core.by_path

    def view(self, path: str) -> NodeView:
        """The worker at this path as interfaces show it."""
        return view_node(self[path])

    def asked(self, path: str) -> str:
        """The name of the action that `path` has asked for and that has not ended; or empty."""
        running = self[path].action
        return running.definition.name if running is not None else ""

    def reports(self, path: str = "") -> list[str]:
        """What was reported to operators, of one path or of all."""
        return [
            report.text
            for report in self.instructions
            if isinstance(report, Report) and path in ("", report.path)
        ]
