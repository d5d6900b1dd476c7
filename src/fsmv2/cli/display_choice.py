"""Which display a tree is shown on: the screen, plain lines, or JSON lines."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fsmv2.cli.line_output import JsonLines, PlainLines
from fsmv2.cli.output_thread import Outlet
from fsmv2.cli.tree_display import TreeDisplay

if TYPE_CHECKING:
    from fsmv2.cli.screen.live_source import LiveSource


def choose_display(
    source: LiveSource, out: Outlet, *, as_json: bool, save_svg: Path | None
) -> TreeDisplay:
    """The screen on a terminal, JSON or plain lines elsewhere; `out`: the outlet of stdout.

    A picture is made from the screen, so `save_svg` asks for it off a terminal, too.
    """
    if as_json:
        return JsonLines()
    if can_draw() or save_svg is not None:
        from fsmv2.cli.screen.live_screen import LiveScreen

        return LiveScreen(source, out, shown=can_draw())
    return PlainLines()


def can_draw() -> bool:
    """Whether stdout is a terminal that has a screen, and is ours: a job in the background, as by
    `fsmv2 run plant.yaml &`, would draw over the shell.
    """
    if not sys.stdout.isatty() or os.environ.get("TERM", "") in ("", "dumb"):
        return False
    try:
        return os.tcgetpgrp(sys.stdout.fileno()) == os.getpgrp()
    except OSError:  # it is no terminal that has jobs
        return True


def save_picture(show: TreeDisplay, file: Path | None) -> None:
    """Write what the screen shows to `file`, if that is asked for."""
    from fsmv2.cli.screen.live_screen import LiveScreen

    if file is not None and isinstance(show, LiveScreen):
        show.save_svg(file)
