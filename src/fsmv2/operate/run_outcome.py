"""How a run ended, decided from what was seen of its tree: well, or what went wrong."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from fsmv2.operate.convergence import impaired_text, is_impaired
from fsmv2.operate.tree_handle import TreeHandle
from fsmv2.operate.worker_status import reason_text
from fsmv2.runtime import TreeView


class Verdict(enum.StrEnum):
    """Of several things that went wrong, the one that lost most."""

    ORDERLY = "orderly"
    """It stopped in order, or was left running on request."""
    UNSETTLED = "unsettled"
    """Its time was over, and something that should run did not."""
    DROPPED = "dropped"
    """Samples that had been read are lost, since no broker took them in time."""
    FORCED = "forced"
    """Something did not stop by itself."""


class RunOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """A run that has ended. `before`: its tree before the stop.

    `unsettled`: by path, who should have run and did not; `forced`, `killed` and `dropped` as
    `TreeHandle` has them.
    """

    before: TreeView
    unsettled: Mapping[str, str] = {}
    forced: tuple[str, ...] = ()
    killed: tuple[str, ...] = ()
    dropped: Mapping[str, int] = {}

    @classmethod
    def of(cls, tree: TreeHandle, before: TreeView, *, by_hand: bool) -> RunOutcome:
        """The outcome of a tree that was closed. `by_hand`: a signal or a request ended it.

        Whoever ends it by hand has seen the tree, and need not be told what did not run in it.
        """
        by_hand = by_hand or tree.leaving
        return cls(
            before=before,
            unsettled={} if by_hand else tree.unsettled_in(before),
            forced=tuple(tree.forced),
            killed=tree.killed,
            dropped=tree.dropped,
        )

    @property
    def verdict(self) -> Verdict:
        """How it ended."""
        if self.forced:
            return Verdict.FORCED
        if self.dropped:
            return Verdict.DROPPED
        return Verdict.UNSETTLED if self.unsettled else Verdict.ORDERLY

    @property
    def impaired(self) -> str:
        """How many of those that ran were not healthy; empty if all were."""
        return impaired_text(self.before)

    @property
    def unhealthy(self) -> dict[str, str]:
        """By path, why each of those was not healthy."""
        return {node.path: reason_text(node) for node in self.before.nodes if is_impaired(node)}
