"""What whoever watches the workers of a tree is sent: all of them once, and then what changes.

Data alone: a client of the API decodes it, and is not to load the core for that.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from fsmv2.operate.tree_report import TreeHead
from fsmv2.operate.worker_row import WorkerRow


class WorkersSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All workers that are watched, as they are now; sent first, and to one that fell behind."""

    head: TreeHead
    rows: tuple[WorkerRow, ...]


class WorkersChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Workers that are another way since what was sent before; `gone`: paths that are no more."""

    at: float
    rows: tuple[WorkerRow, ...]
    gone: tuple[str, ...] = ()


class WatchEnd(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing more comes. `ended`: the tree has stopped; `dropped`: this watcher reads too slowly;
    `lost`: the connection broke.
    """

    reason: Literal["ended", "dropped", "lost"]


Watched = WorkersSnapshot | WorkersChanged | WatchEnd
"""What is sent, in the order in which it happened."""
