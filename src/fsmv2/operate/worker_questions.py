"""Questions about one worker: asked of the tree that runs, or read from its journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fsmv2.operate.live_or_recorded import ANSWERS_WITHIN, WhichTree, live_or_recorded
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.state_obstacles import StateObstacles
from fsmv2.operate.worker_description import WorkerDescription

if TYPE_CHECKING:
    from fsmv2.core import Core
    from fsmv2.operate.recorded_tree import RecordedTree


def describe(path: str, tree: WhichTree | None = None) -> WorkerDescription:
    """All there is to know of a worker; raises what `live_or_recorded` does, UnknownPathError."""
    which = tree or WhichTree()

    def ask(remote: RemoteTree) -> WorkerDescription:
        return remote.describe(path, timeout=ANSWERS_WITHIN)

    def read(found: RecordedTree, core: Core) -> WorkerDescription:
        from fsmv2.operate.described_worker import EVENTS, description_of
        from fsmv2.operate.known_events import stored_until

        described = description_of(
            core,
            found.worker(core, path),
            found.factory,
            process=found.process,
            later=found.later,
            missing=found.missing,
            past=found.past,
            document_change=found.change,
            recorded=True,
        )
        events = stored_until(found.directory, which.at, path=path, limit=EVENTS)
        return msgspec.structs.replace(described, events=events)

    return live_or_recorded(which, ask, read, tool="fsmv2 describe", path=path)


def obstacles(path: str, state: str, tree: WhichTree | None = None) -> StateObstacles:
    """What keeps a worker from a state; raises the same, and UnknownFilterError."""

    def ask(remote: RemoteTree) -> StateObstacles:
        return remote.obstacles(path, state, timeout=ANSWERS_WITHIN)

    def read(found: RecordedTree, core: Core) -> StateObstacles:
        from fsmv2.operate.found_obstacles import obstacles_of

        return obstacles_of(
            found.worker(core, path),
            state,
            found.factory,
            process=found.process,
            later=found.later,
            document_change=found.change,
            recorded=True,
            past=found.past,
        )

    return live_or_recorded(tree or WhichTree(), ask, read, tool="fsmv2 why", path=path)
