"""What a process takes."""

from __future__ import annotations

import os
import subprocess
import time

from fsmv2.host.process_usage import UsageMeter


def test_what_it_takes_is_told_and_processors_since_the_last_look() -> None:
    meter = UsageMeter()
    first = meter.figures(os.getpid())
    assert first["cpu"] == 0.0, "there was no look before"
    assert first["memory_mb"] > 5
    assert first["threads"] >= 1
    assert first["open_files"] >= 3
    began, used = time.monotonic(), time.process_time()
    while time.process_time() < used + 0.2:
        pass
    # The kernel counts in ticks; a machine that is busy gives less than a whole processor.
    least = 0.1 / (time.monotonic() - began + 0.1)
    assert least < meter.figures(os.getpid())["cpu"] < 64


def test_of_one_that_has_ended_nothing_is_told() -> None:
    with subprocess.Popen(["true"]) as child:
        pass
    assert UsageMeter().figures(child.pid) == {}
