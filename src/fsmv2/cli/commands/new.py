"""`new worker`: a folder with a worker and its tests, which pass as they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import OK
from fsmv2.cli.options import path_argument


def begin() -> None:
    """Create something of your own, from a skeleton that works."""


def worker(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as lamp or pump-station.")],
    parent: Annotated[
        Path, typer.Option("--in", parser=path_argument, metavar="DIR", help="Where to put it.")
    ] = Path(),
) -> None:
    """Write a folder NAME with a worker and its tests, which pass as they stand.

    Nothing is overwritten: exit code 1 if the folder exists or the name cannot be used.

    $ fsmv2 new worker lamp
    $ fsmv2 new worker pump-station --in src
    """
    with reported():
        import sys
        from importlib.util import find_spec

        from fsmv2.cli.console import put
        from fsmv2.cli.worker_skeleton import write_skeleton

        folder = write_skeleton(name, parent)
        put(f"{folder}: a worker that keeps a file, and tests that pass.")
        put(f"Try it: cd {folder} && fsmv2 python -m pytest")
        if find_spec("pytest") is None:
            put(f"That needs pytest: {sys.executable} -m pip install pytest")
        raise typer.Exit(OK)
