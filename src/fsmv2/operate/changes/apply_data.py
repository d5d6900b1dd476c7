"""An apply and a rollback as data: what is asked, how far it has come, and what is answered.

Interfaces hand these on: the API takes and gives them as JSON, where the files of a document are
base64, since a document is bytes and need not be valid UTF-8 to be refused well.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.request_types import Reason

ConvergenceState = Literal["converging", "converged", "superseded", "not converged", "rolled back"]
"""How far a generation has come: `converging` is the only one that is not final."""

LONGEST_TIMEOUT = 7 * 86_400.0
"""Seconds for which a tree waits at most for a generation to converge."""

Timeout = Annotated[float, msgspec.Meta(gt=0, le=LONGEST_TIMEOUT)]
GenerationNumber = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
SourcePath = Annotated[str, msgspec.Meta(max_length=4096, pattern="^/[^\\x00]*$")]

LONGEST_DOCUMENT = 16 << 20
"""Bytes of a document in JSON: the largest file, in base64."""

PLANNED_WITHIN = 180.0
"""Seconds for a plan, those included for which others are waited for that were asked for before."""


class DocumentText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The text of a document as it was read.

    `source`: the absolute path it was read from. `files`: bytes by file name, '' for a document of
    one file.
    """

    source: SourcePath
    files: dict[str, bytes]


class ApplyRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Make this document the one that runs.

    `based_on`: refused unless this generation runs; None: whichever does. `actions_digest`: that of
    the plan which was shown; refused when something else would be done by now. `timeout`: seconds
    until whoever has not converged is named; None: there is no limit. `rollback`: return to the
    last converged generation then. `reload`: no one has looked at what it does; so it is refused
    while a generation is pinned, and when it would remove workers, unless the document says
    `prune: true` in `engine:`.
    """

    document: DocumentText
    reason: Reason = ""
    based_on: GenerationNumber | None = None
    actions_digest: str = ""
    timeout: Timeout | None = None
    rollback: bool = False
    reload: bool = False


class RollbackRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Make an older generation run again, as a new one that is pinned until the next apply.

    `generation`: None is the one that ran before the text which runs now was first applied. The
    rest is as in ApplyRequest.
    """

    generation: GenerationNumber | None = None
    reason: Reason = ""
    based_on: GenerationNumber | None = None
    timeout: Timeout | None = None
    rollback: bool = False


class ApplyProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a generation has come.

    `by`: the generation that superseded it, or was made to roll it back. `pending`: by path, who
    has not converged, and why. `deadline`: in Unix seconds; None: there is none. `touched`: workers
    that the change touches, `done` those that have converged, or do not count, or are gone.
    """

    generation: int
    state: ConvergenceState
    by: int | None = None
    pending: dict[str, str] = {}
    deadline: float | None = None
    touched: int = 0
    done: int = 0


class ApplyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an apply or a rollback.

    `generation`: the one that runs. `changed`: whether a generation was made; the text of the one
    that runs makes none. `text`: what was done, or with `dry_run` would be. `durable`: it survives
    a crash from now on; otherwise `not_durable` says why.
    """

    generation: int
    plan: ChangePlan
    text: str
    changed: bool
    durable: bool = True
    not_durable: str = ""
    progress: ApplyProgress
