"""What a runtime itself reports: to its listeners, and to its log."""

from __future__ import annotations

from unittest import mock

from recorded_lamps import lamps, lit, root, so

from fsmv2 import Runtime
from fsmv2.core import Report
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.log.other_events import GenerationConverged
from fsmv2.runtime.own_reports import OwnReports


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


def test_a_report_made_as_a_freeze_ends_has_the_time_of_the_clock_without_it() -> None:
    seconds, heard, handed = [0.0], [], []
    running = mock.Mock()
    running.supervision_thread.loop.call_soon_threadsafe = lambda *call: handed.append(call)
    running.supervision.announce = heard.append
    clock = Clock(lambda: seconds[0])
    reports = OwnReports(
        mock.Mock(), clock, "root", log=None, traces=None, secrets=None, running=lambda: running
    )
    seconds[0] = 100.0
    reports.of_apply(GenerationConverged(generation=2, workers=1), "generation 2 has converged")
    clock.woke(99.0)  # supervision finds out that it was frozen, and moves the clock's zero
    ((call, *arguments),) = handed
    call(*arguments)
    assert [one.at for one in heard] == [clock.now()] == [100.0 - 99.0 + Clock.TOLERATED]
