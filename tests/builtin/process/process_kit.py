"""Real processes for tests: specs, configs, and waiting for what tells nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fsmv2 import EngineSettings, Runtime, VariableBundle
from fsmv2.builtin.process import Process, ProcessSpec
from fsmv2.core import Report
from fsmv2.core.contract.settings import TypeSettings
from fsmv2.host.procfs import start_time_of

SETTINGS = EngineSettings(
    backoff_base=0.2, backoff_cap=0.2, types={"process": TypeSettings(interval=0.2)}
)


class HeardRuntime(Runtime):
    """A runtime that keeps what it reported."""

    def __init__(self, *args: Any, **more: Any) -> None:
        self.heard: list[Report] = []
        super().__init__(*args, **more, listener=self.heard.append)

    def said(self, text: str) -> bool:
        """Whether a report had this in its text."""
        return any(text in report.text for report in self.heard)


def spec_of(directory: Path, *command: str, **more: Any) -> ProcessSpec:
    """The spec of a command whose record is below `directory`."""
    variables = VariableBundle(more.pop("variables", {}))
    return ProcessSpec(
        command=command, state_dir=str(directory / "state"), variables=variables, **more
    )


def config_of(directory: Path, *command: str, **more: Any) -> Any:
    """What an action of the worker `p` with that spec is handed."""
    spec = ProcessSpec(
        command=command,
        state_dir=str(directory / "state"),
        variables=VariableBundle.trusted(more.pop("variables", {}), {}, {"id": "p"}),
        **more,
    )
    return Process().derive_desired_state(spec, None).config


async def until(tree: Runtime, state: str, **fields: Any) -> Any:
    """The node `p` once it is in this state and observed so."""
    view = await tree.until(
        lambda t: (
            t["p"].state == state
            and all(getattr(t["p"].observed, name) == value for name, value in fields.items())
        ),
        timeout=200,
    )
    return view["p"]


def lives(pid: int) -> bool:
    return start_time_of(pid) is not None


async def becomes(condition: Callable[[], bool], *, within: float = 200) -> None:
    """Wait for something outside of the tree, which tells nobody."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
