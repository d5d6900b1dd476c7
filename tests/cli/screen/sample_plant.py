"""A plant as a screen is handed it: an agent, a broker and bridges, some of them in trouble."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fsmv2.cli.screen.screen_content import Line, ScreenContent
from fsmv2.cli.screen.screen_lines import ScreenFrame, ScreenLines
from fsmv2.cli.screen.screen_state import ScreenState
from fsmv2.cli.tree_display import DisplayedEvent
from fsmv2.operate.worker_row import WorkerRow

REFUSED = "127.0.0.1:15020 does not answer: connection refused; 9 tries in 2 min"


def row(path: str, type_: str = "bridge", state: str = "active", **more: Any) -> WorkerRow:
    given: dict[str, Any] = {
        "path": path,
        "type": type_,
        "state": state,
        "phase": "running",
        "healthy": True,
        "reason": "as it should be",
        "since": 0.0,
        "age": 0.0,
        "incarnation": 1,
        "overrides": (),
    }
    return WorkerRow(**{**given, **more})


def plant(bridges: int, bad: Collection[int] = (), reason: str = REFUSED) -> dict[str, WorkerRow]:
    rows = [row("edge", "agent", "running"), row("edge/broker", "broker")]
    for number in range(bridges):
        path = f"edge/press-{number:02}"
        if number in bad:
            trouble = {"phase": "degraded", "healthy": False, "trouble": "degraded"}
            rows += [
                row(path, state="degraded", reason="connection down", below=True, **trouble),
                row(f"{path}/connection", "connection", "down", reason=reason, **trouble),
            ]
        else:
            rows += [row(path), row(f"{path}/connection", "connection", "up")]
        rows += [row(f"{path}/read", "dataflow"), row(f"{path}/write", "dataflow")]
    return {one.path: one for one in rows}


def content(rows: dict[str, WorkerRow], events: int = 0, **more: Any) -> ScreenContent:
    happened = [
        DisplayedEvent(float(n), "edge/press-00", "transition", "info", f"starting → active: {n}")
        for n in range(events)
    ]
    return ScreenContent("fsmv2 run plant.yaml", 130.0, rows, 1, events=happened, **more)


def framed(
    shown: ScreenContent, width: int, height: int, *, keys: bool = True, **state: Any
) -> ScreenFrame:
    return ScreenLines().frame(shown, ScreenState(**state), width, height, keys=keys)


def text_of(line: Line) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in line)


def texts(frame: ScreenFrame) -> list[str]:
    return [text_of(line).rstrip() for line in frame.lines]
