"""Which display a tree is shown on: the live tree, plain lines, or JSON lines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fsmv2.cli.console import coloured
from fsmv2.cli.line_output import JsonLines, PlainLines
from fsmv2.cli.tree_display import TreeDisplay

if TYPE_CHECKING:
    from fsmv2.cli.live_tree import Below


def choose_display(
    title: str, *, as_json: bool, save_svg: Path | None, below: Below = tuple
) -> TreeDisplay:
    """The live tree on a terminal, JSON or plain lines elsewhere.

    A picture needs the live tree, so `save_svg` asks for it off a terminal, too.
    """
    if as_json:
        return JsonLines()
    if sys.stdout.isatty() or save_svg is not None:
        from fsmv2.cli.live_tree import LiveTree, Screen

        return LiveTree(Screen(no_color=not coloured(sys.stdout)), title, below)
    return PlainLines()


def save_picture(show: TreeDisplay, file: Path | None) -> None:
    """Write the last frame of a live tree to `file`, if one is asked for."""
    from fsmv2.cli.live_tree import LiveTree

    if file is not None and isinstance(show, LiveTree):
        show.save_svg(file)
