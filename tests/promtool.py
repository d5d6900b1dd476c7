"""The rules of `ops/alerts.yaml`, tried by promtool."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

from debian_tools import debian_program

OPS = Path(__file__).resolve().parents[1] / "ops"
RULES: list[dict[str, Any]] = yaml.safe_load((OPS / "alerts.yaml").read_text())["groups"][0][
    "rules"
]


def promtool(folder: Path, tests: list[dict[str, Any]]) -> str:
    """What promtool says of these tests; nothing: all is as expected."""
    tool = debian_program("promtool")
    file = folder / "test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(OPS / "alerts.yaml")], "tests": tests}))
    done = subprocess.run(
        [str(tool), "test", "rules", str(file)], capture_output=True, text=True, timeout=60
    )
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}"
