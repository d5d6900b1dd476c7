"""The notifications of a running tree: fed with its reports, and what they ask of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence

from fsmv2.core import Core, Report
from fsmv2.core.policy.overrides import is_silenced
from fsmv2.core.state.conditions import RECOVERS
from fsmv2.errors import FsmError
from fsmv2.host.in_thread import in_thread
from fsmv2.notify import Notifier, TargetStatus, TargetTest
from fsmv2.notify.notifier import WorkerHealth
from fsmv2.notify.trial import try_targets
from fsmv2.operate.prepared_tree import PreparedTree
from fsmv2.operate.state_directory import NOTIFICATIONS
from fsmv2.plant import Plant
from fsmv2.runtime import Runtime
from fsmv2.runtime.log.event_table import REPORT_EVENTS
from fsmv2.worker import Phase

ANSWERS_WITHIN = 5.0
"""Seconds for which the tree is waited for; it is asked again at the next look."""

TESTED_WITHIN = 20.0
"""Seconds for which a test waits for its targets: who asked for it through the API waits, too."""


class TreeNotifications:
    """Made before the tree, so that no report of it is missed; `connect` when it runs."""

    def __init__(self, prepared: PreparedTree) -> None:
        self._current = prepared.current
        plant = prepared.plant
        self._runtime: Runtime | None = None
        self._loop = asyncio.get_running_loop()
        self._notifier = Notifier(
            plant.root.name,
            plant.notify,
            plant.vault,
            names={kind: event.name for kind, event in REPORT_EVENTS.items()},
            record=prepared.directory.path / NOTIFICATIONS if prepared.recorded else None,
            look=self._look,
            healthy_for=plant.settings.healthy_reset,
            failing=self._failing,
            silenced=self._silenced,
        )

    def change(self, plant: Plant) -> None:
        """Notify as this document says from now on; from any thread."""
        self._notifier.change(plant.notify, plant.vault)

    def listen(self, report: Report) -> None:
        """Take a report, on the supervision loop."""
        self._notifier.listen(report)

    def connect(self, runtime: Runtime) -> None:
        """Begin to send."""
        self._runtime = runtime
        self._notifier.start()

    def write_again(self) -> None:
        """Write the record: the state directory is there anew."""
        self._notifier.write_again()

    async def close(self) -> None:
        """Send what is there, for a bounded time, and end."""
        self._runtime = None
        await in_thread(self._notifier.close)

    def status(self) -> tuple[TargetStatus, ...]:
        """How each target fares."""
        return self._notifier.status()

    async def test(self, names: Sequence[str]) -> tuple[TargetTest, ...]:
        """Send a test notification; UnknownTargetError: there is no such target."""
        plant = self._current.now.plant
        return await in_thread(
            lambda: try_targets(
                plant.root.name, plant.notify, plant.vault, names, within=TESTED_WITHIN
            )
        )

    def _silenced(self, path: str) -> bool:
        """Whether an operator wants nobody to be notified of a path; from any thread."""
        runtime = self._runtime
        return runtime is not None and is_silenced(runtime.core.overrides, path)

    # ---- on the threads of the notifier -----------------------------------------------------

    def _failing(self, problems: tuple[str, ...]) -> None:
        runtime = self._runtime
        if runtime is not None:
            with contextlib.suppress(FsmError):  # it has ended in this moment
                runtime.notifications_failing(problems)

    def _look(self, paths: Iterable[str]) -> Mapping[str, WorkerHealth]:
        runtime, wanted = self._runtime, tuple(paths)
        if runtime is None:
            return {}
        asked = asyncio.run_coroutine_threadsafe(
            runtime.look(lambda core: health_of(core, wanted)), self._loop
        )
        try:
            return asked.result(ANSWERS_WITHIN)
        except (FsmError, TimeoutError):
            asked.cancel()
            return {}


def health_of(core: Core, paths: Iterable[str]) -> dict[str, WorkerHealth]:
    """How the workers at these paths are; nothing of a tree that stops."""
    if core.stopping or core.root is None:
        return {}
    return {path: _health(core, path) for path in paths}


def _health(core: Core, path: str) -> WorkerHealth:
    s = core.by_path.get(path)
    if s is None:
        return "gone"
    if RECOVERS in (s.conditions or {}):
        return "escalated"
    running = s.status.phase is Phase.RUNNING and s.status.healthy and s.status.fresh
    return "healthy" if running else "in trouble"
