"""`doctor`: what is wrong with a state directory, and what can be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import FAILED, OK
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import Tree

if TYPE_CHECKING:  # a command that is not called is not to cost its imports
    from fsmv2.operate.care.finding import Examination

COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}


def doctor(
    file: Tree = None,
    state_dir: StateDir = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Repair what can be; the original of all that changes is kept."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the state directory of a tree: locks, owner, disk, store, journal, records, clock.

    Nothing is changed without --repair, and the tree may be running. With it, the tree must not
    run; what is replaced is moved to a folder beside the state directory.

    Exit code 0: usable (warnings allowed), 1: something keeps it from working.

    $ fsmv2 doctor -f plant.yaml
    $ fsmv2 doctor --state-dir /var/lib/plant --repair
    """
    with reported():
        from fsmv2.cli.console import put_json
        from fsmv2.operate.running_trees import kept_directory

        directory = kept_directory(file, state_dir)
        if repair:
            from fsmv2.operate.care.repair import repair as repaired

            found = repaired(directory)
        else:
            from fsmv2.operate.care.examination import examine

            found = examine(directory)
        if as_json:
            put_json(found)
        else:
            _show(found, repairing=repair)
        raise typer.Exit(FAILED if found.errors else OK)


def _show(found: Examination, *, repairing: bool) -> None:
    from pathlib import Path

    from fsmv2.cli.console import count, put, styled
    from fsmv2.diagnostic import visible
    from fsmv2.operate.state_directory import short_path

    put(visible(short_path(Path(found.directory))))
    for done in found.repaired:
        put(styled("  repaired ", fg="green"), visible(done))
    for one in found.findings:
        put(styled(f"  {one.level:8}", fg=COLOURS[one.level]), f"{one.check}: {visible(one.text)}")
        if one.fix:
            put(f"            fix: {visible(one.fix)}")
    open_repairs = sum(bool(one.repair) for one in found.findings)
    hint = ""
    if open_repairs and not repairing:
        hint = f"; `fsmv2 doctor --repair` can see to {open_repairs} of them"
    put(f"{count(found.errors, 'error')}, {count(found.warnings, 'warning')}{hint}")
