"""References to objects as text: `module:Name`."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import pytest
from raising_tree import KINDS

from fsmv2 import (
    RegistrationError,
    WorkerFactory,
)


@pytest.mark.parametrize("kind", KINDS)
def test_h68_a_package_that_raises_when_it_is_imported_is_named(
    kind: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Point:
        name, value = "lamp", "lamps:Lamp"

        def load(self) -> Any:
            raise kind

    monkeypatch.setattr(importlib.metadata, "entry_points", lambda *, group: [Point()])
    with pytest.raises(
        RegistrationError, match=f"'lamp', announced as lamps:Lamp.*{kind.__name__}"
    ):
        WorkerFactory().load_entry_points()
