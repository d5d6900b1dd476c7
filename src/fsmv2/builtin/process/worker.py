"""`process`: keeps any command running.

It is ready when it says so, restarted with backoff when it ends, ended as a whole group, and
adopted after a crash of fsmv2. What it writes goes to a file beside its record and from there to
the log; its last lines are the reason when it fails.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

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
    goto,
    state,
    stay,
)
from fsmv2.builtin.process import running
from fsmv2.builtin.process.output import Follower, keep_small
from fsmv2.builtin.process.readiness import missing
from fsmv2.builtin.process.spec import Config, ProcessSpec, config_of, refuse


class ProcessObserved(ObservedState):
    """What runs. `missing`: what it still lacks to be ready; `ended`: how the last one ended.

    `uptime` in seconds, `cpu` in processors since the last look, `memory_mb` resident.
    """

    pid: int = 0
    running: bool = False
    ready: bool = False
    missing: str = ""
    ended: str = ""
    uptime: Volatile[float] = 0.0
    cpu: Volatile[float] = 0.0
    memory_mb: Volatile[float] = 0.0
    threads: Volatile[int] = 0
    open_files: Volatile[int] = 0


Snap = Snapshot[ProcessSpec, ProcessObserved]


class Process(Worker[ProcessSpec, ProcessObserved, Follower]):
    """stopped → starting → waiting_ready → running ⇄ degraded; failed → starting."""

    manual_steps = (
        "Read the reason: it has the last lines that the process wrote; all are in output.log.",
        "Run the same command by hand, with the same user and directory.",
    )
    interval = 1.0
    observe_timeout = 4.0

    def __init__(self) -> None:
        self._cpu: tuple[int, float, float] = (0, 0.0, 0.0)  # pid, seconds used, when

    def derive_desired_state(
        self, spec: ProcessSpec, previous_observed: ProcessObserved | None
    ) -> DesiredState:
        """Running, with every text of the spec rendered."""
        config = config_of(spec, spec.variables, path=spec.variables.internal["id"])
        refuse(config)  # a variable may have put there what cannot be started
        return DesiredState("running", config=config)

    @contextlib.asynccontextmanager
    async def resources(self, spec: ProcessSpec) -> AsyncIterator[Follower]:
        """What follows the output."""
        with Follower() as follower:
            yield follower

    async def collect_observed_state(
        self, spec: ProcessSpec, resources: Resources[Follower]
    ) -> ProcessObserved:
        """Look at the recorded process, and ask whether it is ready."""
        config = _at_home(resources.config)
        resources.value.follow(config.output, resources.log, config.log_lines, resources.redact)
        record = running.read_record(config)
        if record is None:
            return ProcessObserved()
        if not running.is_alive(record):
            record = await running.bury(config, record, resources.redact)
            return ProcessObserved(ended=record.ended)
        if keep_small(config.output, config.log_bytes):
            resources.value.was_cut()
        uptime = time.time() - record.started_at
        lacks = await missing(config, uptime, was_ready=record.ready)
        if not lacks and not record.ready:
            running.write_record(config, msgspec.structs.replace(record, ready=True))
        return ProcessObserved(
            pid=record.pid,
            running=True,
            ready=not lacks,
            missing=lacks,
            uptime=uptime,
            **self._figures(record.pid),
        )

    @action(timeout=60.0, retries=0)
    async def start_process(self, spec: ProcessSpec, resources: Resources[Follower]) -> None:
        """Adopt the process that runs, or start one."""
        await running.start(_at_home(resources.config), resources.redact)

    @action(timeout=90.0)
    async def stop_process(self, spec: ProcessSpec, resources: Resources[Follower]) -> None:
        """End it, and what it started."""
        await running.stop(_at_home(resources.config))

    @state("stopped", to="starting stopping")
    def stopped(self, s: Snap) -> Step:
        """It does not run."""
        if not s.should_stop:
            return goto(self.starting, "asked to run")
        if s.fresh and s.observed.running:
            return goto(self.stopping, "one of an earlier run is still there")
        return stay("asked to be stopped")

    @state("starting", to="waiting_ready failed stopping")
    def starting(self, s: Snap) -> Step:
        """It is being adopted or started."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        last = s.last_action
        if last is not None and last.ended_at >= s.since:
            if not last.succeeded:
                return goto(self.failed, last.error)
            return goto(self.waiting_ready, f"pid {s.observed.pid} runs")
        return act(self.start_process, "starts it, or adopts the one that runs")

    @state("starting", to="running failed stopping")
    def waiting_ready(self, s: Snap) -> Step:
        """It runs, and cannot be used yet."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if not s.observed.running:
            return goto(self.failed, s.observed.ended or "it is gone")
        if s.observed.ready:
            return goto(self.running, f"pid {s.observed.pid} is ready")
        within = s.spec.ready.within
        if s.elapsed >= within:
            return goto(self.failed, f"not ready within {within:g} s: {s.observed.missing}")
        return stay(s.observed.missing, wake_after=within - s.elapsed)

    @state("running", to="degraded failed stopping")
    def running(self, s: Snap) -> Step:
        """It can be used."""
        return self._watched(s)

    @state("degraded", to="running failed stopping")
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
            why = s.observed.ended or "it could not be started"
            return stay(f"starts again, attempt {s.attempt}: {why}", wake_after=wait)
        return goto(self.starting, f"attempt {s.attempt}")

    @state("stopping", to="stopped")
    def stopping(self, s: Snap) -> Step:
        """It is being ended."""
        if s.observed.running:
            return act(self.stop_process, "ends it and what it started")
        return goto(self.stopped, s.observed.ended or "it has ended")

    def _watched(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if not s.observed.running:
            return goto(self.failed, s.observed.ended or "it is gone")
        target = self.running if s.observed.ready else self.degraded
        reason = f"pid {s.observed.pid} runs" if s.observed.ready else s.observed.missing
        return stay(reason) if target.__name__ == s.state else goto(target, reason)

    def _figures(self, pid: int) -> dict[str, Any]:
        """What the kernel says it takes; nothing of a process that is not ours to read."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            files = len(os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            return {}
        used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        now, (before, used_before, then) = time.monotonic(), self._cpu
        self._cpu = (pid, used, now)
        share = (used - used_before) / (now - then) if before == pid and now > then else 0.0
        pages = int(fields[21])
        return {
            "cpu": round(share, 3),
            "memory_mb": round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1),
            "threads": int(fields[17]),
            "open_files": files,
        }


def _at_home(config: Config) -> Config:
    """The config with `~` made the user's home, which derive must not ask for."""
    return msgspec.structs.replace(config, directory=str(Path(config.directory).expanduser()))
