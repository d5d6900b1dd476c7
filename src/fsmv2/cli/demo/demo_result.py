"""How a demo ended, and whether that is what it claims."""

from __future__ import annotations

import msgspec

from fsmv2.cli.console import count
from fsmv2.cli.demo.tally import DeliveryCounts
from fsmv2.runtime import TreeView


class DemoResult(msgspec.Struct, frozen=True, kw_only=True):
    """`all_active`: seconds from the start of the tree until all bridges were, None if never."""

    bridges: int
    active: int
    figures: DeliveryCounts
    all_active: float | None
    errors: int
    skipped: int
    forced: tuple[str, ...] = ()

    @classmethod
    def of(cls, tree: TreeView, figures: DeliveryCounts, all_active: float | None) -> DemoResult:
        """From the last look at the tree before its reads were stopped."""
        bridges = tree.of_type("bridge")
        flows = [node.observed for node in tree.of_type("dataflow")]
        return cls(
            bridges=len(bridges),
            active=sum(bridge.state == "active" for bridge in bridges),
            figures=figures,
            all_active=all_active,
            errors=sum(getattr(flow, "errors_total", 0) for flow in flows),
            skipped=sum(getattr(flow, "skipped_polls_total", 0) for flow in flows),
        )

    @property
    def good(self) -> bool:
        """All bridges active, and exactly the accepted samples received."""
        return 0 < self.bridges == self.active and self.figures.agree and not self.forced

    def text(self) -> str:
        """The summary."""
        f, never = self.figures, "never"
        rows = [
            ("bridges active", f"{self.active}/{self.bridges}"),
            (
                "start to all active",
                never if self.all_active is None else f"{self.all_active:.2f} s",
            ),
            ("samples accepted", f"{f.accepted} since the subscription was acknowledged"),
            ("samples received", f"{f.received} over MQTT"),
            ("missing", str(f.missing)),
            ("duplicates", str(f.duplicates)),
            ("errors", f"{self.errors} in the flows, {count(self.skipped, 'poll')} skipped"),
        ]
        if f.unknown:
            rows.append(("never accepted", f"{f.unknown} received"))
        if f.apart:
            apart = f"{f.apart} accepted while the subscriber was not connected"
            rows.append(("not counted", f"{apart}, of which {f.apart_received} arrived"))
        rows += [("forced", text) for text in self.forced]
        rows.append(("verdict", "as claimed" if self.good else "NOT as claimed"))
        return "\n".join(f"{name:<20} {text}" for name, text in rows)
