"""What can be pressed: the last line of a screen; and a text that is read on one, such as help."""

from __future__ import annotations

from collections.abc import Sequence

from fsmv2.cli.console import styled
from fsmv2.cli.screen.fitted_line import fitted, with_right
from fsmv2.cli.screen.screen_content import Line
from fsmv2.cli.screen.screen_state import ScreenState

KEYS: Line = (
    styled("↑↓", bold=True),
    " select  ",
    styled("←→", bold=True),
    " fold  ",
    styled("enter", bold=True),
    " details  ",
    styled("/", bold=True),
    " filter  ",
    styled("t", bold=True),
    " trouble  ",
    styled("?", bold=True),
    " help",
)


HELP = """\
↑ ↓  or  k j         select a worker; its whole reason is shown
page up, page down   one screen up or down
home, end  or  g G   the first, the last
→ ←  or  l h         unfold or fold what is below it; space does either
+  -                 unfold everything; fold again to fit the screen
enter                all there is to know of it
/                    only rows with all of these words: path, type, state, reason
t                    only workers that need a look
escape               back; undo the selection, then the filter and what was unfolded
ctrl-l               draw the screen again
q                    leave

No key changes the tree. Commands do: fsmv2 stop, pause, retry, apply, ..."""


def last_line(state: ScreenState, total: int, top: int, page: int, width: int) -> Line:
    """The keys; or what is typed, or a message; and which part of the rows is to be seen."""
    where = ""
    if page < total:
        where = f"{top + 1}–{top + page} of {total}"
    left: Line = KEYS
    if state.typing:
        left = (styled("filter: ", bold=True), state.asked.text, styled("█", dim=True))
    elif state.message:
        left = (styled(state.message, fg="yellow"),)
    elif state.asked.text or state.asked.trouble:
        shown = "only trouble" if state.asked.trouble else ""
        if state.asked.text:
            shown = " ".join(filter(None, (shown, f"filter: {state.asked.text}")))
        left = (styled(shown, bold=True), "  ", styled("esc", bold=True), " shows all")
    return with_right(fitted(left, width - len(where) - 2), where, width) if where else left


def text_frame(
    lines: Sequence[Line], title: str, scroll: int, width: int, height: int
) -> tuple[list[Line], int]:
    """A text to be read, from its line `scroll` on, and how far it was scrolled at most."""
    room = max(1, height - 1 - bool(title))
    scroll = min(scroll, max(0, len(lines) - room))
    shown: list[Line] = [fitted((styled(title, bold=True),), width)] if title else []
    shown += [fitted(line, width) for line in lines[scroll : scroll + room]]
    shown += [()] * (height - 1 - len(shown))
    more = len(lines) - scroll - room
    keys: Line = (styled("esc", bold=True), " back")
    if len(lines) > room:
        keys = (styled("↑↓", bold=True), " scroll  ", *keys, f"  {max(0, more)} more lines")
    return [*shown, fitted(keys, width)][:height], scroll


def help_lines(quit_text: str) -> list[Line]:
    """What each key does."""
    lines = HELP.splitlines()
    return [(line,) for line in lines] + ([(), (quit_text,)] if quit_text else [])
