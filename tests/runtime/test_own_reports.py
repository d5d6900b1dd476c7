"""What a runtime itself reports: to its listeners, and to its log."""

from __future__ import annotations

from recorded_lamps import lamps, lit, root, so

from fsmv2 import Runtime
from fsmv2.core import Report
from fsmv2.runtime.log.other_events import GenerationConverged


async def test_what_became_of_an_apply_reaches_the_listener_at_the_root() -> None:
    heard: list[Report] = []
    async with Runtime(root(1), lamps(), listener=heard.append) as tree:
        await lit(tree, 1)
        event = GenerationConverged(generation=2, workers=1)
        tree.report_apply(event, "generation 2 has converged")
        await so(lambda: any(one.kind == "apply" for one in heard))
    (report,) = [one for one in heard if one.kind == "apply"]
    assert (report.path, report.text) == ("root", "generation 2 has converged")
    assert (report.level, report.event) == (event.level, event)


async def test_after_the_end_there_is_no_one_to_report_to() -> None:
    heard: list[Report] = []
    async with Runtime(root(0), lamps(), listener=heard.append) as tree:
        await lit(tree, 0)
    heard.clear()
    tree.report_apply(GenerationConverged(generation=2, workers=1), "too late")
    assert heard == []
