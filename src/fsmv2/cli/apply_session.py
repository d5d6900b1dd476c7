"""One change of the document of a running tree: shown, asked about, sent, and waited for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Protocol

import msgspec
import typer

from fsmv2.cli.apply_text import outcome_lines, progress_line
from fsmv2.cli.console import Part, complain, progress, put, put_json, show_diagnostics
from fsmv2.cli.exit_codes import (
    FAILED,
    INTERRUPTED,
    OK,
    PENDING,
    ROLLED_BACK,
    SUPERSEDED,
    USAGE,
)
from fsmv2.cli.plan_text import plan_lines
from fsmv2.cli.progress_line import long_work
from fsmv2.errors import ApiUnavailableError
from fsmv2.operate.changes.apply_data import ApplyAnswer, ApplyProgress, ConvergenceState
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.credential_masks import without_credentials
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.time_text import brief_date_text

CODES: dict[ConvergenceState, int] = {
    "converged": OK,
    "converging": PENDING,
    "not converged": PENDING,
    "superseded": SUPERSEDED,
    "rolled back": ROLLED_BACK,
}

POLL = 0.5
"""Seconds for which one question after the progress waits for the end."""

EVERY, AT_LEAST = 1.0, 10.0
"""Seconds between two lines of progress: of one that differs from the last, and of any."""


class Send(Protocol):
    """Asks the tree for the change: only whether it could be, or as it was planned."""

    def __call__(self, plan: ChangePlan | None, *, dry_run: bool) -> ApplyAnswer: ...


class ChangeSession:
    """One command that changes the document. Data is on stdout, which is JSON if that is asked."""

    def __init__(
        self, tree: RemoteTree, *, timeout: float, wait: bool, yes: bool, as_json: bool
    ) -> None:
        """`timeout`: seconds for which a generation that converges already is waited for."""
        self._tree = tree
        self._timeout = timeout
        self._wait = wait
        self._yes = yes
        self._as_json = as_json
        self.applied = False
        """Whether the tree has answered that it runs."""

    def carry_out(
        self, send: Send, *, question: str, plan: ChangePlan | None = None, note: str = ""
    ) -> int:
        """Show the plan, ask, send and wait; the exit code.

        `plan`: made before, and to be carried out as it is or not at all. `note`: what else to know
        once it runs.
        """
        shown = False
        if not self._yes or plan is not None:
            with long_work("planning what this would change"):
                planned = send(plan, dry_run=True)
            plan = planned.plan
            if not plan.same_text:
                self._show_plan(plan)
                shown = True
                if not (self._yes or self._confirmed(question, planned)):
                    return FAILED if on_terminal() else USAGE
        answer = self._sent(send, plan)
        self.applied = True
        if not (shown or answer.plan.same_text):
            self._show_plan(answer.plan)
        self._put(_without_summary(answer))
        if note:
            self._note(note)
        if answer.not_durable:
            complain(f"in force, not durable: {answer.not_durable}")
        reached = self._waited(answer)
        if self._as_json:
            put_json(msgspec.structs.replace(answer, progress=reached))
        if not answer.changed or not self._wait:
            return OK
        return CODES[reached.state]

    def _sent(self, send: Send, plan: ChangePlan | None) -> ApplyAnswer:
        try:
            with long_work("planning and applying"):
                return send(plan, dry_run=False)
        except KeyboardInterrupt:
            complain(
                "interrupted before the tree has answered; it may still be applied",
                fix="Look with `fsmv2 history`.",
            )
            raise typer.Exit(INTERRUPTED) from None

    # ---- what is asked ----------------------------------------------------------------------

    def _confirmed(self, question: str, planned: ApplyAnswer) -> bool:
        self._put(_without_summary(planned))
        if not on_terminal():
            complain(
                "there is no terminal to ask on; nothing has been changed",
                fix="Look at the plan above, and confirm it with --yes.",
            )
            return False
        try:
            agreed = typer.confirm(question, err=True)
        except typer.Abort:
            progress("")
            agreed = False
        if not agreed:
            progress("nothing has been changed")
        return agreed

    # ---- what is waited for -----------------------------------------------------------------

    def _waited(self, answer: ApplyAnswer) -> ApplyProgress:
        """How far it is in the end, or at once if it is not waited for."""
        first = answer.progress
        if answer.changed and not self._wait:
            until = "" if first.deadline is None else f" until {brief_date_text(first.deadline)}"
            self._note(f"the tree waits{until} for all to converge; see `fsmv2 history`")
            return first
        if not answer.changed and (first.state != "converging" or not first.touched):
            return first
        try:
            reached = self._until_final(answer)
        except KeyboardInterrupt:
            progress("")
            self._note(
                f"generation {answer.generation} runs, and the tree goes on with it without this "
                "command."
            )
            self._note("  See how far it is: fsmv2 history.  Undo it: fsmv2 rollback.")
            raise typer.Exit(INTERRUPTED) from None
        except ApiUnavailableError as error:
            raise ApiUnavailableError(
                f"generation {answer.generation} was applied, and then its tree answered no more: "
                f"{error.message}",
                fix=f"It is kept, and continues when the tree runs. {error.fix}".strip(),
            ) from error
        for line in outcome_lines(reached):
            self._put(line)
        return reached

    def _until_final(self, answer: ApplyAnswer) -> ApplyProgress:
        shown, shown_at = "", time.monotonic()
        limit = None if answer.changed else shown_at + self._timeout
        while True:
            asked = time.monotonic()
            reached = self._tree.progress_of(answer.generation, wait=POLL)
            now = time.monotonic()
            if reached.state != "converging" or (limit is not None and now > limit):
                return reached
            line = progress_line(reached)
            if now - shown_at >= (EVERY if line != shown else AT_LEAST):
                progress(line)
                shown, shown_at = line, now
            # A tree that stops answers at once, and converges no more until it runs again.
            time.sleep(max(0.0, asked + POLL - now))

    # ---- what is shown ----------------------------------------------------------------------

    def _show_plan(self, plan: ChangePlan) -> None:
        show_diagnostics(map(without_credentials, plan.warnings))
        for line in plan_lines(plan):
            self._put(*line)

    def _put(self, *parts: Part) -> None:
        """What the command was asked for: on stdout, unless programs read that."""
        show: Callable[..., None] = progress if self._as_json else put
        show(*parts)

    def _note(self, text: str) -> None:
        progress(text)


def _without_summary(answer: ApplyAnswer) -> str:
    """What is done, where the plan was shown."""
    return answer.text.removesuffix(f": {answer.plan.summary}")


def require_terminal(why: str) -> None:
    """Refuse what would be asked for later, where there is no terminal."""
    if not on_terminal():
        complain(f"there is no terminal to ask on: {why}", fix="Run it on one, or give --yes.")
        raise typer.Exit(USAGE)


def on_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()
