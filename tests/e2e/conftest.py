"""Fixtures of the end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from plant_kit import Plant


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    """Three simulated PLCs and a document that bridges them; all of it ended afterwards."""
    made = Plant(tmp_path)
    yield made
    made.close()
