"""Carries a request out on a running tree: checked, posted, made durable, and waited for.

What is refused is decided by the core, in the turn in which the request would be posted, so that
nothing changes between. An override is acknowledged when it is durable, or with the reason why it
is in force and not: then the store writes it when it recovers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping

import msgspec

from fsmv2.core import Core
from fsmv2.core.life.requests import VERBS
from fsmv2.core.life.requests import Request as CoreRequest
from fsmv2.errors import RequestRefusedError, TreeStoppingError
from fsmv2.escaping import printable_line
from fsmv2.operate.path_version import refuse_changed
from fsmv2.operate.process_signal import addressee, send
from fsmv2.operate.request_effects import EFFECTS, done_text, event_of, verb_of
from fsmv2.operate.request_types import Answer, Request, Signal
from fsmv2.runtime import Runtime, TreeView
from fsmv2.runtime.posted_request import PostedRequest

Unsettled = Callable[[TreeView], Mapping[str, str]]

POLL = 0.02
"""Seconds between two looks at whether a request is durable, or has had its effect."""

DURABLE_WITHIN = 10.0
"""Seconds after which a store that has not answered is not waited for any longer."""

NO_STORE = "this tree has no store"


async def carry_out(
    runtime: Runtime,
    request: Request,
    *,
    who: str,
    unsettled: Unsettled,
    wait: float = 0.0,
    dry_run: bool = False,
    unchanged: Collection[str] = (),
) -> Answer:
    """Do what is asked; `wait`: seconds for which its effect is waited for.

    Raises RequestRefusedError when it cannot be done now, with the reason; nothing has changed.
    `unchanged`: the path has to have one of these versions still, else ChangedSinceError.
    """
    began = time.monotonic()
    # On one line, wherever it is shown: a reason must not look like the next entry.
    request = msgspec.structs.replace(request, reason=printable_line(request.reason))
    who = printable_line(who)
    seconds = getattr(request, "seconds", None)
    event = event_of(request, who, None if seconds is None else time.time() + seconds)
    verb, path, text = verb_of(request), request.path, done_text(request)
    what = VERBS[type(event)]

    def check(core: Core) -> None:
        if unchanged:
            refuse_changed(core, path, unchanged)

    to = None
    if isinstance(request, Signal):
        # What the core refuses is refused before anybody looks at the process.
        await _accepted(runtime, what, event, check, dry_run=True)
        to = await addressee(runtime, request)
    posted = await _accepted(runtime, what, event, check, dry_run=dry_run)
    if dry_run:
        return Answer(verb=verb, path=path, text=text, dry_run=True)
    if to is not None and isinstance(request, Signal):
        text = await send(runtime, request, to)
    effect, not_durable = EFFECTS[type(request)], ""
    if effect.override:
        not_durable = await _durable(runtime, posted)
    pending = await _pending(runtime, request, posted.incarnation, unsettled, began + wait)
    return Answer(
        verb=verb,
        path=path,
        text=text,
        durable=not not_durable,
        not_durable=not_durable,
        reached=not pending,
        pending=pending,
        waited=round(time.monotonic() - began, 3),
    )


async def _accepted(
    runtime: Runtime,
    what: str,
    event: CoreRequest,
    check: Callable[[Core], None],
    *,
    dry_run: bool,
) -> PostedRequest:
    """Post it, unless it is a dry run; RequestRefusedError says why it is refused."""
    posted = await runtime.ask(event, dry_run=dry_run, check=check)
    if posted.ended:
        raise TreeStoppingError(
            f"cannot {what}: {posted.refused}.", fix="Try again when it runs; nothing has changed."
        )
    if posted.refused:
        why, _, fix = posted.refused.partition(". ")
        raise RequestRefusedError(f"cannot {what}: {why.rstrip('.')}.", fix=fix)
    return posted


async def _durable(runtime: Runtime, posted: PostedRequest) -> str:
    """Wait until the overrides of a path are durable; why they are not, or nothing."""
    path = posted.event.path

    def look(core: Core) -> tuple[bool, str]:
        """Whether there is nothing to wait for, and why it is not durable."""
        if runtime.supervision.waits(posted.event):
            return False, "it has not been taken up yet"
        if core.store is None:
            return True, NO_STORE
        if path not in core.store.overrides_waiting:
            return True, ""
        return bool(core.store.failing), core.store.failing or "the store has not answered yet"

    limit = time.monotonic() + DURABLE_WITHIN
    while True:
        done, why = await runtime.look(look)
        if done or time.monotonic() > limit:
            return why
        await asyncio.sleep(POLL)


async def _pending(
    runtime: Runtime, request: Request, before: int, unsettled: Unsettled, limit: float
) -> dict[str, str]:
    """Wait until a request has had its effect; who has not come to it."""
    effect, posted = EFFECTS[type(request)], time.monotonic()
    while True:
        view = await runtime.shared_view(since=posted)  # as many may wait at once
        pending = effect.pending(request, before, view, unsettled(view))
        now = time.monotonic()
        if not pending or now >= limit:
            return pending
        await asyncio.sleep(min(POLL, max(0.0, limit - now)))
