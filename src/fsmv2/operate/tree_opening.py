"""Opens the tree of a document: prepared, started, and stopped in order at the end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import (
    AsyncIterator,
    Callable,
)
from pathlib import Path

from fsmv2.builtin.agent import AgentSpec, declared_processes
from fsmv2.builtin.process.kill_remaining import kill_left
from fsmv2.builtin.process.orphans import OrphansAtStart, running_orphans
from fsmv2.builtin.registration import builtins
from fsmv2.core import Report
from fsmv2.core.state.paths import encode
from fsmv2.flow import OnAccepted
from fsmv2.host.in_thread import in_thread
from fsmv2.operate.generation_keeping import kept
from fsmv2.operate.prepared_tree import PreparedTree, prepare
from fsmv2.operate.run_record import record_stop
from fsmv2.operate.tree_handle import TreeHandle
from fsmv2.operate.tree_notifications import TreeNotifications
from fsmv2.plant import Plant, log_levels
from fsmv2.runtime import Runtime
from fsmv2.runtime.log.log_writer import LogWriter
from fsmv2.runtime.traces import open_traces
from fsmv2.worker import WorkerFactory

Listener = Callable[[Report], None]
"""Called with every report, on a thread of the tree: it must be quick."""


@contextlib.asynccontextmanager
async def open_tree(
    document: Path | str,
    *,
    state_dir: Path | None = None,
    types: WorkerFactory | None = None,
    detect_only: bool = False,
    listener: Listener | None = None,
    log: LogWriter | None = None,
) -> AsyncIterator[TreeHandle]:
    """Run the tree of a document, which is held against a second run; leaving stops it in order.

    Does not wait until anything runs. `state_dir` is where broker, store and journal keep their
    data, by default a place of the document's own below `~/.local/state/fsmv2`. `types` are worker
    types beside the built-in ones. `detect_only`: report what would be done, and do nothing.
    `listener` is called with every report, on the supervision loop; `log` takes what happens as
    lines of a log. Raises DocumentError,
    StoreError when the document runs already, or the directory cannot be written.
    """
    with_directory = contextlib.ExitStack()
    preparing = prepare(document, state_dir=state_dir, detect_only=detect_only)
    try:
        prepared = await in_thread(lambda: with_directory.enter_context(preparing))
        async with start(prepared, types=types, listener=listener, log=log) as tree:
            yield tree
    finally:
        await in_thread(with_directory.close)


@contextlib.asynccontextmanager
async def start(
    prepared: PreparedTree,
    *,
    types: WorkerFactory | None = None,
    listener: Listener | None = None,
    on_accepted: OnAccepted | None = None,
    log: LogWriter | None = None,
) -> AsyncIterator[TreeHandle]:
    """Start a tree that is prepared; see `open_tree`.

    `on_accepted` is called with subject and payload of every sample that its flows accept.
    `log` takes what happens as lines of a log; without one the last lines are kept all the same,
    for `fsmv2 logs`. FsmError: the document wants traces, and what sends them is not installed.
    """
    plant = prepared.plant
    traces = await in_thread(lambda: open_traces(plant.traces))
    notifications = TreeNotifications(prepared)

    def listen(report: Report) -> None:
        notifications.listen(report)
        if report.kind == "forced":
            tree.forced.append(f"{report.path}: {report.text}")
        if listener is not None:
            listener(report)

    orphans = await in_thread(lambda: _orphans(plant))
    kept_lines = LogWriter(log_levels(plant.log), []) if log is None else None
    async with (
        _closed_log(kept_lines),
        builtins(on_accepted=on_accepted, ready=plant.ready, orphans=orphans) as kit,
    ):
        if types is not None:
            kit.factory.include(types)
        runtime = Runtime(
            plant.root,
            kit.factory,
            settings=plant.settings,
            secrets=plant.vault,
            listener=listen,
            store=prepared.store(),
            journal=prepared.journal(),
            log=log or kept_lines,
            traces=traces,
        )
        tree = TreeHandle(prepared, kit, runtime, notifications, plant.ready)
        async with _closed_after(notifications), runtime:
            notifications.connect(runtime)
            runtime.supervision.gives_way_to(lambda: kit.engine.busy)
            prepared.directory.rewrite(notifications.write_again)
            prepared.directory.rewrite(kit.engine.write_again)
            with prepared.directory.reports_to(runtime):
                async with kept(prepared, runtime), tree.changes():
                    yield tree
    await in_thread(prepared.ended)
    if not tree.forced and not tree.leaving:
        await in_thread(lambda: record_stop(prepared.directory.path))
    if tree.forced and not tree.leaving:
        tree.killed = await asyncio.to_thread(_kill_left, tree.plant)


@contextlib.asynccontextmanager
async def _closed_log(log: LogWriter | None) -> AsyncIterator[None]:
    """Its thread ends at the end, if it is ours."""
    try:
        yield
    finally:
        if log is not None:
            await in_thread(log.close)


@contextlib.asynccontextmanager
async def _closed_after(notifications: TreeNotifications) -> AsyncIterator[None]:
    """Notify them of the stop, too."""
    try:
        yield
    finally:
        await notifications.close()


def _orphans(plant: Plant) -> OrphansAtStart:
    """What runs of an earlier document. Blocks."""
    spec = plant.root.user_spec
    if not isinstance(spec, AgentSpec) or not spec.processes_dir:
        return OrphansAtStart()
    declared = declared_processes(spec, encode(plant.root.name))
    return OrphansAtStart(running_orphans(spec.processes_dir, declared))


def _kill_left(plant: Plant) -> tuple[str, ...]:
    """Kill the processes whose turn to stop did not come, but for those that are only watched."""
    spec = plant.root.user_spec
    if plant.settings.detect_only or not isinstance(spec, AgentSpec) or not spec.processes_dir:
        return ()
    root = encode(plant.root.name)
    watched_only = [f"{root}/{encode(one.name)}" for one in spec.processes if one.detect_only]
    return kill_left(spec.processes_dir, watched_only)
