"""The live tree on a terminal: every supervisor in one line, below it what happened last."""

from __future__ import annotations

import io
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.live import Live
from rich.rule import Rule
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from fsmv2.cli.tree_display import OUTPUT, DisplayedEvent, event_text
from fsmv2.escaping import printable
from fsmv2.operate.convergence import impaired_text, is_impaired
from fsmv2.operate.time_text import clock_text
from fsmv2.operate.worker_status import reason_text
from fsmv2.runtime import NodeView, TreeView
from fsmv2.worker import Phase

COLOURS = {
    Phase.INITIAL: "dim",
    Phase.STOPPED: "dim",
    Phase.STARTING: "cyan",
    Phase.RUNNING: "green",
    Phase.DEGRADED: "yellow",
    Phase.STOPPING: "magenta",
    Phase.FAILED: "bold red",
}
LEVELS = {"warning": "yellow", "error": "red"}
EVENTS = 8
"""How many of the last happenings are shown."""
LEAST_EVENTS = 3
"""How many of them on a small terminal."""
OUTPUTS = 8
"""How many of the last lines that processes wrote are shown, apart from what the tree says."""
LEAST_OUTPUTS = 2
"""How many of them on a small terminal."""
SVG_WIDTH = 120

Below = Callable[[], Iterable[RenderableType]]


