"""`run`: the tree of one document, shown until it is asked to stop."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from fsmv2.cli.console import coloured, count, progress, show_diagnostics
from fsmv2.cli.convergence import unsettled
from fsmv2.cli.document_change import (
    RunningDocument,
    begins_record,
    keep_record,
    read_unchanged,
    record_in,
    watched,
)
from fsmv2.cli.exit_codes import DROPPED, FAILED, OK, UNSETTLED
from fsmv2.cli.foreground import ForegroundProcess
from fsmv2.cli.line_output import JsonLines, PlainLines
from fsmv2.cli.log_filter import filter_logs
from fsmv2.cli.state_directory import (
    DOCUMENT,
    JOURNAL,
    STORE,
    StateDirectory,
    held,
    holder,
    shown,
    state_home,
)
from fsmv2.cli.tree_display import TreeDisplay, impaired_text, is_impaired, reason_text
from fsmv2.cli.tree_session import TreeSession
from fsmv2.core.state.paths import encode
from fsmv2.errors import StoreError
from fsmv2.runtime import Runtime, TreeView, bounded_pauses
from fsmv2.store import SqliteStore, Store

if TYPE_CHECKING:
    from fsmv2.cli.live_tree import Below
    from fsmv2.plant import Plant

SHOWN = 10
"""How many of those that did not run are named to people; programs are given all."""


def run_document(
    file: Path,
    control: ForegroundProcess,
    *,
    seconds: float | None,
    as_json: bool,
    state_dir: Path | None,
    save_svg: Path | None,
    detect_only: bool = False,
    output: bool = True,
) -> int:
    """Run the tree of `file`; returns the exit code.

    `output`: whether what processes write is shown, too.
    """
    from fsmv2.plant import load_plant

    filter_logs()
    directory = (state_dir or default_state(file)).absolute()
    if state_dir is None:
        _check_runs_nowhere_else(file, directory)
    if not directory.exists():
        load_plant(file)  # one that is wrong must not leave a folder behind
    with held(directory) as place:
        begins_record(directory, file)
        plant, record = read_unchanged(file, lambda: load_plant(file, state_dir=directory))
        if record is not None:
            keep_record(directory, record)
            place.rewrite(functools.partial(keep_record, directory, record))
        show_diagnostics(plant.diagnostics)
        if detect_only:
            settings = msgspec.structs.replace(plant.settings, detect_only=True)
            plant = msgspec.structs.replace(plant, settings=settings)
            progress("detect only: what would be done is said, and nothing is done")
        progress(f"keeps its data in {shown(directory)}")
        store = SqliteStore(directory / STORE)
        journal = directory / JOURNAL
        control.signals.started()
        show = choose_display(f"fsmv2 run {file.name}", as_json=as_json, save_svg=save_svg)

        def beside(running: TreeSession) -> contextlib.AbstractContextManager[None]:
            return watched(file, record, lambda text: running.tell("fsmv2", text, level="warning"))

        tree = _run(plant, control, show, seconds, save_svg, store, output, journal, place, beside)
        return asyncio.run(tree)


def default_state(file: Path) -> Path:
    """Where a document's tree keeps its data: one place for each document, whatever its name.

    A path that was run before keeps its place when a link in it leads elsewhere by now: what runs
    of it is adopted.
    """
    digest = hashlib.sha256(os.fsencode(os.path.realpath(file))).hexdigest()[:8]
    own = state_home() / f"{file.stem}-{digest}"
    named = os.path.abspath(file)
    before = [(record.at, place) for place, record in _kept() if record.file == named]
    return max(before)[1] if before else own


def _kept() -> Iterator[tuple[Path, RunningDocument]]:
    """The state directories in their usual place, each with the document it is of."""
    for file in state_home().glob(f"*/{DOCUMENT}"):
        if (record := record_in(file.parent)) is not None:
            yield file.parent, record


def _check_runs_nowhere_else(file: Path, directory: Path) -> None:
    """StoreError when this document runs under another name, and so with another directory."""
    real = os.path.realpath(file)
    for place, record in _kept():
        if place != directory and os.path.realpath(record.file) == real and (pid := holder(place)):
            raise StoreError(
                f"{file} runs already as {record.file}, in process {pid} with {shown(place)}.",
                fix="Stop that one, or name another place with --state-dir to run it twice.",
            )


async def _run(
    plant: Plant,
    control: ForegroundProcess,
    show: TreeDisplay,
    seconds: float | None,
    save_svg: Path | None,
    store: Store,
    output: bool,
    journal: Path,
    place: StateDirectory,
    beside: Callable[[TreeSession], contextlib.AbstractContextManager[None]],
) -> int:
    from fsmv2.builtin import builtins

    with TreeSession(show, control) as running:
        filter_logs(running.wrote if output else None)
        async with bounded_pauses(), builtins() as kit:
            tree = Runtime(
                plant.root,
                kit.factory,
                settings=plant.settings,
                secrets=plant.vault,
                listener=running.listener,
                store=store,
                journal=journal,
            )
            async with tree, contextlib.AsyncExitStack() as stack:
                place.rewrite(kit.engine.write_again)
                stack.enter_context(place.reports_to(tree))
                with beside(running):
                    await running.hold(tree, seconds)
                # Who ends it by hand has seen the tree; a program has only the exit code.
                time_over = not running.asked
                last = await tree.view()
                save_picture(show, save_svg)
                running.note(f"{running.why}stopping, children before parents; Ctrl-C again forces")
                await running.end(tree, who=running.asked or "--for")
        killed = await asyncio.to_thread(_kill_left, plant) if running.forced else ()
        waiting = unsettled(last, kit.factory) if time_over else {}
        dropped = kit.engine.dropped  # known only now: it sent what it could until it was closed
        code = exit_code(forced=running.forced, dropped=dropped, waiting=waiting)
        text, data = _summary(last, running.forced, killed, waiting, dropped)
        running.show.summary(text, {**data, "exit": code})
    return code


def _kill_left(plant: Plant) -> tuple[str, ...]:
    """Kill the processes whose turn to stop did not come, but for those that are only watched."""
    from fsmv2.builtin.agent import AgentSpec
    from fsmv2.builtin.process.kill_remaining import kill_left

    spec = plant.root.user_spec
    if plant.settings.detect_only or not isinstance(spec, AgentSpec) or not spec.processes_dir:
        return ()
    root = encode(plant.root.name)
    watched_only = [f"{root}/{encode(one.name)}" for one in spec.processes if one.detect_only]
    return kill_left(spec.processes_dir, watched_only)


def exit_code(
    *, forced: Sequence[str], dropped: Mapping[str, int], waiting: Mapping[str, str]
) -> int:
    """Of several things that went wrong, the one that lost most."""
    return FAILED if forced else DROPPED if dropped else UNSETTLED if waiting else OK


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


def _summary(
    tree: TreeView,
    forced: list[str],
    killed: Sequence[str],
    waiting: Mapping[str, str],
    dropped: Mapping[str, int],
) -> tuple[str, dict[str, Any]]:
    phases = Counter(node.phase.value for node in tree.nodes)
    counts = ", ".join(f"{number} {phase}" for phase, number in phases.items())
    lines = [f"before the stop: {count(len(tree.nodes), 'supervisor')}: {counts or 'none'}"]
    if impaired := impaired_text(tree):
        lines[0] += f" ({impaired})"
    lines += [f"should run and did not: {path}: {why}" for path, why in waiting.items()][:SHOWN]
    if len(waiting) > SHOWN:
        lines.append(f"and {len(waiting) - SHOWN} more that should run and did not")
    lines += [f"forced: {text}" for text in forced]
    lines += [f"killed, as the end was forced: {text}" for text in killed]
    lines += [
        f"lost: {count(number, 'sample')} of {path}, read and not taken by the broker in time"
        for path, number in dropped.items()
    ]
    return "\n".join(lines), {
        "supervisors": len(tree.nodes),
        "phases": phases,
        "unhealthy": {node.path: reason_text(node) for node in tree.nodes if is_impaired(node)},
        "unsettled": waiting,
        "forced": forced,
        "killed": killed,
        "dropped": dropped,
    }
