"""Rows of workers for tests, made of a few words each."""

from __future__ import annotations

from typing import Any

from fsmv2.operate.worker_row import WorkerRow


def row(path: str, type: str = "bridge", trouble: str = "", **more: Any) -> WorkerRow:
    """A worker that runs, unless `trouble` or more is given."""
    given: dict[str, Any] = {
        "path": path,
        "type": type,
        "state": "failed" if trouble else "active",
        "phase": "failed" if trouble else "running",
        "healthy": not trouble,
        "reason": f"{path} is {trouble or 'well'}",
        "since": 0.0,
        "age": 12.0,
        "incarnation": 1,
        "overrides": (),
        "trouble": trouble or None,
    }
    return WorkerRow(**{**given, **more})


def plant(bridges: int, *, broken: int = 0) -> list[WorkerRow]:
    """An agent with a broker and so many bridges of three workers each; some without connection."""
    affected = {"below": True, "trouble": "degraded"} if broken else {}
    rows = [row("edge", "agent", **affected), row("edge/broker", "broker")]
    for n in range(bridges):
        path = f"edge/b{n:05}"
        down = n < broken
        rows.append(row(path, "bridge", **(affected if down else {})))
        rows.append(row(f"{path}/connection", "connection", "degraded" if down else ""))
        rows.append(row(f"{path}/dfc_read", "dataflow"))
    return rows
