"""How any failure of a command becomes one clear message, and an exit code.

Every command runs inside `reported()`. No traceback reaches a user; `FSMV2_DEBUG=1` shows them.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from fsmv2.cli.exit_codes import FAILED, USAGE

DEBUG = "FSMV2_DEBUG"

EXTRA_OF = {
    "nats": "industrial",
    "nats_server": "industrial",
    "pymodbus": "industrial",
    "aiomqtt": "industrial",
    "paho": "industrial",
}
"""Packages that only an extra installs."""


def debugging() -> bool:
    """Whether tracebacks and the log lines of libraries are wanted."""
    return os.environ.get(DEBUG, "") not in ("", "0")


@contextlib.contextmanager
def reported(*, usage: int = USAGE) -> Iterator[None]:
    """Turn what is raised inside into a message on stderr and `typer.Exit` with the right code.

    `usage`: the code where the words of the command line are wrong.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nobody is left to report to.
        _write_no_more()
        raise typer.Exit(FAILED) from None
    except Exception as error:
        from fsmv2.cli.console import STDOUT
        from fsmv2.errors import QuestionError

        if debugging() and not isinstance(error, QuestionError):
            raise
        code = _show(error)
        if isinstance(error, OSError) and error.filename == STDOUT:
            _write_no_more()
        raise typer.Exit(usage if code == USAGE else code) from None


def _write_no_more() -> None:
    """Have what is left in the buffer go nowhere: at the end it would be tried once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show(error: Exception) -> int:
    """Print what went wrong; returns the exit code."""
    from fsmv2.cli.console import complain, show_diagnostics, shown_as_json
    from fsmv2.errors import (
        DocumentError,
        FsmError,
        NotRecordedError,
        NotRunningError,
        QuestionError,
    )
    from fsmv2.escaping import not_utf8

    if isinstance(error, FsmError) and shown_as_json():
        from fsmv2.operate.problem import problem_of

        complain(error.message, problem=problem_of(error))
    elif isinstance(error, QuestionError):
        complain(error.message, fix=error.fix)
    elif isinstance(error, DocumentError):
        show_diagnostics(error.diagnostics)
    elif isinstance(error, FsmError):
        show_diagnostics([error.diagnostic()])
    elif isinstance(error, ModuleNotFoundError) and (extra := _extra_of(error)):
        from fsmv2.host.install_command import install_command

        complain(
            f"this needs the package '{error.name}', which the extra '{extra}' installs",
            fix=f"Run: {install_command(extra)}",
        )
    elif isinstance(error, UnicodeEncodeError) and (word := not_utf8(error)):
        complain(
            f"{word} is not UTF-8, and can be neither sent nor kept",
            fix="Give text in UTF-8; rename a file or a folder whose name is not.",
        )
    elif isinstance(error, OSError):
        about = f"{error.filename}: " if error.filename else ""
        why, fix = (error.strerror or str(error) or type(error).__name__).lower(), ""
        if isinstance(error, PermissionError) and isinstance(error.filename, str | os.PathLike):
            from fsmv2.host.place_owner import forbidden

            why, fix = forbidden(Path(error.filename)) or (why, fix)
        _complain_of_fault(f"{about}{why}", fix=fix)
    else:
        _complain_of_fault(
            f"fsmv2 failed unexpectedly: {type(error).__name__}: {error}",
            fix=f"Run it again with {DEBUG}=1 and report what it shows.",
        )
    # What was asked for is not there: the words of the command line, not what they are about.
    asked = isinstance(error, QuestionError)
    return USAGE if asked and not isinstance(error, NotRecordedError | NotRunningError) else FAILED


def _complain_of_fault(message: str, fix: str = "") -> None:
    """Say what went wrong that nobody has refused."""
    from fsmv2.cli.console import complain
    from fsmv2.operate.problem import Problem

    complain(message, fix=fix, problem=Problem("Internal error", 500, message, fix=fix))


def _extra_of(error: ModuleNotFoundError) -> str | None:
    return EXTRA_OF.get((error.name or "").partition(".")[0])
