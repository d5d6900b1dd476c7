"""`log-level`: a path is logged from another level on, for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from fsmv2.cli.duration_argument import duration
from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir, one_of
from fsmv2.cli.request_options import DryRun, OnePath, Tree, Why, Yes

if TYPE_CHECKING:
    from fsmv2.operate.request_types import Request

DEFAULT = "default"
LONGEST = 86_400.0


def _level(text: str) -> str:
    return one_of(text, "debug", "info", "warning", "error", DEFAULT)


def _seconds(text: str) -> float:
    found = duration(text)
    if found > LONGEST:
        raise typer.BadParameter("it lasts at most 24h, since debug lines are many")
    return found


def log_level(
    path: OnePath,
    level: Annotated[
        Literal["debug", "info", "warning", "error", "default"],
        typer.Argument(
            parser=_level,
            metavar="LEVEL",
            help="debug, info, warning or error; default: back to that of the document.",
        ),
    ],
    reason: Why = "",
    seconds: Annotated[
        float,
        typer.Option("--for", parser=_seconds, metavar="DURATION", help="For how long, up to 24h."),
    ] = "10m",  # type: ignore[assignment]  # its parser makes seconds of it
    file: Tree = None,
    state_dir: StateDir = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Log PATH and what is below it from LEVEL on, whatever the document says, for ten minutes.

    At debug each look at a worker is a line, with why it was looked at and what was decided, and
    its own debug lines are logged: read them with `fsmv2 logs PATH --follow`. It always ends by
    itself. It outlasts a restart of fsmv2 and changes of the document; `default` ends it
    earlier. PATH may be a pattern; * and ** stand for several.

    $ fsmv2 log-level edge/filler debug
    $ fsmv2 log-level edge/filler debug --for 1h -m 'it loses its PLC'
    $ fsmv2 log-level edge/filler default
    """
    with reported():
        from fsmv2.cli.request_session import ask
        from fsmv2.operate.request_types import LogLevelName, ResetLogLevel, SetLogLevel

        def request(at: str) -> Request:
            if level == DEFAULT:
                return ResetLogLevel(path=at, reason=reason)
            wanted = cast("LogLevelName", level)
            return SetLogLevel(path=at, level=wanted, reason=reason, seconds=seconds)

        raise typer.Exit(
            ask(
                request,
                [path],
                verb="log-level",
                file=file,
                state_dir=state_dir,
                yes=yes,
                dry_run=dry_run,
                as_json=as_json,
            )
        )
