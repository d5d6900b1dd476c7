"""`restore`: a state directory is made of a backup again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, path_argument

if TYPE_CHECKING:  # a command that is not called is not to cost its imports
    from fsmv2.operate.care.restoration import Restored


def restore(
    file: Annotated[
        Path,
        typer.Argument(
            parser=path_argument, metavar="FILE", help="What `fsmv2 backup` has written."
        ),
    ],
    state_dir: Annotated[
        Path | None,
        typer.Option(
            "--state-dir",
            parser=path_argument,
            metavar="DIR",
            help="Where to restore it. Default: where it was backed up.",
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Move an existing state directory aside first."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restore a state directory from a backup.

    All of it is checked before anything changes. Nothing is deleted: with --replace, what is there
    gets another name. The tree must not be running.

    $ fsmv2 restore plant.fsmv2.tar.gz
    $ fsmv2 restore plant.fsmv2.tar.gz --state-dir /var/lib/plant
    """
    with reported():
        from fsmv2.cli.console import put, put_json
        from fsmv2.operate.care.restoration import restore as put_back
        from fsmv2.operate.state_directory import short_path
        from fsmv2.operate.time_text import date_text

        found = put_back(file, state_dir, replace=replace)
        if as_json:
            put_json(found)
            return
        about, place = found.about, short_path(Path(found.directory))
        put(f"{place}: as it was on {date_text(about.at)[:19]} on {about.host}")
        if found.moved_to:
            put(f"  what was there is in {short_path(Path(found.moved_to))}")
        for kept in found.kept:
            put(f"  kept from there: {kept}, what the embedded broker stores")
        put("  commands that were executed since are not known, and are executed if sent again")
        put(f"  run it with: {_run_again(found)}")


def _run_again(found: Restored) -> str:
    """The command; the place is named unless it is the usual one of the document."""
    from fsmv2.operate.document_directory import directory_of
    from fsmv2.operate.state_directory import short_path

    about, place = found.about, Path(found.directory)
    if about.managed or not about.document:
        return f"fsmv2 run --state-dir {short_path(place)}"
    usual = directory_of(Path(about.document)) == place
    return f"fsmv2 run {about.document}" + ("" if usual else f" --state-dir {short_path(place)}")
