"""References to objects as text: `module:Name`."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

import pytest
from raising_tree import KINDS

from fsmv2 import (
    RegistrationError,
    SpecError,
    WorkerFactory,
)
from fsmv2.worker.object_reference import import_named


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


def test_a_module_with_a_wrong_class_is_named_with_the_place_of_the_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with that in this package, where it was found out."""
    (tmp_path / "wrong_class.py").write_text(
        "from fsmv2 import Worker\n\nclass A(Worker):\n    pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(SpecError, match=r"cannot be imported, in \S*/wrong_class.py:3: ") as caught:
        import_named("wrong_class:A", "a worker type", "Type")
    assert "fsmv2/worker" not in caught.value.message
