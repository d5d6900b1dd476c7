"""The page on the architecture: its text, and what is read from the code."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from pathlib import Path

from import_graph import SOURCE, Graph, circles, import_graph

LAYERS = {
    "contract": "what core and runtime say to each other",
    "state": "what is known; decides nothing",
    "policy": "one rule a file",
    "life": "created, stopped, released, restarted",
    "phases": "the parts of a tick",
    "tick": "one look at one supervisor",
    "handlers": "event → function, timer → function",
    "machine": "`Core`: events in, instructions out",
    "checkpoint": "the whole state, taken and restored",
}

TEXT = """# How fsmv2 is built

{note}
```text
 plant.yaml ─► document ─► plant ─► model ─► core ──instructions──► runtime ─► I/O
 (what a       (text with  (what it (pure     ▲                        │
  user wants)   places)     means)   data)    └────────events──────────┘
                                  command line ─► operate ─► questions and requests
```

**A pure core and a thin shell.** The core is a synchronous machine without I/O and without a clock:
events go in (declared, observed, action ended, timer fired, stop asked), instructions come out (run
this action, collect now, save this). The runtime carries them out and reports back. Planning,
`why`, replay and simulation run *the same core*, never a second copy of its logic.
[How a tick decides](how-a-tick-decides.md) follows one event through it.

## The layers

A package may import from those below it only. `lint-imports` holds that in `make test`, and a test
that no imports go round in a circle, those for annotations included.

{house}

Who imports from whom, with the number of imports:

```mermaid
graph TD
{house_graph}
```

{house_figures}

## Inside the core

`state/tree.py` is the ground: `Tree` has the supervisors, who is dirty, and the services that
every rule uses (mark, report, emit, timers, conditions). It decides nothing. `machine.py` is the
roof: `Core` is a `Tree` that handles events and ticks. What stands between is handed a `Tree`, so
that no rule can run the machine.

{layers}

Which imports from which, with the number of imports:

```mermaid
graph TD
{graph}
```

{figures}

## Where a behaviour is

{files}
"""


def architecture_page(note: str) -> str:
    """The page, with layers, graph and files of the core as they are now."""
    whole, graph = import_graph("fsmv2"), import_graph("fsmv2.core")
    return TEXT.format(
        note=note,
        house=_house(),
        house_graph=_drawn(whole, "fsmv2", _house_order()),
        house_figures=_figures(whole, "fsmv2"),
        layers=_layers(),
        graph=_drawn(graph, "fsmv2.core", list(reversed(LAYERS))),
        figures=_figures(graph, "fsmv2.core"),
        files=_files(),
    )


def _layers() -> str:
    rows = [f"| `{name}` | {what} |" for name, what in reversed(LAYERS.items())]
    return "| layer, from the top | what it holds |\n|---|---|\n" + "\n".join(rows)


def _layer(module: str, package: str = "fsmv2.core") -> str:
    return module.removeprefix(f"{package}.").partition(".")[0]


def _house_layers() -> list[list[str]]:
    """The layers of the whole package, from the top; the packages of one do not know each other."""
    settings = tomllib.loads((SOURCE.parent / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one.get("containers") == ["fsmv2"])
    return [[name.strip() for name in layer.split("|")] for layer in layers]


def _house_order() -> list[str]:
    return [name for layer in _house_layers() for name in layer]


def _house() -> str:
    rows = [
        f"| {number} | `{name}` | {_opening(_init_of(name))} |"
        for number, layer in enumerate(_house_layers(), start=1)
        for name in layer
    ]
    return "| layer | package | what it holds |\n|---|---|---|\n" + "\n".join(rows)


def _init_of(name: str) -> Path:
    folder = SOURCE / "fsmv2" / name
    return folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")


def _drawn(graph: Graph, package: str, order: list[str]) -> str:
    """An edge for each pair of layers, `order` from the top; the package's own `__init__` imports
    from all, and is not drawn.
    """
    edges = Counter(
        (_layer(module, package), _layer(other, package))
        for module, imports in graph.items()
        for other in imports
        if package not in (module, other) and _layer(module, package) != _layer(other, package)
    )
    drawn = sorted(edges.items(), key=lambda edge: [order.index(end) for end in edge[0]])
    return "\n".join(f"  {above} -->|{count}| {below}" for (above, below), count in drawn)


def _figures(graph: Graph, package: str) -> str:
    files = _files_of(package)
    lines = sorted(len(file.read_text().splitlines()) for file in files)
    found = circles(graph)
    count = "none" if not found else "; ".join(", ".join(group) for group in found)
    return (
        f"Files: {len(lines)}, of {lines[len(lines) // 2]} lines in the median, and nine of ten of "
        f"at most {lines[len(lines) * 9 // 10]}. Import circles: {count}."
    )


def _files_of(package: str) -> list[Path]:
    files = sorted((SOURCE / package.replace(".", "/")).rglob("*.py"))
    return [file for file in files if file.name != "__init__.py"]


def _files() -> str:
    parts = []
    for layer in reversed(LAYERS):
        rows = [
            f"| [`{file.relative_to(SOURCE / 'fsmv2/core')}`](../../src/"
            f"{file.relative_to(SOURCE)}) | {_opening(file)} |"
            for file in _files_of("fsmv2.core")
            if _layer(f"fsmv2.core.{file.relative_to(SOURCE / 'fsmv2/core').parts[0]}") == layer
            or file.stem == layer
        ]
        parts += rows
    return "| file | what it holds |\n|---|---|\n" + "\n".join(parts)


def _opening(file: Path) -> str:
    """The first sentence of a module's docstring."""
    text = ast.get_docstring(ast.parse(file.read_text())) or ""
    return " ".join(text.partition("\n\n")[0].split())
