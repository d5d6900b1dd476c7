"""`process`: keeps any command running.

It is ready when it says so, restarted with backoff when it ends, ended as a whole group, and
adopted after a crash of fsmv2. A shim beside it holds what it writes within limits and notes how
it ended, also while fsmv2 is away; its last lines are the reason when it fails.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from fsmv2 import (
    DesiredState,
    ObservedState,
    Resources,
    Snapshot,
    Step,
    Volatile,
    Worker,
    act,
    action,
    blocking,
    goto,
    state,
    stay,
)
from fsmv2.builtin.process import lifecycle
from fsmv2.builtin.process.orphans import OrphansAtStart
from fsmv2.builtin.process.output_follower import Follower, Redact, last_words, output_log
from fsmv2.builtin.process.process_record import ProcessRecord
from fsmv2.builtin.process.readiness import Probe
from fsmv2.builtin.process.repeated_look import RepeatedLook
from fsmv2.builtin.process.spec import Config, ProcessSpec, config_of, refuse
from fsmv2.host.process_list import age_of
from fsmv2.host.process_usage import Figures, UsageMeter


class ProcessObserved(ObservedState):
    """What runs. `missing`: what it still lacks to be ready; `ended`: how the last one ended.

    `exit_code` of one that ended by itself, also with 0; `killed_by` the signal that ended it, as
    'SIGKILL'; neither: it runs, or nobody can know. `asked`: that end was asked for. `kept`: its
    shim lives. `as_declared`: it runs with the config of today. `before`: how the one before this
    one ended, until this one is ready. `orphans`: processes of an earlier document that are to end
    before one is started. `uptime` in seconds, `cpu` in processors since the last
    look, `memory_mb` of RAM.
    """

    pid: int = 0
    running: bool = False
    as_declared: bool = False
    ready: bool = False
    missing: str = ""
    kept: bool = False
    ended: str = ""
    exit_code: int | None = None
    killed_by: str = ""
    asked: bool = False
    before: str = ""
    orphans: tuple[str, ...] = ()
    uptime: Volatile[float] = 0.0
    cpu: Volatile[float] = 0.0
    memory_mb: Volatile[float] = 0.0
    threads: Volatile[int] = 0
    open_files: Volatile[int] = 0


NAMED = 3
"""Orphans that are named."""

UNKEPT = "its shim was killed; it gets another one"

Snap = Snapshot[ProcessSpec, ProcessObserved]


class Process(Worker[ProcessSpec, ProcessObserved, Follower]):
    """stopped → starting → waiting_ready → running ⇄ degraded; failed → starting."""

    runbook = "fsmv2:process"
    manual_steps = (
        "Read the reason: it has the last lines that the process wrote; all are in output.log.",
        "Run the same command by hand, with the same user and directory.",
    )
    interval = 1.0
    observe_timeout = 4.0

    def __init__(self, orphans: OrphansAtStart | None = None) -> None:
        """`orphans`: what has to end before anything is started."""
        self._orphans = orphans if orphans is not None else OrphansAtStart()
        # What was last seen, wherever its record may be now.
        self._known: ProcessRecord | None = None
        self._searched = False
        self._before = ""
        self._probe = Probe()
        self._usage = UsageMeter()
        self._repeated = RepeatedLook()
        self._home: tuple[Config, Config] | None = None

    def derive_desired_state(
        self, spec: ProcessSpec, previous_observed: ProcessObserved | None
    ) -> DesiredState:
        """Running, with every text of the spec rendered."""
        config = config_of(spec, spec.variables, path=spec.variables.internal["id"])
        refuse(config)  # a variable may have put there what cannot be started
        return DesiredState("running", config=config, claims=config.claims)

    @contextlib.asynccontextmanager
    async def resources(self, spec: ProcessSpec) -> AsyncIterator[Follower]:
        """What follows the output."""
        yield Follower()

    async def collect_observed_state(
        self, spec: ProcessSpec, resources: Resources[Follower]
    ) -> ProcessObserved:
        """Look at the recorded process, and ask whether it is ready."""
        config = self._at_home(resources.config)
        record, figures = await self._look(config, resources)
        if record is None:
            return ProcessObserved(orphans=self._orphans.left)
        if record.ended_at is not None:
            ended = await _ended(config, record, resources.redact)
            ended = msgspec.structs.replace(ended, orphans=self._orphans.left)
            self._before = "" if ended.asked or ended.exit_code == 0 else ended.ended
            # An end that was asked for because it did not get ready says nothing of why.
            return (
                msgspec.structs.replace(ended, missing=self._probe.lacks) if ended.asked else ended
            )
        uptime = age_of(record.start_time)
        lacks = await self._probe.missing(config, record, uptime)
        if not lacks:
            self._before = ""
        return ProcessObserved(
            pid=record.pid,
            running=True,
            as_declared=record.digest == config.digest,
            kept=record.kept,
            ready=not lacks,
            missing=lacks,
            before=self._before,
            uptime=uptime,
            **figures,
        )

    @action(timeout=60.0, retries=0)
    async def start_process(self, spec: ProcessSpec, resources: Resources[Follower]) -> None:
        """Adopt the process that runs, or start one."""
        config = self._at_home(resources.config)
        await lifecycle.start(config, resources.redactions(config), self._known)

    @action(timeout=60.0)
    async def keep_process(self, spec: ProcessSpec, resources: Resources[Follower]) -> None:
        """Give it a new shim."""
        config = self._at_home(resources.config)
        await lifecycle.take_over(config, resources.redactions(config))

    @action(timeout=90.0)
    async def stop_process(self, spec: ProcessSpec, resources: Resources[Follower]) -> None:
        """End it, and what it started."""
        await lifecycle.stop(self._at_home(resources.config), self._known)
        self._known = None

    @state("stopped", to="starting stopping")
    def stopped(self, s: Snap) -> Step:
        """It does not run."""
        if not s.should_stop:
            if s.observed.ended and not s.observed.asked:
                return goto(self.starting, f"asked to run; the one before {s.observed.ended}")
            return goto(self.starting, "asked to run")
        if s.fresh and s.observed.running:
            return goto(self.stopping, "one of an earlier run is still running")
        return stay("asked to be stopped")

    @state("starting", to="waiting_ready stopped failed stopping")
    def starting(self, s: Snap) -> Step:
        """It is being adopted or started."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        last = s.last_action
        if last is not None and last.ended_at >= s.since:
            if not last.succeeded:
                return goto(self.failed, last.error)
            if not s.observed.running:
                return self._over(s)
            return goto(self.waiting_ready, f"pid {s.observed.pid} runs")
        if last is None and s.observed.running and s.observed.as_declared:
            # Without an action, by which the core tells one that was found down from one that runs.
            return goto(self.waiting_ready, f"pid {s.observed.pid} runs already: adopted")
        if s.observed.orphans:
            return stay(f"waits until {_named(s.observed.orphans)}, no longer declared")
        return act(self.start_process, "starts it, or adopts the one that runs")

    @state("starting", to="running stopped failed stopping")
    def waiting_ready(self, s: Snap) -> Step:
        """It runs, and cannot be used yet."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if not s.observed.running:
            return self._over(s)
        if s.observed.ready:
            return goto(self.running, f"pid {s.observed.pid} is ready")
        if not s.observed.kept:
            return act(self.keep_process, UNKEPT)
        within = s.spec.ready.within
        if s.elapsed >= within:
            return goto(self.failed, f"not ready within {within:g} s: {s.observed.missing}")
        before = f"; the one before {s.observed.before}" if s.observed.before else ""
        return stay(f"{s.observed.missing}{before}", wake_after=within - s.elapsed)

    @state("running", to="degraded stopped failed stopping")
    def running(self, s: Snap) -> Step:
        """It can be used."""
        return self._watched(s)

    @state("degraded", to="running stopped failed stopping")
    def degraded(self, s: Snap) -> Step:
        """It runs, and could be used before."""
        return self._watched(s)

    @state("failed", to="starting stopping")
    def failed(self, s: Snap) -> Step:
        """It ended, cannot be started, or never got ready; tried again after the backoff."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.running:
            return act(self.stop_process, "ends the one that did not get ready")
        wait = s.retry_at - s.now
        if wait > 0:
            last = s.last_action
            error = last.error if last is not None and not last.succeeded else ""
            why = s.observed.ended or error or "it could not be started"
            if s.observed.asked and s.observed.missing:
                why = f"not ready within {s.spec.ready.within:g} s: {s.observed.missing}"
            return stay(f"restarts, attempt {s.attempt}: {why}", wake_after=wait)
        return goto(self.starting, f"attempt {s.attempt}")

    @state("stopping", to="stopped")
    def stopping(self, s: Snap) -> Step:
        """It is being ended."""
        last = s.last_action
        done = last is not None and last.action == "stop_process" and last.ended_at >= s.since
        if s.observed.running or not done:
            # Asked for also when none is seen: a look that failed must leave nobody behind.
            return act(self.stop_process, "ends it and what it started")
        return goto(self.stopped, s.observed.ended or "it has ended")

    def _over(self, s: Snap) -> Step:
        """It ended unasked: with exit code 0 it has finished, otherwise it failed."""
        if s.observed.exit_code == 0 and not s.observed.asked:
            return goto(self.stopped, s.observed.ended)
        return goto(self.failed, s.observed.ended or "it is gone")

    def _watched(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if not s.observed.running:
            return self._over(s)
        if not s.observed.kept:
            if s.state == "degraded":
                return act(self.keep_process, UNKEPT)
            return goto(self.degraded, "its shim was killed: what it writes waits in its pipes")
        target = self.running if s.observed.ready else self.degraded
        reason = f"pid {s.observed.pid} runs" if s.observed.ready else s.observed.missing
        return stay(reason) if target.__name__ == s.state else goto(target, reason)

    @blocking
    def _look(
        self, config: Config, resources: Resources[Follower]
    ) -> tuple[ProcessRecord | None, Figures]:
        """The record and the figures; what is new of its output is handed to the log."""
        record = self._known
        fields = self._repeated.fields(config.directory, record)
        if fields is None:
            before = self._repeated.begin(config.directory)
            # Searched for once: whatever comes later is known, or started by this very worker.
            record = self._known = lifecycle.current_record(
                config, record, search=not self._searched
            )
            self._searched = True
            self._repeated.found(config.directory, before, record)
        if resources.value.is_behind(config.directory):
            log = output_log(resources.log)
            resources.value.follow(config.directory, log, config.log_lines, resources.redact)
        runs = record is not None and record.ended_at is None
        return record, self._usage.figures(
            record.pid, fields
        ) if record is not None and runs else {}

    def _at_home(self, config: Config) -> Config:
        """The config with `~` made the user's home, which derive must not ask for."""
        if self._home is None or self._home[0] is not config:
            folder = str(Path(config.directory).expanduser().absolute())
            self._home = config, msgspec.structs.replace(config, directory=folder)
        return self._home[1]


def _named(orphans: tuple[str, ...]) -> str:
    """Those of them that fit in a sentence, as its subject."""
    more = f" and {len(orphans) - NAMED} more" if len(orphans) > NAMED else ""
    have = "have" if len(orphans) > 1 else "has"
    return f"{', '.join(orphans[:NAMED])}{more} {have} ended"


@blocking
def _ended(config: Config, record: ProcessRecord, redact: Redact) -> ProcessObserved:
    words = "" if record.asked else f"; last: {last_words(config.directory, redact)}"
    return ProcessObserved(
        ended=record.how + words,
        exit_code=record.exit_code,
        killed_by=record.signal_name,
        asked=record.asked,
    )
