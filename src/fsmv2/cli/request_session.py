"""One command that asks something of a running tree: who is meant, asked, waited for, and shown."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import typer

from fsmv2.cli.console import complain, progress, put, put_json
from fsmv2.cli.exit_codes import FAILED, OK, PENDING, USAGE
from fsmv2.errors import RequestRefusedError, UnknownPathError, system_text
from fsmv2.host.systemd_job import RESTART, job_of
from fsmv2.operate.problem import problem_of
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.request_types import Answer, Request
from fsmv2.operate.running_trees import chosen_tree
from fsmv2.operate.state_directory import holder
from fsmv2.operate.time_text import local_times


def ask(
    make: Callable[[str], Request],
    patterns: list[str],
    *,
    verb: str,
    file: Path | None,
    state_dir: Path | None,
    wait: float = 0.0,
    yes: bool = False,
    dry_run: bool = False,
    as_json: bool = False,
) -> int:
    """Ask for what `make` makes of each path that is meant; the exit code."""
    tree = RemoteTree(chosen_tree(file, state_dir), tool=f"fsmv2 {verb}")
    paths = tree.paths(patterns)
    if paths != patterns and not (
        yes or dry_run or len(paths) == 1 or _confirmed(verb, paths, progress if as_json else put)
    ):
        return USAGE
    code = OK
    answers: list[Answer] = []
    try:
        for path in paths:
            try:
                answer = tree.carry_out(make(path), wait=wait, dry_run=dry_run)
            except (RequestRefusedError, UnknownPathError) as error:
                # The other paths are asked all the same, and each refusal is reported.
                complain(error.message, fix=error.fix, problem=problem_of(error))
                refused = isinstance(error, RequestRefusedError)
                code = FAILED if refused or code == FAILED else USAGE
                continue
            answers.append(answer)
            if not answer.reached and wait and code == OK:
                code = PENDING
            if not as_json:
                _show(answer, waited=bool(wait))
    finally:
        if as_json:  # also what was done before it could no longer be reached
            put_json(answers)
    return code


def is_restarted(unit: str) -> bool:
    """Whether systemd restarts this unit now; if it cannot be asked, it is taken for a stop."""
    try:
        return job_of(unit) == RESTART
    except OSError as error:
        complain(
            f"whether systemd restarts {unit} is not known, so the whole tree is stopped: "
            f"{system_text(error)}",
            fix="To keep broker and processes, use `fsmv2 stop --keep` and then start the unit.",
        )
        return False


def leave(*, file: Path | None, state_dir: Path | None, reason: str, wait: float) -> int:
    """End fsmv2 alone, and wait until it has let go of its state directory; the exit code."""
    directory = chosen_tree(file, state_dir)
    pid = RemoteTree(directory, tool="fsmv2 stop").leave(reason)
    limit = time.monotonic() + wait
    while holder(directory) == str(pid):
        if time.monotonic() > limit:
            complain(
                f"process {pid} has not ended within {wait:g} s", fix="Look at it again later."
            )
            return PENDING
        time.sleep(0.05)
    put("fsmv2 has ended; broker and processes keep running, and the next run adopts them")
    return OK


def _confirmed(verb: str, paths: list[str], show: Callable[[str], None]) -> bool:
    for path in paths[:20]:
        show(f"  {path}")
    if len(paths) > 20:
        show(f"  and {len(paths) - 20} more")
    if not sys.stdin.isatty():
        complain(f"this is {len(paths)} paths; nothing was done", fix="Confirm it with --yes.")
        return False
    return typer.confirm(f"{verb} these {len(paths)} paths?", err=True)


def _show(answer: Answer, *, waited: bool) -> None:
    put(f"{'would be done: ' if answer.dry_run else ''}{local_times(answer.text)}")
    if answer.not_durable:
        complain(
            f"in force, not durable: {answer.not_durable}",
            fix="It is written when the store recovers; until then the end of fsmv2 would lose it.",
        )
    for path, why in list(answer.pending.items())[:20]:
        put(f"  not yet: {path} is {local_times(why)}")
    if len(answer.pending) > 20:
        put(f"  and {len(answer.pending) - 20} more")
    if answer.pending and waited:
        put(f"  waited {answer.waited:.0f} s; see `fsmv2 why` for each")
