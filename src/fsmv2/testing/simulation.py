"""A whole tree under virtual time: the same core and the same shell, on one loop whose clock jumps.

Tests, ours and those of authors, drive it from plain synchronous code::

    with Simulation(root, factory) as sim:
        sim.run(10)
        assert sim["plant/lamp"].state == "on"
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, get_args

from fsmv2.core import (
    AcknowledgeRequested,
    Core,
    EngineSettings,
    Event,
    LogLevelEndRequested,
    LogLevelRequested,
    PauseRequested,
    Report,
    ReportKind,
    RestartRequested,
    ResumeRequested,
    RetryRequested,
    SetVariableRequested,
    SilenceRequested,
    StartPathRequested,
    StopPathRequested,
    StopRequested,
    Supervisor,
    TickRecord,
    UnsetVariableRequested,
    UnsilenceRequested,
)
from fsmv2.model import ChildSpec, Vault
from fsmv2.name_suggestions import suggest
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.declared_root import DeclaredRoot
from fsmv2.runtime.dispatcher import Dispatcher
from fsmv2.runtime.journal.recorder import Recorder
from fsmv2.runtime.log.core_log import CoreLog
from fsmv2.runtime.log.entry import LogEntry
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.pipeline import Item, LogPipeline
from fsmv2.runtime.secret_rotation import SecretRotation
from fsmv2.runtime.supervision import Supervision
from fsmv2.runtime.view import TreeView, history, view_node, view_tree
from fsmv2.testing.simulated_store import SimulatedStore, VirtualWriter
from fsmv2.testing.virtual_journal import VirtualJournal
from fsmv2.testing.virtual_loop import VirtualLoop
from fsmv2.view.node_view import NodeView
from fsmv2.worker import WorkerFactory

ROUNDS = 24
"""Of the loop, for what is due at an instant: it is collected, decided and carried out."""


class Simulation:
    """One tree, its collectors and executor, on a virtual clock. Nothing in it ever waits."""

    def __init__(
        self,
        root: ChildSpec,
        factory: WorkerFactory,
        *,
        global_variables: Mapping[str, Any] | None = None,
        settings: EngineSettings | None = None,
        seed: int = 0,
        store: SimulatedStore | None = None,
        secrets: Vault | None = None,
        journal: VirtualJournal | None = None,
        reports_kept: int | None = None,
        log: LogLevels | None = None,
    ) -> None:
        """`root` is the tree to begin with, `factory` knows its worker types.

        `global_variables` default to those of the root's spec, `settings` to the engine's; `seed`
        draws the jitter of backoffs; `secrets` are the values behind tokens. `store` is opened here
        and closed at the end, as it is then: like a kill, not a stop.

        `journal` records everything, for `replay`. `reports_kept`: how many reports to remember;
        None: all, which a month of them is too much. `log`: keep the lines of a log in `lines`.
        """
        self.loop = VirtualLoop()
        self.clock = Clock(self.loop.time)
        self.settings = settings or EngineSettings()
        self.core = Core(factory, self.settings, seed=seed, epoch=1_700_000_000.0, guard=True)
        self.lines: list[LogEntry] = []
        """What a log would have, without what author code logs itself."""
        self._log = None if log is None else LogPipeline(log)
        self._log_at = 1.0
        if log is not None:
            self.core.log = CoreLog(log, self._logged, clock=self.loop.time)
        self.dispatcher = Dispatcher(
            self.settings,
            self.clock,
            self.loop,
            self.post,
            secrets,
            refusal=self._refusal,
            paused=self._paused,
        )
        self.store, writer = store, None
        if store is not None:
            known = store.open()
            self.core.keep(
                {one.path: one.created_at for one in known},
                {one.path: one.overrides for one in store.overrides()},
            )
            writer = VirtualWriter(store, lambda: self.core.epoch, self.loop, self.post)
        self.supervision = Supervision(
            self.core,
            self.clock,
            self.loop,
            self.dispatcher.deliver,
            beat=None,
            save=None if writer is None else writer.put,
            recorder=None if journal is None else Recorder(self.core, journal),
        )
        self.reports: deque[Report] = deque(maxlen=reports_kept)
        self.supervision.listen(self.reports.append)
        if writer is not None:
            self.supervision.listen(writer.add_event)
        self._declared = DeclaredRoot(self.post, secrets)
        self.declare(root, global_variables)
        if secrets is not None:
            self._rotation = SecretRotation(
                secrets,
                interval=self.settings.secrets_interval,
                redeclare=self._declared.redeclare,
                post=self.post,
            )
            self.loop.call_soon(self._look_for_changed_secrets)

    def __enter__(self) -> Simulation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End what is left, without waiting for an orderly stop."""
        self.supervision.close()
        if self.store is not None:
            self.store.close()
        self.loop.run_until_complete(self.dispatcher.aclose())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    # ---- what happens ------------------------------------------------------------------------

    def post(self, event: Event) -> None:
        """Hand the core an event."""
        self.supervision.post(event)

    def declare(self, root: ChildSpec, global_variables: Mapping[str, Any] | None = None) -> None:
        """Declare that the tree is to be `root`; only what differs is touched."""
        self._declared.declare(root, global_variables, "test")

    def restart(self, path: str) -> None:
        """Ask for a new instance at `path`."""
        self.post(RestartRequested(path, "test"))

    def pause(self, path: str, reason: str = "") -> None:
        """Ask that nothing is started at `path` and below."""
        self.post(PauseRequested(path, "test", reason))

    def resume(self, path: str) -> None:
        """Let what was paused at `path` go on."""
        self.post(ResumeRequested(path, "test"))

    def stop_path(self, path: str, reason: str = "", until: float | None = None) -> None:
        """Ask that what is at `path` is stopped; `until`: Unix seconds."""
        self.post(StopPathRequested(path, "test", reason, until))

    def start_path(self, path: str) -> None:
        """End a stop of `path`."""
        self.post(StartPathRequested(path, "test"))

    def silence(self, path: str, reason: str = "", until: float | None = None) -> None:
        """Ask that no one is notified of `path` and below; `until`: Unix seconds."""
        self.post(SilenceRequested(path, "test", reason, until))

    def unsilence(self, path: str) -> None:
        """Ask that what was silenced at `path` is notified of again."""
        self.post(UnsilenceRequested(path, "test"))

    def log_level(
        self, path: str, level: str, reason: str = "", until: float | None = None
    ) -> None:
        """Ask that `path` and below are logged from `level` on; `until`: Unix seconds."""
        self.post(LogLevelRequested(path, level, "test", reason, until))

    def end_log_level(self, path: str) -> None:
        """Ask that `path` is logged as declared again."""
        self.post(LogLevelEndRequested(path, "test"))

    def set_variable(
        self, path: str, name: str, value: Any, reason: str = "", until: float | None = None
    ) -> None:
        """Ask that a user variable has this value at `path`; `until`: Unix seconds."""
        self.post(SetVariableRequested(path, name, value, "test", reason, until))

    def unset_variable(self, path: str, name: str) -> None:
        """Ask that a user variable is as declared at `path` again."""
        self.post(UnsetVariableRequested(path, name, "test"))

    def retry(self, path: str) -> None:
        """Ask for the next try at `path` and below now."""
        self.post(RetryRequested(path, "test"))

    def acknowledge(self, path: str, note: str = "") -> None:
        """Take over the escalation of `path`."""
        self.post(AcknowledgeRequested(path, "test", note))

    def ask_stop(self, *, deadline: float | None = None) -> None:
        """Ask the tree to stop; does not run anything yet."""
        self.post(StopRequested("test", deadline))

    def _refusal(self, path: str, incarnation: int) -> str:
        return self.supervision.refusal(path, incarnation)

    def _paused(self, path: str) -> bool:
        return self.supervision.paused(path)

    def _logged(self, item: Item) -> None:
        self._look_at_log()
        if self._log is not None:
            self.lines += self._log.take(item, self.now)

    def _look_at_log(self) -> None:
        """Lines that were due since the last look, second by second.

        Not by a timer of the loop, which would change the order of what is due at one moment.
        """
        while self._log is not None and self._log_at <= self.now:
            self.lines += self._log.due(self._log_at, self.core.epoch + self._log_at)
            self._log_at += 1.0

    def _look_for_changed_secrets(self) -> None:
        wait = self._rotation.check_safely(self.clock.now())
        self.loop.call_later(wait, self._look_for_changed_secrets)

    # ---- time --------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Virtual seconds since the start."""
        return self.loop.time()

    def run(self, seconds: float = 0.0) -> None:
        """Let this much time pass; with 0, only what is due now is done."""
        self.loop.run_until_complete(_passed(seconds))
        self._look_at_log()

    def until(
        self, condition: Callable[[Simulation], bool], *, within: float = 60.0, step: float = 0.01
    ) -> float:
        """Run until `condition` holds; returns the seconds it took, or raises AssertionError."""
        began = self.now
        while not condition(self):
            if self.now - began > within:
                shown = "\n".join(f"  {n.path}: {n.state} ({n.reason})" for n in self.view().nodes)
                raise AssertionError(f"not so within {within:g} virtual s; the tree is\n{shown}")
            if not self.loop.skip(step):
                self.run(step)
        return self.now - began

    def stop(self, *, within: float = 60.0) -> float:
        """Stop the tree and run until all is released; returns the seconds it took."""
        self.ask_stop()
        return self.until(lambda sim: sim.core.finished, within=within)

    # ---- reading -----------------------------------------------------------------------------

    def __getitem__(self, path: str) -> NodeView:
        """The worker at `path` as it is now; KeyError if there is none."""
        return view_node(self.core.by_path[path])

    def __contains__(self, path: str) -> bool:
        return path in self.core.by_path

    def supervisor(self, path: str) -> Supervisor:
        """The record of one path."""
        return self.core.by_path[path]

    def view(self) -> TreeView:
        """The whole tree."""
        return view_tree(self.core)

    def records(self, path: str) -> tuple[TickRecord, ...]:
        """The remembered ticks of one path, oldest first."""
        return history(self.core.by_path[path])

    def texts(self, kind: str, path: str = "") -> list[str]:
        """The texts of all reports of one kind so far, of one path or of all.

        ValueError for a kind that no report has: of it there would be none, whatever happened.
        """
        if kind not in get_args(ReportKind):
            raise ValueError(
                f"no report has the kind '{kind}'. {suggest(kind, get_args(ReportKind))}"
            )
        return [r.text for r in self.reports if r.kind == kind and path in ("", r.path)]


async def _passed(seconds: float) -> None:
    """When so much time has passed, and what is due then is done."""
    await asyncio.sleep(seconds)
    for _ in range(ROUNDS):
        await asyncio.sleep(0)
