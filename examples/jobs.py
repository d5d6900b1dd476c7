"""Run jobs, each with its restart policy: a supervisor as in Erlang/OTP, for any command.

`permanent` is always restarted, `transient` only if it failed, `temporary` never. Without a
permanent job the runner ends when all have ended, with exit code 1 if one failed for good::

    fsmv2 python examples/jobs.py
    fsmv2 python examples/jobs.py "transient ./import.sh --all" "temporary ./clean-up.sh"

Without an argument it runs three small jobs that show the three policies.
"""

from __future__ import annotations

import asyncio
import logging
import shlex
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import structlog

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    Runtime,
    Snapshot,
    Step,
    UserSpec,
    Worker,
    WorkerFactory,
    goto,
    state,
    stay,
)
from fsmv2.builtin import Process, ProcessSpec, Ready

ENDS = {"permanent": False, "transient": True, "temporary": True}
"""The restart policies, and whether a job of that policy may end."""

EXAMPLES = (
    "permanent sh -c 'sleep 3; echo the connection was closed >&2; exit 1'",
    "transient sh -c 'test -e tried || { touch tried; echo no network >&2; exit 1; }; echo done'",
    "temporary sh -c 'echo disk is read-only >&2; exit 7'",
)
"""One that fails again and again, one that fails once, one that is not tried twice."""


class JobsSpec(UserSpec):
    jobs: tuple[str, ...]
    folder: str = ""


class Jobs(Worker[JobsSpec]):
    """The parent: a child for each job. If all of them may end, it finishes when they have."""

    def derive_desired_state(
        self, spec: JobsSpec, previous_observed: ObservedState | None
    ) -> DesiredState:
        children = [job(number, text, spec.folder) for number, text in enumerate(spec.jobs, 1)]
        if any(child.restart == "permanent" for child in children):
            return DesiredState("running", tuple(children))
        ending = tuple(msgspec.structs.replace(child, significant=True) for child in children)
        return DesiredState("running", ending, auto_stop="all_significant")

    @state("stopped", to="running")
    def stopped(self, s: Snapshot[JobsSpec]) -> Step:
        return stay("asked to stop") if s.should_stop else goto(self.running, "runs the jobs")

    @state("running", to="stopped")
    def running(self, s: Snapshot[JobsSpec]) -> Step:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs the jobs")


def job(number: int, text: str, folder: str) -> ChildSpec:
    """A job as a child: `POLICY COMMAND ARGUMENT ...`."""
    policy, *command = shlex.split(text)
    ends = ENDS[policy]
    spec = ProcessSpec(
        command=tuple(command),
        cwd=folder,
        state_dir=folder,
        ready=Ready(ends=True, within=86_400) if ends else Ready(),
    )
    name = f"{number}-{Path(command[0]).name}"
    return ChildSpec(name, "process", spec, restart=policy)  # type: ignore[arg-type]


def problem(text: str) -> str:
    """What is wrong with a job as it was written; '' if nothing is."""
    try:
        policy, *command = shlex.split(text) or [""]
    except ValueError as error:
        return f"{text!r}: {str(error).lower()}"
    if policy in ENDS and command:
        return ""
    return f"{text!r}: expected a restart policy ({', '.join(ENDS)}) and a command"


def jobs(wanted: tuple[str, ...], folder: str = "") -> tuple[ChildSpec, WorkerFactory]:
    """The root of the tree, and the types it is made of."""
    factory = WorkerFactory()
    factory.register(Jobs)
    factory.register(Process)
    spec = JobsSpec(jobs=wanted, folder=folder)
    # Transient: once its jobs have ended, the root is not restarted either.
    return ChildSpec("jobs", Jobs, spec, restart="transient"), factory


async def run(
    wanted: tuple[str, ...], folder: str = "", show: Callable[[str], None] = print
) -> list[str]:
    """Run the jobs until they have ended; the paths of those that failed for good."""
    failed: list[str] = []
    done, loop = asyncio.Event(), asyncio.get_running_loop()

    def listen(report: Any) -> None:
        if report.kind == "transition" and report.path != "jobs":
            show(f"{report.path}: {report.text}")
        if report.kind == "ended":
            show(f"{report.path}: {report.text}")
            if report.text.startswith("failed"):
                failed.append(report.path)
            if report.path == "jobs":
                loop.call_soon_threadsafe(done.set)  # reports come from the thread of supervision

    async with Runtime(*jobs(wanted, folder), listener=listen):
        await done.wait()
    return failed


def main(words: list[str]) -> int:
    """Run the jobs of the command line, or the three of this file; its exit code."""
    problems = [found for text in words if (found := problem(text))]
    if problems:
        print(*problems, sep="\n", file=sys.stderr)
        print('for example: jobs.py "transient ./import.sh"', file=sys.stderr)
        return 2
    # What the jobs write stands in files; here the last lines of one that ended are enough.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    if words:
        return 1 if asyncio.run(run(tuple(words))) else 0
    print("Three jobs. The first is restarted until you press Ctrl-C.", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(EXAMPLES, folder))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        pass
