"""The tests marked `real`: missing servers fail them in CI, and skip them elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

A_REAL_TEST = (
    "tests/builtin/broker/test_broker_config.py::test_the_server_reads_a_hostile_path_as_it_is"
)


@pytest.mark.parametrize(("ci", "outcome"), [("1", "1 error"), ("", "1 skipped")])
def test_without_its_packages_a_real_test_fails_in_ci_and_skips_elsewhere(
    tmp_path: Path, ci: str, outcome: str
) -> None:
    """With the reason, and what to install."""
    (tmp_path / "hides.py").write_text("import sys\nsys.modules['pymodbus'] = None\n")
    paths = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    words = ["-m", "pytest", "-q", "-p", "hides", "-p", "no:cacheprovider", A_REAL_TEST]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "CI": ci, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert outcome in done.stdout
    assert "not installed: pymodbus; run: pip install 'fsmv2[industrial]'" in done.stdout
    assert (done.returncode != 0) == bool(ci)
