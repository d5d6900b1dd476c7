"""Buckets: few, ascending, and with the limits at which an alert looks."""

from __future__ import annotations

import pytest

from fsmv2.core.contract import buckets

ALL = {name: bounds for name, bounds in vars(buckets).items() if isinstance(bounds, tuple)}


@pytest.mark.parametrize("bounds", ALL.values(), ids=ALL)
def test_they_are_few_and_ascend(bounds: tuple[float, ...]) -> None:
    assert list(bounds) == sorted({*bounds})
    assert len(bounds) <= 6


def test_the_limits_of_alerts_are_bounds() -> None:
    assert {0.001, 0.01} <= {*buckets.RENDERING}
    assert 0.1 in buckets.RECONCILIATION
    assert 0.05 in buckets.PROPAGATION
    assert 300.0 in buckets.RECOVERY
