"""The editor of whoever is at the terminal, on files that are there for it alone."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from fsmv2.errors import QuestionError, error_text, system_text

USUAL = ("sensible-editor", "editor", "vi", "nano")
"""Looked for where neither VISUAL nor EDITOR is set."""


def editor_command() -> list[str]:
    """The program and its arguments, from VISUAL or EDITOR; QuestionError: there is none."""
    for variable in ("VISUAL", "EDITOR"):
        text = os.environ.get(variable, "").strip()
        if not text:
            continue
        try:
            return shlex.split(text)
        except ValueError as error:
            raise QuestionError(
                f"{variable} is {text!r}, which is not a command: {error_text(error).lower()}.",
                fix=f"Set it to the command of an editor, such as {variable}='code --wait'.",
            ) from None
    if not sys.stdin.isatty():  # those below would wait there for keys for ever
        raise QuestionError(
            "there is no terminal for an editor.",
            fix="Run it on one, or set EDITOR to a program that needs none.",
        )
    for name in USUAL:
        if shutil.which(name):
            return [name]
    raise QuestionError("no editor was found.", fix="Set EDITOR to the command of one.")


def edit_files(files: Iterable[Path]) -> None:
    """Have them edited, and wait; QuestionError: the editor failed."""
    command = editor_command()
    # Ctrl-C is for the editor meanwhile. Not ignored, since the editor would inherit that.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        whole = [*command, *map(os.fspath, files)]
        # What the user named to be run, as git and crontab do.
        ended = subprocess.run(whole, check=False).returncode  # noqa: S603
    except OSError as error:
        raise QuestionError(
            f"the editor {command[0]!r} cannot be run: {system_text(error)}.",
            fix="Set VISUAL or EDITOR to the command of another.",
        ) from None
    finally:
        signal.signal(signal.SIGINT, before)
    if ended:
        how = f"with exit code {ended}" if ended > 0 else f"by signal {-ended}"
        raise QuestionError(f"the editor {command[0]!r} ended {how}.", fix="Edit again.")
