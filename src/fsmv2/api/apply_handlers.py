"""What the routes answer that change the document of a tree; decided in `operate`, as all is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from fsmv2.api.json_text import json_of
from fsmv2.api.problem_response import problem
from fsmv2.api.route_handlers import Call
from fsmv2.errors import ChangedSinceError, GenerationConflictError
from fsmv2.operate import TreeHandle
from fsmv2.operate.changes.apply_data import (
    ApplyAnswer,
    ApplyProgress,
    ApplyRequest,
    RollbackRequest,
)
from fsmv2.operate.path_version import ANY

STREAM_EVERY = 15.0
"""Seconds after which it is sent also where it is the same, so that a dead client is found."""

LOOK_EVERY = 0.2
"""Seconds between two looks at the progress for a stream."""


async def apply(call: Call) -> ApplyAnswer:
    """Make a document the one that runs."""
    body: ApplyRequest = call.body
    return await _unless_changed(call, body, call.tree.apply)


async def put_document(call: Call) -> ApplyAnswer:
    """The same, with everything but the document as a default."""
    return await _unless_changed(call, ApplyRequest(document=call.body), call.tree.apply)


async def rollback(call: Call) -> ApplyAnswer:
    """Make an older generation run again."""
    body: RollbackRequest = call.body
    return await _unless_changed(call, body, call.tree.rollback)


async def apply_progress(call: Call) -> ApplyProgress:
    """How far a generation has come."""
    progress: ApplyProgress = await call.tree.progress(
        call.query.generation or None, wait=call.query.wait
    )
    return progress


async def progress_stream(tree: TreeHandle, query: Any) -> AsyncIterator[bytes]:
    """The progress of a generation whenever it changes, until it is final.

    UnknownGenerationError, before anything is sent: there is none of this number.
    """
    first = await tree.progress(query.generation or None)
    return _lines(tree, first)


async def _lines(tree: TreeHandle, progress: ApplyProgress) -> AsyncIterator[bytes]:
    sent, quiet = None, 0.0
    while True:
        # Not the deadline, which is computed from a clock each time.
        told = msgspec.structs.replace(progress, deadline=None)
        if told != sent or quiet >= STREAM_EVERY:
            sent, quiet = told, 0.0
            yield b"event: progress\ndata: %s\n\n" % json_of(progress)
        if progress.state != "converging":
            return
        await asyncio.sleep(LOOK_EVERY)
        quiet += LOOK_EVERY
        progress = await tree.progress(progress.generation)


async def _unless_changed(call: Call, body: Any, act: Any) -> ApplyAnswer:
    """Act with the generation that `If-Match` names as what the request is based on."""
    based_on = _generation(call.unchanged)
    if based_on is not None:
        body = msgspec.structs.replace(body, based_on=based_on)
    try:
        answer: ApplyAnswer = await act(
            body, who=call.who, wait=call.query.wait, dry_run=call.query.dry_run
        )
    except GenerationConflictError as error:
        if based_on is None:
            raise
        raise ChangedSinceError(error.message, fix=error.fix) from error
    return answer


def _generation(unchanged: tuple[str, ...]) -> int | None:
    """The generation that `If-Match` names; None: whichever runs."""
    if not unchanged or ANY in unchanged:
        return None
    if len(unchanged) > 1 or not (unchanged[0].isascii() and unchanged[0].isdigit()):
        text = f'If-Match is {", ".join(unchanged)[:80]}, expected a generation such as "3".'
        raise problem(400, "Not as documented", text)
    return int(unchanged[0][:16])
