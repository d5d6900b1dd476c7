"""Free ports for the campaigns."""

from __future__ import annotations

import pytest

from free_ports import free_ports as free_ports_of


@pytest.fixture
def free_ports() -> tuple[int, int, int]:
    """Three TCP ports of 127.0.0.1 that nobody uses now."""
    first, second, third = free_ports_of(3)
    return first, second, third
