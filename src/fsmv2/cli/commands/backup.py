"""`backup`: what a plant needs to go on elsewhere, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir, path_argument
from fsmv2.cli.request_options import Tree


def backup(
    target: Annotated[
        Path,
        typer.Argument(
            parser=path_argument, metavar="FILE", help="The new file, such as plant.fsmv2.tar.gz."
        ),
    ],
    file: Tree = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Write a backup of a tree to FILE; the tree may be running, and is not held up.

    In it: the generations of the document, overrides, events, which commands were executed, the
    broker's ports and credentials. So FILE is readable by you alone, and should stay so.
    Not in it: the samples that the broker stores, the journal, and files that a document names.

    $ fsmv2 backup plant.fsmv2.tar.gz
    $ fsmv2 backup plant.fsmv2.tar.gz -f plant.yaml
    """
    with reported():
        from fsmv2.cli.console import put, put_json
        from fsmv2.operate.care.backup import back_up
        from fsmv2.operate.running_trees import kept_directory
        from fsmv2.operate.state_directory import short_path

        found = back_up(kept_directory(file, state_dir), target)
        if as_json:
            put_json(found)
            return
        about = found.about
        what = f"generation {about.generation}" if about.generation else "no generation yet"
        of = f" of {about.document}" if about.document else ""
        put(f"{found.file}: {what}{of}, {_size(found.size)}")
        for missing in found.left_out:
            put(f"  not in it: {missing}")
        put(f"  restore it with: fsmv2 restore {short_path(Path(found.file))}")


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.1f} kB"
