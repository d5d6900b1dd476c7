"""What went wrong, as data: the API answers it (RFC 9457), and the commands print it as JSON."""

from __future__ import annotations

import msgspec

from fsmv2.diagnostic import Diagnostic
from fsmv2.errors import (
    ChangedSinceError,
    DocumentError,
    FsmError,
    GenerationConflictError,
    JournalError,
    NoJournalError,
    NotRecordedError,
    NotRunningError,
    PastReaderError,
    RequestRefusedError,
    StoreError,
    TreeStoppingError,
    UnknownFilterError,
    UnknownGenerationError,
    UnknownPathError,
    UnknownTargetError,
)

_NOT_THERE = (
    *(UnknownPathError, UnknownFilterError, UnknownGenerationError, UnknownTargetError),
    *(NotRunningError, NotRecordedError, NoJournalError),
)


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong. `code`: see `fsmv2 explain CODE`; `fix`: the next step.

    `diagnostics`: of a document that is not valid, all that is wrong, each with its place.
    """

    title: str
    status: int
    detail: str = ""
    code: str = ""
    fix: str = ""
    type: str = "about:blank"
    diagnostics: tuple[Diagnostic, ...] = ()


def problem_of(error: FsmError) -> Problem:
    """The problem that an error of ours is."""
    if isinstance(error, DocumentError):
        return _invalid(error)
    status, title = 500, "Internal error"
    if isinstance(error, _NOT_THERE):
        status, title = 404, "Not found"
    elif isinstance(error, GenerationConflictError):
        status, title = 409, "Refused"
    elif isinstance(error, TreeStoppingError | StoreError | PastReaderError):
        status, title = 503, "Not now"
    elif isinstance(error, JournalError):
        status, title = 409, "Not to be replayed"
    elif isinstance(error, ChangedSinceError):
        status, title = 412, "Changed since"
    elif isinstance(error, RequestRefusedError):
        status, title = 409, "Refused"
    diagnostic = error.diagnostic()
    return Problem(title, status, diagnostic.message, diagnostic.code, diagnostic.fix or "")


def _invalid(error: DocumentError) -> Problem:
    number = len(error.diagnostics)
    return Problem(
        "Not a valid document",
        422,
        f"{number} thing{'s are' if number != 1 else ' is'} wrong with the document.",
        error.code,
        "Correct what `diagnostics` names.",
        diagnostics=error.diagnostics,
    )
