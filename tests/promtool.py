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


def promtool(folder: Path, tests: list[dict[str, Any]], every: str = "1m") -> str:
    """What promtool says of these tests; nothing: all is as expected.

    `every`: how often the rules are evaluated.
    """
    tool = debian_program("promtool")
    file = folder / "test.yaml"
    rules = {"rule_files": [str(OPS / "alerts.yaml")], "evaluation_interval": every}
    file.write_text(yaml.safe_dump({**rules, "tests": tests}))
    done = subprocess.run(
        [str(tool), "test", "rules", str(file)], capture_output=True, text=True, timeout=60
    )
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}"
