"""The screen as a picture, for a page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from fsmv2.cli.console import Styled
from fsmv2.cli.screen.screen_content import Line, ScreenContent
from fsmv2.cli.screen.screen_lines import ScreenLines
from fsmv2.cli.screen.screen_state import ScreenState
from fsmv2.escaping import printable_line

WIDTH, LINES = 120, 40


def picture(content: ScreenContent) -> str:
    """The whole screen, as an SVG."""
    frame = ScreenLines().frame(content, ScreenState(), WIDTH, LINES, keys=False)
    return drawn(frame.lines, content.title, WIDTH)


def drawn(lines: Iterable[Line], title: str, width: int) -> str:
    """Lines of a terminal of so many columns as an SVG that needs no font from elsewhere."""
    canvas = Console(
        record=True, width=width, file=io.StringIO(), force_terminal=True, no_color=False
    )
    for line in lines:
        canvas.print(
            Text.assemble(
                *((part.text, _style(part)) if isinstance(part, Styled) else part for part in line)
            )
        )
    svg = canvas.export_svg(title=printable_line(title))
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)


def _style(part: Styled) -> str:
    marks = ("bold" * part.bold, "dim" * part.dim, "reverse" * part.reverse)
    return " ".join(filter(None, (part.fg, *marks))) or "none"
