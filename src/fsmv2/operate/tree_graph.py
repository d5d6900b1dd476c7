"""The tree as a graph: Mermaid for pages, DOT for Graphviz, SVG for a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal
from xml.sax.saxutils import escape

import msgspec

from fsmv2.escaping import printable_line

GraphFormat = Literal["mermaid", "dot", "svg"]

COLOURS = {
    "running": "#2e7d32",
    "starting": "#0277bd",
    "stopping": "#6a1b9a",
    "degraded": "#f9a825",
    "failed": "#c62828",
    "stopped": "#757575",
    "initial": "#757575",
}
UNKNOWN = "#37474f"
ROW, INDENT, CHARACTER, MARGIN = 26, 24, 7.4, 12
"""Of the SVG, in pixels."""


class GraphNode(msgspec.Struct, frozen=True):
    """One worker; its phase and state are empty where nothing runs."""

    path: str
    type: str
    state: str = ""
    phase: str = ""


def graph_text(nodes: Sequence[GraphNode], form: GraphFormat) -> str:
    """The graph of these workers, parents before children; it ends with a line end."""
    return _FORMS[form](nodes)


def _mermaid(nodes: Sequence[GraphNode]) -> str:
    names = _names(nodes)
    lines = ["flowchart TD"]
    for node in nodes:
        # Mermaid reads entities that begin with # in a text that is quoted.
        text = _label(node).replace("#", "#35;").replace('"', "#34;").replace("<", "#60;")
        lines.append(f'  {names[node.path]}["{text}"]')
    lines += [f"  {above} --> {below}" for above, below in _edges(nodes, names)]
    for phase in sorted({node.phase for node in nodes if node.phase in COLOURS}):
        members = ",".join(names[node.path] for node in nodes if node.phase == phase)
        lines.append(f"  classDef {phase} stroke:{COLOURS[phase]},stroke-width:2px")
        lines.append(f"  class {members} {phase}")
    return "\n".join(lines) + "\n"


def _dot(nodes: Sequence[GraphNode]) -> str:
    names = _names(nodes)
    lines = ["digraph tree {", "  rankdir=LR", "  node [shape=box, fontname=sans]"]
    for node in nodes:
        text = _label(node).replace("\\", "\\\\").replace('"', '\\"')
        colour = COLOURS.get(node.phase, UNKNOWN)
        lines.append(f'  {names[node.path]} [label="{text}", color="{colour}"]')
    lines += [f"  {above} -> {below}" for above, below in _edges(nodes, names)]
    return "\n".join([*lines, "}"]) + "\n"


def _svg(nodes: Sequence[GraphNode]) -> str:
    """A row for each worker, children below and right of their parent, joined by lines."""
    depth = {node.path: node.path.count("/") for node in nodes}
    least = min(depth.values(), default=0)
    rows = {node.path: number for number, node in enumerate(nodes)}
    widest = max(
        ((depth[node.path] - least) * INDENT + len(_label(node)) * CHARACTER for node in nodes),
        default=0.0,
    )
    width, height = round(widest) + 2 * MARGIN + 24, len(nodes) * ROW + 2 * MARGIN
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for node in nodes:
        x = MARGIN + (depth[node.path] - least) * INDENT
        y = MARGIN + rows[node.path] * ROW + ROW // 2
        above = node.path.rpartition("/")[0]
        if above in rows:
            top = MARGIN + rows[above] * ROW + ROW // 2
            lines.append(
                f'<path d="M{x - INDENT + 5} {top + 6}V{y}H{x}" fill="none" stroke="#b0bec5"/>'
            )
        colour = COLOURS.get(node.phase, UNKNOWN)
        lines.append(f'<circle cx="{x + 5}" cy="{y}" r="5" fill="{colour}"/>')
        lines.append(f'<text x="{x + 16}" y="{y + 4}" fill="#212121">{escape(_label(node))}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


_FORMS: Mapping[GraphFormat, Callable[[Sequence[GraphNode]], str]] = {
    "mermaid": _mermaid,
    "dot": _dot,
    "svg": _svg,
}


def _label(node: GraphNode) -> str:
    name = node.path.rpartition("/")[2]
    state = f": {node.state}" if node.state else ""
    return printable_line(f"{name} ({node.type}){state}")


def _names(nodes: Sequence[GraphNode]) -> dict[str, str]:
    """What a node is called in the text: a number, since a path may have any signs."""
    return {node.path: f"n{number}" for number, node in enumerate(nodes)}


def _edges(nodes: Sequence[GraphNode], names: Mapping[str, str]) -> list[tuple[str, str]]:
    found = []
    for node in nodes:
        above = node.path.rpartition("/")[0]
        if above in names:
            found.append((names[above], names[node.path]))
    return found
