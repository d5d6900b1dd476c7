"""`validate`: everything that is wrong in a document, or with what a tree keeps, at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import FAILED, OK
from fsmv2.cli.options import AsJson, OptionalFileOrInput, Types, path_argument

if TYPE_CHECKING:  # a command that is not called is not to cost its imports
    from fsmv2.operate.stored_validation import StoredValidation
    from fsmv2.operate.validation import Validation


def validate(
    file: OptionalFileOrInput = None,
    state_dir: Annotated[
        Path | None,
        typer.Option(
            "--state-dir",
            parser=path_argument,
            metavar="DIR",
            help="Check what the tree in this state directory keeps; with FILE, check that as its "
            "next document.",
        ),
    ] = None,
    types: Types = None,
    as_json: AsJson = False,
) -> None:
    """Check a document: every problem at once, with line, caret and fix.

    With --state-dir and no FILE: whether this fsmv2 can go on with what is kept there. That is the
    text of the generation that runs, with secrets as they are now, the worker types, and the
    version of store and journal. Nothing is written, and the tree may be running: ask a new
    version this before you stop the old one.

    Exit code 0: usable (warnings allowed), 1: problems.

    $ fsmv2 validate plant.yaml
    $ fsmv2 validate plant.d --json
    $ fsmv2 validate --state-dir state --types mine.types
    """
    if file is None and state_dir is None:
        raise typer.BadParameter("name the document, or with --state-dir a tree that keeps one")
    if types and (file is not None or state_dir is None):
        raise typer.BadParameter("--types needs --state-dir, and no FILE")
    with reported():
        from fsmv2.cli.progress_line import long_work
        from fsmv2.cli.standard_input import named_or_input
        from fsmv2.diagnostic import visible

        if file is not None:
            file, given = named_or_input(file)
            with long_work(f"checking {file}"):
                found = _of_file(file, state_dir, given)
            text = [f"{visible(str(file))}: "]
            code = _shown(found, text, {"file": str(file)}, as_json=as_json)
        elif state_dir is not None:
            from fsmv2.operate.stored_validation import validate_stored

            with long_work(f"checking what is kept in {state_dir}"):
                stored = validate_stored(state_dir, types or [])
            code = _shown(stored, _stored_text(stored), _stored(stored), as_json=as_json)
        raise typer.Exit(code)


def _of_file(file: Path, state_dir: Path | None, given: bytes | None) -> Validation:
    if state_dir is None:
        from fsmv2.operate.validation import validate as validated

        return validated(file, given)
    from fsmv2.operate.stored_validation import validate_for

    return validate_for(file, state_dir, given)


def _shown(found: Validation, before: list[str], about: dict[str, Any], *, as_json: bool) -> int:
    """Show what was found; the exit code."""
    from fsmv2.cli.console import count, progress, put_json, show_diagnostics, styled

    if as_json:
        summary = {
            **about,
            "problems": found.problems,
            "warnings": found.warnings,
            "diagnostics": found.diagnostics,
        }
        put_json(summary, indent=True)
    else:
        show_diagnostics(found.diagnostics)
        colour = "red" if found.problems else ("yellow" if found.warnings else "green")
        text = f"{count(found.problems, 'problem')}, {count(found.warnings, 'warning')}"
        *lines, last = before
        for line in lines:
            progress(line)
        progress(last, styled(text, fg=colour))
    return FAILED if found.problems else OK


def _stored_text(found: StoredValidation) -> list[str]:
    """What was checked, in lines; the last one is followed by how many problems there are."""
    from fsmv2.operate.state_directory import short_path

    lines = []
    if found.change:
        lines.append(f"checked is what runs, not the file: {found.change}")
    what = f"generation {found.generation} of" if found.generation else "no generation yet;"
    state = ["managed" if found.managed else "follows that file"]
    if found.pinned:
        state.append("pinned")
    if found.process:
        state.append(f"runs in process {found.process}")
    about = f"{what} {found.source} ({', '.join(state)})" if found.source else "no document"
    return [*lines, f"{short_path(found.directory)}: {about}: "]


def _stored(found: StoredValidation) -> dict[str, Any]:
    return {
        "directory": str(found.directory),
        "generation": found.generation,
        "file": found.source,
        "managed": found.managed,
        "pinned": found.pinned,
        "change": found.change,
        "process": found.process,
    }
