"""Who holds what is claimed: a device, a topic, a port, a file. Decides nothing."""

from __future__ import annotations

Holder = tuple[str, int]
"""A path and an incarnation."""


class ClaimTable:
    """By claim, who holds it and who waits for it.

    `leaving`: by path, the incarnations that were released and whose tasks may still run, with what
    they hold until those have ended. `changed`: by path, when a worker that adapts live was
    handed a config that claims less, and what that claims; until it is seen to have carried that
    out, it holds what it held before, too.
    """

    __slots__ = ("changed", "held", "leaving", "waiting")

    def __init__(self) -> None:
        # Tuples, as nearly every claim has one holder, and ten thousand workers have some.
        self.held: dict[str, tuple[Holder, ...]] = {}
        self.waiting: dict[str, tuple[str, ...]] = {}
        self.leaving: dict[str, tuple[tuple[int, tuple[str, ...]], ...]] = {}
        self.changed: dict[str, tuple[float, tuple[str, ...]]] = {}

    def hold(self, claim: str, holder: Holder) -> None:
        """`holder` has it, beside whoever else does."""
        self.held[claim] = (*self.held.get(claim, ()), holder)

    def let_go(self, claim: str, holder: Holder) -> None:
        """`holder` has it no more."""
        left = tuple(one for one in self.held.get(claim, ()) if one != holder)
        if left:
            self.held[claim] = left
        else:
            self.held.pop(claim, None)

    def wait(self, claim: str, path: str) -> None:
        """Whoever is at `path` waits for it."""
        waiting = self.waiting.get(claim, ())
        if path not in waiting:
            self.waiting[claim] = (*waiting, path)
