"""Whether a runtime makes progress, and what is in the way."""

from __future__ import annotations

import pytest

from fsmv2.runtime import watchdog
from fsmv2.runtime.liveness import Liveness

LATE = watchdog.LAG + 1


@pytest.mark.parametrize(
    ("found", "alive", "ok", "reason"),
    [
        (Liveness(supervision_lag=0, work_lag=0, silent=()), True, True, ""),
        (Liveness(supervision_lag=LATE, work_lag=LATE, silent=("a",)), False, False, "supervision"),
        (Liveness(supervision_lag=0, work_lag=LATE, silent=("a",)), True, False, "the loop of all"),
        (Liveness(supervision_lag=0, work_lag=0, silent=("a",)), True, False, "comes from a"),
    ],
)
def test_the_gravest_reason_is_named(found: Liveness, alive: bool, ok: bool, reason: str) -> None:
    assert (found.alive, found.ok) == (alive, ok)
    assert reason in found.reason
    assert bool(found.reason) != found.ok


def test_of_many_silent_paths_five_are_named_and_the_rest_is_counted() -> None:
    silent = tuple(f"p{number}" for number in range(8))
    reason = Liveness(supervision_lag=0, work_lag=0, silent=silent).reason
    assert reason.endswith("p0, p1, p2, p3, p4 and 3 more")
