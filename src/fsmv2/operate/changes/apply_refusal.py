"""Why an apply or a rollback is refused: nothing has moved then."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from fsmv2.core import EngineSettings
from fsmv2.errors import (
    DocumentError,
    GenerationConflictError,
    RequestRefusedError,
    SecretError,
    StoreError,
    TreeStoppingError,
)
from fsmv2.escaping import printable_line
from fsmv2.operate.changes.apply_data import ApplyRequest, DocumentText, RollbackRequest
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.changes.planner import PlannedChange
from fsmv2.operate.changes.running_document import RunningDocument
from fsmv2.operate.document_contents import contents_of
from fsmv2.operate.time_text import brief_date_text
from fsmv2.plant import Plant
from fsmv2.runtime import Runtime
from fsmv2.runtime.posted_request import not_serving

NOTHING_CHANGED = "Nothing has changed."
NAMED = 5
"""Workers or keys that are named."""

MOST_REMOVED = 50
"""Workers that are named when a reload would remove them: what is missing is to be found by it."""


def refuse_unless_serving(runtime: Runtime, *, leaving: bool) -> None:
    """TreeStoppingError during a start or a stop; RequestRefusedError: fsmv2 alone ends. H95"""
    why, fix = not_serving(runtime.core), "Apply it when the tree runs; nothing has changed."
    if why:
        raise TreeStoppingError(f"cannot apply: {why}.", fix=fix)
    if leaving:
        raise RequestRefusedError("cannot apply: fsmv2 is about to end.", fix=fix)


def refuse_endless_wait(request: ApplyRequest | RollbackRequest) -> None:
    """RequestRefusedError: it is to be rolled back at a deadline that it does not have."""
    if request.rollback and request.timeout is None:
        raise RequestRefusedError(
            f"cannot apply: a rollback needs a deadline. {NOTHING_CHANGED}",
            fix="Give a timeout, after which it is rolled back unless it has converged.",
        )


def refuse_unless_kept(runtime: Runtime, running: RunningDocument) -> None:
    """StoreError: what is applied could not be kept; what runs goes on."""
    if running.generation is None:
        raise RequestRefusedError(
            "cannot apply: this tree keeps no generations of its document.",
            fix="Run it with `fsmv2 run`.",
        )
    parts = runtime.running
    writer = None if parts is None else parts.writer
    failing = "" if writer is None else writer.failing
    if failing or not running.durable:
        why = failing or f"generation {running.number}, which runs, is not in it yet"
        raise store_fails(why)


def store_fails(why: str) -> StoreError:
    """The error of an apply that the store keeps from being durable."""
    return StoreError(
        f"cannot apply: the store does not work: {why.rstrip('.')}. {NOTHING_CHANGED}",
        fix="Make the store work, and apply again; pause, stop and restart still work.",
    )


def refuse_unless_based_on(running: RunningDocument, based_on: int | None) -> None:
    """GenerationConflictError: another generation is running now, and who made it. H93, H94"""
    if based_on is None or based_on == running.number:
        return
    made = ""
    if running.generation is not None:
        about = running.generation
        why = f": {about.why}" if about.why else ""
        made = f", applied by {about.who} at {brief_date_text(about.at)}{why}"
    raise GenerationConflictError(
        f"cannot apply: it was made against generation {based_on}, and generation "
        f"{running.number} is running now{made}. {NOTHING_CHANGED}",
        fix=f"See what changed with `fsmv2 diff {based_on}`, and plan again.",
    )


def refuse_unless_followed(running: RunningDocument, document: DocumentText) -> None:
    """RequestRefusedError: the tree follows a file, and that says something else. Blocks.

    In a managed tree any document may be applied.
    """
    if running.managed:
        return
    file, sent = running.source, Path(document.source)
    if not any(place(file) == place(sent) for place in (os.path.abspath, os.path.realpath)):
        raise RequestRefusedError(
            f"cannot apply: this tree follows {file}, and {printable_line(document.source)} is "
            f"another document. {NOTHING_CHANGED}",
            fix=f"Change {file}, and apply that.",
        )
    try:
        says = contents_of(file)
    except DocumentError as error:
        raise RequestRefusedError(
            f"cannot apply: this tree follows {file}, which cannot be read: "
            f"{error.diagnostics[0].message} {NOTHING_CHANGED}",
            fix="Make it readable, and apply again.",
        ) from error
    if says != document.files:
        raise RequestRefusedError(
            f"cannot apply: this tree follows {file}, which differs from what was sent"
            f"{_which(document.files, says)}. {NOTHING_CHANGED}",
            fix=f"Write {file}, and apply that; or plan again if it was changed since.",
        )


def refuse_planned(running: RunningDocument, request: ApplyRequest, planned: PlannedChange) -> None:
    """DocumentError, RequestRefusedError: what was planned must not be done."""
    refuse_mistakes(running, planned.plan)
    refuse_plan(request, planned.plan, planned.plant.settings)


def refuse_mistakes(running: RunningDocument, plan: ChangePlan) -> None:
    """DocumentError: the document has mistakes which that of the running tree does not have. H91

    A start runs what is right in a document, and reports the rest. What ran with a mistake may be
    changed in something else; a worker that runs is never broken by an apply.
    """
    known = {(one.code, one.path, one.message) for one in running.plant.diagnostics}
    errors = [one for one in plan.warnings if not one.warning]
    if any((one.code, one.path, one.message) not in known for one in errors):
        raise DocumentError(errors)


def refuse_plan(request: ApplyRequest, plan: ChangePlan, settings: EngineSettings) -> None:
    """RequestRefusedError: what a plan says must not be done, or not like this."""
    refuse_restart_keys(plan)
    planned = request.actions_digest
    if planned and planned != plan.actions_digest:
        raise RequestRefusedError(
            "cannot apply: something else would be done by now than what was planned: "
            f"{plan.summary}{_first(plan)}. {NOTHING_CHANGED}",
            fix="Plan again, and look at what differs.",
        )
    if request.reload and plan.removes and not settings.prune:
        raise RequestRefusedError(
            f"cannot reload: that would remove {_removed(plan.removes)}. {NOTHING_CHANGED}",
            fix=f"`fsmv2 apply {printable_line(request.document.source)}` removes them; or write "
            "`prune: true` into `engine:`, and a reload does.",
        )


def refuse_reload_while_pinned(running: RunningDocument, request: ApplyRequest) -> None:
    """RequestRefusedError: somebody has rolled back, and nobody has looked at what this does."""
    if request.reload and running.pinned:
        raise RequestRefusedError(
            f"cannot reload: {running.pinned_text}. {NOTHING_CHANGED}",
            fix=f"`fsmv2 apply {printable_line(request.document.source)}` applies it anyway.",
        )


def refuse_restart_keys(plan: ChangePlan) -> None:
    """RequestRefusedError: a running tree cannot take all of it over."""
    if not plan.needs_restart:
        return
    keys = "; ".join(f"{one.key}: {one.why}" for one in plan.needs_restart)
    raise RequestRefusedError(
        f"cannot apply: the tree has to be restarted for this: {keys}. {NOTHING_CHANGED}",
        fix="Stop the tree and run it again with the document; or leave these keys as they are.",
    )


def refuse_unread_secrets(number: int, plant: Plant) -> None:
    """RequestRefusedError: an older generation has a secret that cannot be read today."""
    unread = [
        one.message for one in plant.diagnostics if one.code == SecretError.code and not one.warning
    ]
    if unread:
        raise RequestRefusedError(
            f"cannot return to generation {number}, since a secret of it cannot be read: "
            f"{' '.join(unread[:NAMED])} {NOTHING_CHANGED}",
            fix="Put the secret in its place, and roll back again.",
        )


def _first(plan: ChangePlan) -> str:
    paths = [f"{one.action} {one.path}" for one in plan.workers]
    return f" ({_named(paths)})" if paths else ""


def _removed(paths: tuple[str, ...]) -> str:
    """Each that is removed by itself, and that others are removed with it."""
    all_of_them = set(paths)
    first = [path for path in paths if path.rpartition("/")[0] not in all_of_them]
    below = " with what is below" if len(first) < len(paths) else ""
    return f"{_named(first, MOST_REMOVED)}{below}"


def _named(paths: list[str] | tuple[str, ...], most: int = NAMED) -> str:
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more


def _which(sent: Mapping[str, bytes], says: Mapping[str, bytes]) -> str:
    """The files of a folder in which what was sent and what is there differ."""
    names = sorted(name for name in {*sent, *says} if sent.get(name) != says.get(name))
    return "" if names == [""] else f" ({_named(names)})"
