"""The screen as a picture, for a page."""

from __future__ import annotations

import io
import re

from rich.console import Console
from rich.text import Text

from fsmv2.cli.console import Styled
from fsmv2.cli.screen.screen_content import ScreenContent
from fsmv2.cli.screen.screen_lines import ScreenLines
from fsmv2.cli.screen.screen_state import ScreenState
from fsmv2.escaping import printable_line

WIDTH, LINES = 120, 40


def picture(content: ScreenContent) -> str:
    """An SVG that needs no font from elsewhere."""
    canvas = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, no_color=False
    )
    frame = ScreenLines().frame(content, ScreenState(), WIDTH, LINES, keys=False)
    for line in frame.lines:
        canvas.print(
            Text.assemble(
                *((part.text, _style(part)) if isinstance(part, Styled) else part for part in line)
            )
        )
    svg = canvas.export_svg(title=printable_line(content.title))
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)


def _style(part: Styled) -> str:
    return " ".join(filter(None, (part.fg, "bold" * part.bold, "dim" * part.dim))) or "none"