class Screen(Console):
    """A console that draws printable text alone, whatever stands in what it is given to draw.

    Rich keeps its own codes for the terminal apart from text, so every code in a text is a
    stranger's; one sign takes its place, since columns have been measured already.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """The segments of Rich, cleaned."""
        for segment in super().render(renderable, options):
            text = segment.text
            if segment.control or text == "\n" or printable(text) is text:
                yield segment
            else:
                clean = "".join(c if printable(c) == c else "\ufffd" for c in text)
                yield Segment(clean, segment.style)


class LiveTree:
    """Draws frames on `console`; `below` may add more under the events, on each frame anew."""

    live = True

    def __init__(self, console: Screen, title: str, below: Below = tuple) -> None:
        self._console = console
        self._title = title
        self._below = below
        self._events: deque[DisplayedEvent] = deque(maxlen=EVENTS)
        self._outputs: dict[str, deque[DisplayedEvent]] = {}
        self._lock = threading.Lock()
        self._tree = TreeView(0.0, ())
        self._live = Live(console=console, auto_refresh=False, vertical_overflow="ellipsis")
        self._live.start()

    def happened(self, happening: DisplayedEvent) -> None:
        """Keep it for the next frame; from any thread."""
        with self._lock:
            if happening.kind == OUTPUT:
                self._outputs.setdefault(happening.path, deque(maxlen=OUTPUTS)).append(happening)
            else:
                self._events.append(happening)

    def frame(self, tree: TreeView) -> None:
        """Draw; once a stop has released everything, the last tree stays for the eye."""
        if tree.nodes:
            self._tree = tree
        self._live.update(self._draw(self._console.size.height - 1), refresh=True)

    def summary(self, text: str, data: Mapping[str, Any]) -> None:
        """Leave the last frame standing and print the text below it."""
        self.close()
        self._console.print(Text(text))

    def close(self) -> None:
        """Leave the last frame standing."""
        self._live.stop()

    def save_svg(self, file: Path) -> None:
        """Write the last frame as a picture that needs no font from elsewhere."""
        canvas = Screen(
            record=True, width=SVG_WIDTH, file=io.StringIO(), force_terminal=True, no_color=False
        )
        canvas.print(self._draw(height=60))
        svg = canvas.export_svg(title=printable(self._title))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S), encoding="utf-8")

    def _draw(self, height: int) -> Group:
        """The tree comes first: for its sake events give way, then what is below them."""
        with self._lock:
            happened, outputs = list(self._events), [list(one) for one in self._outputs.values()]
        below = list(self._below())
        rest = height - 3 - len(self._tree.nodes)  # the headline, the table's head, a rule
        least = LEAST_EVENTS + (LEAST_OUTPUTS + 1 if outputs else 0)
        while below and sum(map(_lines_of, below)) + least > rest:
            below.pop()
        room = rest - sum(map(_lines_of, below))
        if outputs:
            spare = room - 1 - max(LEAST_EVENTS, min(EVENTS, len(happened)))
            wrote = fairly(outputs, max(LEAST_OUTPUTS, min(OUTPUTS, spare)))
            below = [Rule(style="dim"), outputs_table(wrote), *below]
            room -= 1 + len(wrote)
        events = happened[-max(LEAST_EVENTS, min(EVENTS, room)) :]
        rows = height - 3 - len(events) - sum(map(_lines_of, below))
        return Group(
            headline(self._title, self._tree),
            tree_table(self._tree, rows=max(3, rows)),
            Rule(style="dim"),
            events_table(events),
            *below,
        )


def headline(title: str, tree: TreeView) -> Text:
    """The title, the time, and how many supervisors are in each phase."""
    counts = {phase: sum(node.phase is phase for node in tree.nodes) for phase in Phase}
    text = Text.assemble((title, "bold"), "  ", (clock_text(tree.at)[:8], "dim"), no_wrap=True)
    for phase, number in counts.items():
        if number:
            text.append("  ")
            text.append(f"{number} {phase.value}", COLOURS[phase])
    if impaired := impaired_text(tree):
        text.append(f"  {impaired}", "yellow")
    return text


def tree_table(tree: TreeView, *, rows: int) -> Table:
    """The tree, at most `rows` lines: undisturbed leaves give way first."""
    table = Table(box=None, expand=True, pad_edge=False, header_style="dim")
    table.add_column("path", no_wrap=True, max_width=40)
    # As wide as the longest built-in state, so that the columns do not jump from frame to frame.
    table.add_column("state", no_wrap=True, min_width=19, max_width=30)
    table.add_column("since", no_wrap=True, justify="right", width=7)
    table.add_column("rate", no_wrap=True, justify="right", width=8)
    table.add_column("reason", no_wrap=True, overflow="ellipsis", ratio=1)
    shown = fitting(tree.nodes, rows)
    for node, guide in zip(shown, guides(shown), strict=True):
        table.add_row(
            Text.assemble((guide, "dim"), node.name),
            Text(node.state, _colour(node)),
            age_text(node.age),
            rate_text(node.observed),
            Text(reason_text(node), "yellow" if node.conditions or node.held else ""),
        )
    if len(shown) < len(tree.nodes):
        table.add_row(Text(f"… and {len(tree.nodes) - len(shown)} more", "dim"))
    return table


def _colour(node: NodeView) -> str:
    if not node.fresh:
        return "dim"
    return "yellow" if is_impaired(node) else COLOURS[node.phase]


def events_table(events: Iterable[DisplayedEvent]) -> Table:
    """The last happenings, oldest first."""
    table = Table(box=None, expand=True, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="dim", width=12)
    table.add_column(no_wrap=True, max_width=40)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for event in events:
        text = Text(event_text(event), LEVELS.get(event.level, ""))
        table.add_row(clock_text(event.at), Text(event.path), text)
    return table


def fairly(outputs: Iterable[Sequence[DisplayedEvent]], rows: int) -> list[DisplayedEvent]:
    """The last line of each process, the one before it of each, and so on, `rows` in all.

    Oldest first; so one that writes much leaves room for the others.
    """
    rounds = zip_longest(*(reversed(lines) for lines in outputs))
    chosen: list[DisplayedEvent] = []
    for lines in rounds:
        latest = sorted((line for line in lines if line is not None), key=lambda line: -line.at)
        chosen += latest[: rows - len(chosen)]
    chosen.reverse()  # so that lines of one moment stay in order
    return sorted(chosen, key=lambda line: line.at)


def outputs_table(lines: Iterable[DisplayedEvent]) -> Table:
    """The last lines that processes wrote, oldest first."""
    table = Table(box=None, expand=True, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="dim", width=12)
    table.add_column(no_wrap=True, max_width=40)
    table.add_column(no_wrap=True, style="dim", width=5)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    for line in lines:
        table.add_row(clock_text(line.at), Text(line.path), f"{line.stream:3} │", Text(line.text))
    return table


def fitting(nodes: tuple[NodeView, ...], rows: int) -> tuple[NodeView, ...]:
    """The nodes that `rows` lines have room for.

    While there are too many, the deepest level of healthy nodes goes, so that what needs a look
    stays; what is left is cut at the end.
    """
    kept = list(nodes)
    depth = max((node.depth for node in kept), default=0)
    least = min((node.depth for node in kept), default=0)
    while len(kept) > rows and depth > least:
        kept = [node for node in kept if node.depth < depth or not node.healthy]
        depth -= 1
    return tuple(kept if len(kept) <= rows else kept[: rows - 1])


def guides(nodes: tuple[NodeView, ...]) -> list[str]:
    """For each node, parents before children, the lines that lead to it."""
    lead: list[str] = []
    open_levels: set[int] = set()  # levels on which a later sibling is still to come
    for node in reversed(nodes):
        bars = "".join("│  " if level in open_levels else "   " for level in range(1, node.depth))
        own = "" if node.depth == 0 else ("├─ " if node.depth in open_levels else "└─ ")
        lead.append(bars + own)
        open_levels = {level for level in open_levels if level < node.depth} | {node.depth}
    return lead[::-1]


def rate_text(observed: Any) -> str:
    """Messages a second, for nodes that move any."""
    rate = getattr(observed, "messages_per_second", None)
    return f"{rate:.1f}/s" if isinstance(rate, int | float) else ""


def age_text(seconds: float) -> str:
    """`12 s`, `3 min`, `5 h`, `4 d`."""
    for limit, unit, size in ((120, "s", 1), (7200, "min", 60), (172_800, "h", 3600)):
        if seconds < limit:
            return f"{int(max(0.0, seconds) / size)} {unit}"
    return f"{int(seconds / 86400)} d"


def _lines_of(part: RenderableType) -> int:
    if isinstance(part, Table):
        return part.row_count + (1 if part.show_header else 0)
    return part.plain.count("\n") + 1 if isinstance(part, Text) else 1
