"""What an operator may have done, as data: one struct a verb, and what is answered.

Interfaces hand these on: the API takes them as JSON with the verb as their tag, the command line
makes them of its options. What each becomes for the core, and when it has had its effect, is one
entry of a table in `request_effects`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

PathText = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
SignalName = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
LONGEST_REASON = 1000
Reason = Annotated[str, msgspec.Meta(max_length=LONGEST_REASON)]
LONGEST_WAIT = 3600.0
"""Seconds for which one request waits for its effect."""

Seconds = Annotated[float, msgspec.Meta(gt=0, le=366 * 86_400)]

LogSeconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
LogLevelName = Literal["debug", "info", "warning", "error"]
"""The levels of the log, the most talkative first."""


class RequestBase(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="verb", forbid_unknown_fields=True
):
    """What every request has: the path it is about, and why it is asked for."""

    path: PathText
    reason: Reason = ""


class Pause(RequestBase, frozen=True, kw_only=True, tag="pause"):
    """Start nothing at `path` and below, and write nothing to a machine, until it is resumed."""


class Resume(RequestBase, frozen=True, kw_only=True, tag="resume"):
    """Let what was paused at `path` go on."""


class Stop(RequestBase, frozen=True, kw_only=True, tag="stop"):
    """Stop what is at `path` and below until it is started, or for so many seconds."""

    seconds: Seconds | None = None


class Start(RequestBase, frozen=True, kw_only=True, tag="start"):
    """End a stop of `path`: what is there is again what is declared."""


class SetVariable(RequestBase, frozen=True, kw_only=True, tag="set"):
    """Give a user variable another value at `path` and below, until it is unset, or for a while."""

    name: PathText
    value: Any
    seconds: Seconds | None = None


class UnsetVariable(RequestBase, frozen=True, kw_only=True, tag="unset"):
    """Have a user variable be as declared at `path` again."""

    name: PathText


class Silence(RequestBase, frozen=True, kw_only=True, tag="silence"):
    """Send no notifications about `path` and what is below it, until it is unsilenced, or for a
    while.

    Supervision goes on as before. What has escalated meanwhile, and still stands at the end, is
    notified then.
    """

    seconds: Seconds | None = None


class Unsilence(RequestBase, frozen=True, kw_only=True, tag="unsilence"):
    """Notify of what is at `path` again."""


class SetLogLevel(RequestBase, frozen=True, kw_only=True, tag="log-level"):
    """Log what is at `path` and below from `level` on, for so many seconds, at most a day.

    Debug lines are many: it always ends by itself.
    """

    level: LogLevelName
    seconds: LogSeconds = 600.0


class ResetLogLevel(RequestBase, frozen=True, kw_only=True, tag="reset-log-level"):
    """Log what is at `path` back to that of the document."""


class Restart(RequestBase, frozen=True, kw_only=True, tag="restart"):
    """Stop the worker at `path` and start a new instance."""


class Retry(RequestBase, frozen=True, kw_only=True, tag="retry"):
    """Try now what waits for its next try at `path` and below."""


class Acknowledge(RequestBase, frozen=True, kw_only=True, tag="acknowledge"):
    """Record that an operator has taken over the escalation of `path`."""


class Signal(RequestBase, frozen=True, kw_only=True, tag="signal"):
    """Send the process at `path` a signal that it handles: HUP, USR1, USR2, WINCH, TTIN, TTOU or
    CONT. What ends a process is refused: that is what `stop` and `restart` are for.
    """

    signal: SignalName


Request = (
    Pause
    | Resume
    | Stop
    | Start
    | SetVariable
    | UnsetVariable
    | Silence
    | Unsilence
    | SetLogLevel
    | ResetLogLevel
    | Restart
    | Retry
    | Acknowledge
    | Signal
)
"""Anything an operator may have done to a path."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request.

    `text`: what was done, or with `dry_run` would be. `durable`: it survives a crash from now on;
    otherwise `not_durable` says why, and it is in force all the same. `reached`: it has had its
    effect; `pending`: by path, who has not come to it yet, and why. `waited`: seconds.
    """

    verb: str
    path: str
    text: str
    durable: bool = True
    not_durable: str = ""
    reached: bool = True
    pending: dict[str, str] = {}
    waited: float = 0.0
    dry_run: bool = False


class PathOverride(msgspec.Struct, frozen=True, kw_only=True):
    """One override in force. `kind`: pause, stop, silence, log-level or set. Times in Unix seconds.

    `name` and `value` are those of a variable; `there`: whether anybody is at the path;
    `durable`: whether it survives a crash. `lasting`: how long it has been in force, once that is
    long enough to be warned of.
    """

    path: str
    kind: str
    who: str
    reason: str
    at: float
    until: float | None = None
    name: str = ""
    value: Any = None
    there: bool = True
    durable: bool = True
    text: str = ""
    lasting: str = ""
